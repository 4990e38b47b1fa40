package watch

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Outcome is how an obligation ended.
type Outcome string

// The outcomes. Those of a notification are its statuses; a person's is the best of their notifications'.
const (
	OutcomeDelivered    Outcome = "delivered"     // The provider says that it has arrived.
	OutcomeSent         Outcome = "sent"          // A provider has taken it.
	OutcomeCancelled    Outcome = "cancelled"     // Nobody wanted it any more.
	OutcomeFailed       Outcome = "failed"        // It could not be sent.
	OutcomeAlreadyPaged Outcome = "already_paged" // Another step had paged the person a moment before.
	OutcomeUnreachable  Outcome = "unreachable"   // No provider took a page in time, or there was no way to reach the person.
	OutcomeNobody       Outcome = "nobody"        // The target stood for nobody.
	OutcomeSkipped      Outcome = "skipped"       // The step's condition did not hold.
	OutcomeDone         Outcome = "done"          // There was nothing to send.
	OutcomeOver         Outcome = "over"          // The run has ended: no step of it is due any more.
)

// Standing is what has come of one obligation: exactly one of the three is set.
type Standing struct {
	Outcome     Outcome // It is over.
	Open        string  // What it waits for.
	Unexplained string  // What does not add up.
}

// Ledger is everything that was owed for one incident, and what came of it.
type Ledger struct {
	Incident incident.Incident
	At       time.Time
	Runs     []Run     // what each policy at work still owes
	Steps    []Step    // the steps taken, oldest first
	Others   []Message // what no step asked for: words of an assignment, of the end
	Capped   bool      // What is older than the first step and message here is left out.
	Balance  Balance
}

// Run is a policy at work, or done, whose next step is owed.
type Run struct {
	escalation.Run
	Standing
}

// Step is a step that was taken, with everybody whom it owed a page.
type Step struct {
	escalation.Event
	Standing
	Told   escalation.Told
	People []Person
	Posts  []Message // to nobody in particular
}

// Person is somebody whom a step found.
type Person struct {
	escalation.ToldPerson
	Standing
	Messages       []Message
	AcknowledgedAt *time.Time // when they last acknowledged the step's episode
}

// Message is one notification with its attempts.
type Message struct {
	notify.Delivery
	Standing
}

// Ledger reads the ledger of an incident that the actor may see. Fault: NotFound.
func (s *Service) Ledger(ctx context.Context, actor account.Actor, incidentID int64) (ledger Ledger, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		inc, err := s.Incidents.See(tx, actor, incidentID)
		if err != nil {
			return err
		}
		books, err := s.books(tx, inc)
		ledger = Close(books)
		return err
	})
	return ledger, err
}

// books reads what is written of an incident.
func (s *Service) books(tx *db.Tx, inc incident.Incident) (books Books, err error) {
	books = Books{Incident: inc, At: tx.Now(), Answers: map[Answer]time.Time{}}
	var older, earlier bool
	if books.Events, books.Runs, older, err = s.Escalations.StepsTaken(tx, inc.OrgID, inc.ID); err != nil {
		return books, err
	}
	if books.Messages, earlier, err = s.Notifications.MessagesOf(tx, inc.OrgID, inc.ID); err != nil {
		return books, err
	}
	books.Capped = older || earlier
	answers, err := s.Incidents.AcknowledgementsOf(tx, inc.OrgID, []int64{inc.ID})
	for _, a := range answers {
		books.Answers[Answer{a.UserID, a.Episode}] = a.At
	}
	return books, err
}
