package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// TestWhatDoesNotAddUp breaks the books of a night in one place each.
func TestWhatDoesNotAddUp(t *testing.T) {
	cases := map[string]struct {
		spoil func(b *Books)
		says  string
	}{
		"a person was to be paged and is not": {
			func(b *Books) { b.Messages = nil }, "there is no notification",
		},
		"a page that no step owes": {
			func(b *Books) { b.Messages = append(b.Messages, sent(message(22, bob), time.Second)) }, "does not name this person",
		},
		"a page of another incident's step": {
			func(b *Books) { other := int64(99); b.Messages[0].EventID = &other }, "is no step of this incident",
		},
		"a step that no event tells of": {
			func(b *Books) { b.Events, b.Messages = nil, nil }, "that no event tells of",
		},
		"a step that is late": {
			func(b *Books) { b.At = start.Add(10*time.Minute + 31*time.Second) }, "has not been taken",
		},
		"a run that never goes on": {
			func(b *Books) { b.Runs[0].NextAt = nil }, "no step is ever due",
		},
		"a run that has ended and goes on": {
			func(b *Books) {
				b.Runs[0].State, b.Runs[0].Reason = escalation.StateFinished, escalation.ReasonExhausted
			}, "and yet a step is due",
		},
		"a step that waits for ever": {
			func(b *Books) {
				b.Events[0].Status, b.Events[0].CompletedAt = escalation.EventPending, nil
				b.Messages[0] = message(21, ann)
			}, "nothing will end it",
		},
		"a step whose outcome is late": {
			func(b *Books) {
				b.Events[0].Status, b.Events[0].CompletedAt, b.Events[0].SettleAt = escalation.EventPending, nil, at(2*time.Minute)
				b.Messages[0] = tried(message(21, ann), notify.Retry, time.Second)
				b.At, b.Messages[0].NextAttemptAt = start.Add(151*time.Second), at(3*time.Minute)
			}, "Its outcome was due",
		},
		"a step that waits for what it has": {
			func(b *Books) {
				b.Events[0].Status, b.Events[0].CompletedAt, b.Events[0].SettleAt = escalation.EventPending, nil, at(2*time.Minute)
			}, "yet it waits for one",
		},
		"a step that counts as unreached after a page was sent": {
			func(b *Books) {
				b.Events[0].Status, b.Events[0].CompletedAt = escalation.EventFailed, at(2*time.Minute)
			}, "counts as unreached although notification 21",
		},
		"a step that is completed although nobody was paged": {
			func(b *Books) {
				b.Messages[0] = ended(tried(message(21, ann), notify.Permanent, time.Second), notify.StatusFailed, "refused")
			}, "although no provider took a page",
		},
		"somebody who was not paged a moment before": {
			func(b *Books) { b.Events[0].Metadata = found(told(ann, "paged"), told(bob, "already_paged")) }, "there is no such page",
		},
		"a page that waits for ever": {
			func(b *Books) { b.Messages[0] = message(21, ann); b.Messages[0].NextAttemptAt = nil }, "no attempt is ever due",
		},
		"a page that is late": {
			func(b *Books) { b.Messages[0] = message(21, ann); b.At = start.Add(4 * time.Minute) }, "Its attempt 1 was due",
		},
		"a page that nobody wants any more": {
			func(b *Books) { b.Messages[0] = message(21, ann); b.Incident.Status = incident.StatusAcknowledged }, "nobody wants it any more: acknowledged",
		},
		"a page that was answered": {
			func(b *Books) {
				b.Messages[0] = message(21, ann)
				b.Messages[0].WantedUntil, b.Answers[Answer{ann, 1}] = notify.WantedUntilOwnAcknowledgement, start.Add(time.Second)
			}, "nobody wants it any more: answered",
		},
		"a sender that did not come back": {
			func(b *Books) {
				d := ended(tried(message(21, ann), "", 0), notify.StatusSending, "")
				d.Tries[0].FinishedAt, d.LockedUntil = nil, at(20*time.Second)
				b.Messages[0] = d
			}, "Its sender was to come back",
		},
		"an end for no reason": {
			func(b *Books) { b.Messages[0] = ended(message(21, ann), notify.StatusCancelled, "") }, "cancelled for no reason",
		},
		"an attempt without an end": {
			func(b *Books) { b.Messages[0].Tries[0].FinishedAt = nil }, "attempt 1 has no end",
		},
		"an attempt that is not written down": {
			func(b *Books) { b.Messages[0].Attempts = 2 }, "tried 2 times, and 1 attempts",
		},
		"sent without an attempt that succeeded": {
			func(b *Books) { b.Messages[0].Tries[0].Result = string(notify.Retry) }, "no attempt succeeded",
		},
		"sent twice, unmarked": {
			func(b *Books) { b.Messages[0] = sent(b.Messages[0], 2*time.Second) }, "sent 2 times",
		},
		"a status that is none": {
			func(b *Books) { b.Events[0].Status = "gone" }, `Its status is "gone"`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := night()
			c.spoil(&b)
			l := Close(b)
			if l.Balance.Balanced() {
				t.Fatalf("it balances: %+v", l.Balance)
			}
			for _, item := range l.Balance.Unexplained {
				if strings.Contains(item.Text, "do not make up") {
					t.Errorf("an obligation has no standing: %s", item.Text)
				}
				if strings.Contains(item.Text, c.says) {
					return
				}
			}
			t.Errorf("it says %+v, not %q", l.Balance.Unexplained, c.says)
		})
	}
}

// TestWhatIsExplained changes the books in ways that a night may take.
func TestWhatIsExplained(t *testing.T) {
	cases := map[string]struct {
		turn    func(b *Books)
		step    Outcome // "" while it is open
		person  Outcome
		message Outcome
	}{
		"delivered": {func(b *Books) {
			b.Messages[0].Status, b.Messages[0].DeliveredAt = notify.StatusDelivered, at(2*time.Second)
		}, OutcomeSent, OutcomeDelivered, OutcomeDelivered},
		"tried again for as long as the step waits": {func(b *Books) {
			b.Events[0].Status, b.Events[0].CompletedAt, b.Events[0].SettleAt = escalation.EventPending, nil, at(2*time.Minute)
			b.Messages[0] = tried(message(21, ann), notify.Retry, time.Second)
		}, "", "", ""},
		"acknowledged before a provider took it": {func(b *Books) {
			b.Messages[0] = ended(message(21, ann), notify.StatusCancelled, "acknowledged")
			b.Incident.Status = incident.StatusAcknowledged
			b.Runs[0].State, b.Runs[0].Reason, b.Runs[0].NextAt = escalation.StateFinished, escalation.ReasonAcknowledged, nil
		}, OutcomeCancelled, OutcomeCancelled, OutcomeCancelled},
		"refused, and then the incident was resolved": {func(b *Books) {
			b.Messages[0] = ended(tried(message(21, ann), notify.Permanent, time.Second), notify.StatusFailed, "refused")
			b.Incident.Status = incident.StatusResolved
		}, OutcomeCancelled, OutcomeFailed, OutcomeFailed},
		"nobody was reached in time, and later a provider took it": {func(b *Books) {
			b.Events[0].Status, b.Events[0].CompletedAt = escalation.EventFailed, at(2*time.Minute)
			b.Messages[0] = sent(tried(message(21, ann), notify.Retry, time.Second), 3*time.Minute)
			b.At = start.Add(4 * time.Minute)
		}, OutcomeUnreachable, OutcomeSent, OutcomeSent},
		"sent twice by a node that was lost": {func(b *Books) {
			b.Messages[0] = sent(b.Messages[0], 2*time.Second)
			b.Messages[0].MaybeDuplicate = true
		}, OutcomeSent, OutcomeSent, OutcomeSent},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := night()
			c.turn(&b)
			l := Close(b)
			if !l.Balance.Balanced() {
				t.Fatalf("unexplained: %+v", l.Balance.Unexplained)
			}
			step := l.Steps[0]
			person := step.People[0]
			got := []Outcome{step.Outcome, person.Standing.Outcome, person.Messages[0].Outcome}
			if want := []Outcome{c.step, c.person, c.message}; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
				t.Errorf("the outcomes are %v, not %v", got, want)
			}
		})
	}
}

func TestAStepThatFindsNobodyOwesNobodyAndSaysSo(t *testing.T) {
	b := night()
	b.Messages = nil
	b.Events[0].Status = escalation.EventFailed
	b.Events[0].Metadata = map[string]any{
		"outcome": "nobody_to_notify", "target_users": []any{told(bob, "no_way_to_reach")},
		"missing": []any{map[string]any{"target": "team_lead", "why": "the team has no lead"}},
	}
	l := Close(b)
	if !l.Balance.Balanced() || l.Steps[0].Outcome != OutcomeNobody {
		t.Errorf("the step: %+v, unexplained: %+v", l.Steps[0].Standing, l.Balance.Unexplained)
	}
	if p := l.Balance.People; p.Owed != 2 || p.Outcomes[OutcomeUnreachable] != 1 || p.Outcomes[OutcomeNobody] != 1 {
		t.Errorf("the people: %+v", p)
	}
}

func TestCappedBooksAreJudgedOnlyWhereTheyAreWhole(t *testing.T) {
	b := night()
	later := b.Events[0]
	later.ID, later.TriggeredAt, later.Round = 8, start.Add(30*time.Second), 1
	b.Runs[0].LastTakenAt = at(30 * time.Second)
	second := sent(message(22, ann), 31*time.Second)
	second.EventID, second.CreatedAt = &later.ID, later.TriggeredAt
	b.Events, b.Messages = append(b.Events, later), []notify.Delivery{b.Messages[0], second}
	// The older page of the first step is left out, so that step cannot be judged.
	b.Capped, b.Events[0].Metadata = true, found(told(ann, "paged"), told(bob, "paged"))
	l := Close(b)
	if !l.Balance.Balanced() || len(l.Steps) != 1 || l.Steps[0].ID != 8 || !l.Capped {
		t.Errorf("steps: %+v, unexplained: %+v", l.Steps, l.Balance.Unexplained)
	}
}
