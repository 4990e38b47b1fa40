package watch

import (
	"fmt"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// How late something may be before it no longer counts as on its way.
const (
	lateStep    = 30 * time.Second
	lateMessage = 2 * time.Minute
)

func over(o Outcome) Standing { return Standing{Outcome: o} }

func open(format string, args ...any) Standing { return Standing{Open: fmt.Sprintf(format, args...)} }

func unexplained(format string, args ...any) Standing {
	return Standing{Unexplained: fmt.Sprintf(format, args...)}
}

// instant writes an instant as the ledger says it.
func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// run judges what a run still owes: its next step.
func (b Books) run(r escalation.Run) Standing {
	taken := b.Capped
	for _, e := range b.Events {
		taken = taken || e.RunID == r.ID && r.LastTakenAt != nil && !e.TriggeredAt.Before(*r.LastTakenAt)
	}
	switch {
	case r.LastTakenAt != nil && !taken:
		return unexplained("It took a step at %s that no event tells of.", instant(*r.LastTakenAt))
	case r.State == escalation.StateFinished && r.NextAt != nil:
		return unexplained("It has ended, and yet a step is due at %s.", instant(*r.NextAt))
	case r.State == escalation.StateFinished && r.Reason == "":
		return unexplained("It has ended for no reason.")
	case r.State == escalation.StateFinished:
		return over(OutcomeOver)
	case r.State == escalation.StatePaused && r.NextAt == nil:
		return open("It goes on when the incident opens again.")
	case r.NextAt == nil:
		return unexplained("It is at work, and no step is ever due.")
	case b.At.After(r.NextAt.Add(lateStep)):
		return unexplained("Its step was due at %s and has not been taken.", instant(*r.NextAt))
	}
	return open("Its next step is due at %s.", instant(*r.NextAt))
}

// step judges a step by what came of its people's pages.
func (b Books) step(e escalation.Event, s Step) Standing {
	accepted := false
	for _, p := range s.People {
		for _, m := range p.Messages {
			accepted = accepted || m.Accepted()
			if e.Status == escalation.EventFailed && m.SentAt != nil && e.CompletedAt != nil && m.SentAt.Before(*e.CompletedAt) {
				return unexplained("It counts as unreached although notification %d was sent before.", m.ID)
			}
		}
	}
	switch e.Status {
	case escalation.EventPending:
		return b.pendingStep(e, accepted)
	case escalation.EventFailed:
		if s.Told.Outcome == "nobody_to_notify" {
			return over(OutcomeNobody)
		}
		return over(OutcomeUnreachable)
	case escalation.EventCompleted:
		return b.completedStep(e, s, accepted)
	}
	return unexplained("Its status is %q.", e.Status)
}

func (b Books) pendingStep(e escalation.Event, accepted bool) Standing {
	switch {
	case accepted:
		return unexplained("A provider has taken a page of it, and yet it waits for one.")
	case e.SettleAt == nil:
		return unexplained("It waits, and nothing will end it.")
	case b.At.After(e.SettleAt.Add(lateStep)):
		return unexplained("Its outcome was due at %s.", instant(*e.SettleAt))
	}
	return open("A provider has until %s to take a page of it.", instant(*e.SettleAt))
}

func (b Books) completedStep(e escalation.Event, s Step, accepted bool) Standing {
	paged, waits, cancelled := false, false, false
	for _, p := range s.People {
		paged = paged || p.ToldPerson.Outcome == escalation.PersonPaged
		for _, m := range p.Messages {
			waits = waits || !m.Over()
			cancelled = cancelled || m.Status == notify.StatusCancelled
		}
	}
	switch {
	case e.CompletedAt == nil:
		return unexplained("It is completed at no time.")
	case accepted:
		return over(OutcomeSent)
	case s.Told.Outcome == "skipped":
		return over(OutcomeSkipped)
	case !paged:
		return over(OutcomeDone)
	case cancelled || waits || b.Incident.Status != incident.StatusOpen || b.Incident.Episode != e.Episode || !b.newest(e):
		return over(OutcomeCancelled) // The incident needed nobody any more before a provider took a page.
	}
	return unexplained("It is completed although no provider took a page.")
}

// newest reports whether no later step of the event's run was taken.
func (b Books) newest(e escalation.Event) bool {
	for _, other := range b.Events {
		if other.RunID == e.RunID && other.ID > e.ID {
			return false
		}
	}
	return true
}

// person judges what a step owed one person.
func (b Books) person(e escalation.Event, p Person) Standing {
	switch p.ToldPerson.Outcome {
	case escalation.PersonAlreadyPaged:
		for _, d := range b.Messages {
			if d.UserID == p.ID && d.Episode == e.Episode && d.Action == notify.ActionPage && (d.EventID == nil || *d.EventID != e.ID) {
				return over(OutcomeAlreadyPaged)
			}
		}
		if b.Capped {
			return over(OutcomeAlreadyPaged)
		}
		return unexplained("They are said to have been paged a moment before, and there is no such page.")
	case escalation.PersonUnreachable:
		if len(p.Messages) > 0 {
			return unexplained("They have no way to be reached, and yet a page was written.")
		}
		return over(OutcomeUnreachable)
	case escalation.PersonPaged:
		return b.pagedPerson(p)
	}
	return unexplained("What became of them is said by no known word: %q.", p.ToldPerson.Outcome)
}

// ranks are the outcomes of notifications from the best down: the best is the person's.
var ranks = []Outcome{OutcomeDelivered, OutcomeSent, OutcomeCancelled, OutcomeFailed}

func (b Books) pagedPerson(p Person) Standing {
	if len(p.Messages) == 0 {
		return unexplained("They were to be paged, and there is no notification.")
	}
	waits := 0
	have := map[Outcome]bool{}
	for _, m := range p.Messages {
		if m.Unexplained != "" {
			return unexplained("Notification %d: %s", m.ID, m.Unexplained)
		}
		if m.Open != "" {
			waits++
		}
		have[m.Outcome] = true
	}
	if waits > 0 && !have[OutcomeDelivered] && !have[OutcomeSent] {
		return open("%d of %d notifications are on their way.", waits, len(p.Messages))
	}
	for _, o := range ranks {
		if have[o] {
			return over(o)
		}
	}
	return unexplained("None of the notifications has an outcome.")
}
