package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// Ledger is everything that an incident was owed, and what came of it.
type Ledger struct {
	IncidentID  int64         `json:"incident_id"`
	At          time.Time     `json:"at" doc:"The instant for which it holds."`
	Balanced    bool          `json:"balanced" doc:"Everything has an outcome or is on its way."`
	Capped      bool          `json:"capped" doc:"There is more than is looked at: the oldest steps and messages are left out."`
	Sums        LedgerSums    `json:"sums"`
	Open        []LedgerItem  `json:"open" doc:"What is on its way, and what it waits for."`
	Unexplained []LedgerItem  `json:"unexplained" doc:"What does not add up; empty when balanced."`
	Runs        []LedgerRun   `json:"runs" doc:"What each policy at work still owes."`
	Steps       []LedgerStep  `json:"steps" doc:"The steps that were taken, oldest first, with everybody whom they owed a page."`
	Others      []LedgerEntry `json:"others" doc:"Messages that no step asked for."`
}

// LedgerSums count the obligations of each kind.
type LedgerSums struct {
	Steps         LedgerSum `json:"steps"`
	People        LedgerSum `json:"people"`
	Notifications LedgerSum `json:"notifications"`
}

// LedgerSum says that owed is the sum of the outcomes, of what is open, and of what is unexplained.
type LedgerSum struct {
	Owed        int            `json:"owed"`
	Outcomes    map[string]int `json:"outcomes"`
	Open        int            `json:"open"`
	Unexplained int            `json:"unexplained"`
}

// Standing is what came of an obligation: one of the three is not null.
type Standing struct {
	Outcome     *string `json:"outcome" example:"delivered"`
	Open        *string `json:"open" doc:"What it waits for."`
	Unexplained *string `json:"unexplained" doc:"What does not add up."`
}

// LedgerItem is an obligation without an outcome. Ids that do not apply are null.
type LedgerItem struct {
	RunID          *int64 `json:"run_id"`
	EventID        *int64 `json:"event_id"`
	UserID         *int64 `json:"user_id"`
	NotificationID *int64 `json:"notification_id"`
	Text           string `json:"text"`
}

// LedgerRun is a policy at work, or done.
type LedgerRun struct {
	Standing
	ID       int64      `json:"id"`
	PolicyID *int64     `json:"policy_id" doc:"null: the fallback contacts."`
	Episode  int        `json:"episode"`
	State    string     `json:"state" enum:"active,paused,finished"`
	Reason   string     `json:"reason" doc:"Why it ended."`
	Round    int        `json:"round"`
	NextStep int        `json:"next_step"`
	NextAt   *time.Time `json:"next_at"`
}

// LedgerStep is a step that was taken.
type LedgerStep struct {
	Standing
	Event   EscalationEvent `json:"event"`
	People  []LedgerPerson  `json:"people"`
	Posts   []LedgerEntry   `json:"posts" doc:"Messages to webhooks and channels, to nobody in particular."`
	Missing []LedgerMissing `json:"missing" doc:"Targets that stood for nobody."`
}

// LedgerMissing is a target that stood for nobody.
type LedgerMissing struct {
	Target string `json:"target"`
	Why    string `json:"why"`
}

// LedgerPerson is somebody whom a step found.
type LedgerPerson struct {
	Standing
	UserID         int64         `json:"user_id"`
	Name           string        `json:"name"`
	Via            string        `json:"via" doc:"How they were found."`
	AcknowledgedAt *time.Time    `json:"acknowledged_at"`
	Notifications  []LedgerEntry `json:"notifications"`
}

// LedgerEntry is one message with its attempts.
type LedgerEntry struct {
	Standing
	Notification Notification `json:"notification"`
}

func (s *server) ledger() {
	register(s, described(answers(op(tagIncidents, http.MethodGet, "/v1/incidents/{id}/ledger", "get-incident-ledger",
		"Read what an incident was owed, and what came of it"), http.StatusNotFound),
		"Every step, every person whom it found, and every message with its attempts; each is over, open, or unexplained."),
		func(ctx context.Context, actor account.Actor, in *ByID) (*answer[Ledger], error) {
			found, err := s.Watch.Ledger(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return reply(wireLedger(found)), nil
		})
}

func wireLedger(l watch.Ledger) Ledger {
	b := l.Balance
	return Ledger{
		IncidentID: l.Incident.ID, At: l.At, Balanced: b.Balanced(), Capped: l.Capped,
		Sums: LedgerSums{Steps: wireSum(b.Steps), People: wireSum(b.People), Notifications: wireSum(b.Messages)},
		Open: list(b.Open, wireItem), Unexplained: list(b.Unexplained, wireItem),
		Runs: list(l.Runs, wireLedgerRun), Steps: list(l.Steps, wireLedgerStep), Others: list(l.Others, wireEntry),
	}
}

func wireSum(s watch.Sums) LedgerSum {
	out := LedgerSum{Owed: s.Owed, Open: s.Open, Unexplained: s.Unexplained, Outcomes: map[string]int{}}
	for outcome, n := range s.Outcomes {
		out.Outcomes[string(outcome)] = n
	}
	return out
}

func wireStanding(s watch.Standing) Standing {
	return Standing{Outcome: given(string(s.Outcome)), Open: given(s.Open), Unexplained: given(s.Unexplained)}
}

func wireItem(i watch.Item) LedgerItem {
	return LedgerItem{
		RunID: givenID(i.RunID), EventID: givenID(i.EventID), UserID: givenID(i.UserID), NotificationID: givenID(i.NotificationID), Text: i.Text,
	}
}

func givenID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func wireLedgerRun(r watch.Run) LedgerRun {
	return LedgerRun{
		Standing: wireStanding(r.Standing), ID: r.ID, PolicyID: r.PolicyID, Episode: r.Episode, State: string(r.State), Reason: string(r.Reason),
		Round: r.Round, NextStep: r.NextStep, NextAt: r.NextAt,
	}
}

func wireLedgerStep(s watch.Step) LedgerStep {
	out := LedgerStep{Standing: wireStanding(s.Standing), Event: wireEvent(s.Event), People: []LedgerPerson{}, Missing: []LedgerMissing{}}
	out.Posts = list(s.Posts, wireEntry)
	for _, p := range s.People {
		out.People = append(out.People, LedgerPerson{
			Standing: wireStanding(p.Standing), UserID: p.ID, Name: p.Name, Via: p.Via, AcknowledgedAt: p.AcknowledgedAt,
			Notifications: list(p.Messages, wireEntry),
		})
	}
	for _, m := range s.Told.Missing {
		out.Missing = append(out.Missing, LedgerMissing{Target: m.Target, Why: m.Why})
	}
	return out
}

func wireEntry(m watch.Message) LedgerEntry {
	return LedgerEntry{Standing: wireStanding(m.Standing), Notification: wireNotification(m.Delivery)}
}
