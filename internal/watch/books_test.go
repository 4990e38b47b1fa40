package watch

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

var start = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func at(after time.Duration) *time.Time {
	t := start.Add(after)
	return &t
}

const (
	ann int64 = 11
	bob int64 = 12
)

// night is the books of an incident that opened at 03:00: a run has taken step 1, which paged Ann by e-mail, and its next is due in
// ten minutes. It is now a minute later.
func night() Books {
	return Books{
		Incident: incident.Incident{ID: 1, OrgID: 1, Status: incident.StatusOpen, Severity: incident.SeverityCritical, Episode: 1, OpenedAt: start},
		At:       start.Add(time.Minute),
		Runs: []escalation.Run{{
			ID: 5, IncidentID: 1, Episode: 1, State: escalation.StateActive, NextStep: 1, StartedAt: start, LastTakenAt: at(0), NextAt: at(10 * time.Minute),
		}},
		Events: []escalation.Event{{
			ID: 7, IncidentID: 1, Episode: 1, RunID: 5, Status: escalation.EventCompleted, TriggeredAt: start, CompletedAt: at(time.Second),
			Metadata: found(told(ann, "paged")),
		}},
		Messages: []notify.Delivery{sent(message(21, ann), time.Second)},
		Answers:  map[Answer]time.Time{},
	}
}

func found(people ...any) map[string]any { return map[string]any{"target_users": people} }

func told(id int64, outcome string) any {
	return map[string]any{"id": id, "name": "somebody", "outcome": outcome}
}

// message is a page of step 7 that waits and is due now.
func message(id, user int64) notify.Delivery {
	one, step := int64(1), int64(7)
	return notify.Delivery{Notification: notify.Notification{
		ID: id, OrgID: 1, UserID: user, IncidentID: &one, Episode: 1, EventID: &step, Channel: "email", Action: notify.ActionPage,
		Status: notify.StatusPending, WantedUntil: notify.WantedUntilAcknowledged, FirstDueAt: start, NextAttemptAt: at(time.Minute), CreatedAt: start,
	}}
}

func tried(d notify.Delivery, result notify.Result, after time.Duration) notify.Delivery {
	d.Attempts++
	d.Tries = append(d.Tries, notify.Attempt{Number: d.Attempts, StartedAt: start, FinishedAt: at(after), Result: string(result)})
	return d
}

func sent(d notify.Delivery, after time.Duration) notify.Delivery {
	d = tried(d, notify.Sent, after)
	d.Status, d.SentAt, d.NextAttemptAt = notify.StatusSent, at(after), nil
	return d
}

func ended(d notify.Delivery, status notify.Status, reason string) notify.Delivery {
	d.Status, d.Reason, d.NextAttemptAt = status, reason, nil
	return d
}

// A post is owed like a page, but nobody is named for it, and it says nothing of the people whom the step was to reach.
func TestThePostsOfAStepAreOwedToNobodyInParticular(t *testing.T) {
	b := night()
	post := message(22, 0)
	post.Action, post.WantedUntil = notify.ActionPost, notify.WantedForADay
	b.Messages = append(b.Messages, tried(post, notify.Retry, time.Second))
	l := Close(b)
	if step := l.Steps[0]; !l.Balance.Balanced() || len(step.Posts) != 1 || len(step.People) != 1 || step.Outcome != OutcomeSent {
		t.Errorf("%+v, unexplained %+v", step, l.Balance.Unexplained)
	}
	if l.Balance.Messages.Owed != 2 || l.Balance.Messages.Open != 1 || l.Balance.People.Owed != 1 {
		t.Errorf("the sums: %+v", l.Balance)
	}
}

func TestOwedAndWrittenAsExpectedBalances(t *testing.T) {
	l := Close(night())
	if !l.Balance.Balanced() {
		t.Fatalf("unexplained: %+v", l.Balance.Unexplained)
	}
	b := l.Balance
	if b.Steps.Owed != 2 || b.Steps.Open != 1 || b.Steps.Outcomes[OutcomeSent] != 1 || b.People.Owed != 1 || b.People.Outcomes[OutcomeSent] != 1 ||
		b.Messages.Owed != 1 || b.Messages.Outcomes[OutcomeSent] != 1 {
		t.Errorf("the sums: %+v", b)
	}
	if len(b.Open) != 1 || b.Open[0].RunID != 5 || b.Open[0].Text != "Its next step is due at 2026-03-02T03:10:00Z." {
		t.Errorf("what is open: %+v", b.Open)
	}
}
