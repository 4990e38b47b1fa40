package incident

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/account"
)

// inconsistent says what in an incident contradicts itself, "" when nothing does.
func inconsistent(i Incident) string {
	resolved, snoozed := i.Status == StatusResolved, i.Status == StatusSnoozed
	awake := i.Status // what it is, or will be when it wakes
	if snoozed {
		awake = i.StatusBeforeSnooze
	}
	for _, rule := range []struct {
		holds bool
		what  string
	}{
		{i.Episode >= 1, "has no episode"},
		{resolved == (i.ResolvedAt != nil), "is resolved, or has a time of it, but not both"},
		{resolved == (i.ResolvedHow != ""), "is resolved, or says how, but not both"},
		{resolved || i.ResolvedBy == nil, "was resolved by somebody but is not"},
		{snoozed == (i.SnoozedUntil != nil), "sleeps, or has a time to wake, but not both"},
		{snoozed == (i.StatusBeforeSnooze != ""), "sleeps, or knows what it was before, but not both"},
		{snoozed || i.SnoozedBy == nil, "was put to sleep by somebody but is awake"},
		{!snoozed || awake == StatusOpen || awake == StatusAcknowledged, "sleeps and was " + string(awake) + " before"},
		{awake != StatusAcknowledged || i.AcknowledgedAt != nil, "is acknowledged at no time"},
		{awake != StatusOpen || i.AcknowledgedAt == nil, "is open and was acknowledged in this episode"},
		{i.AcknowledgedBy == nil || i.AcknowledgedAt != nil, "was acknowledged by somebody at no time"},
		{i.AckExpiresAt == nil || i.Status == StatusAcknowledged, "is not acknowledged, yet that runs out"},
		{!i.Unescalated || awake == StatusOpen, "is taken or over, yet unescalated"},
	} {
		if !rule.holds {
			return fmt.Sprintf("incident %d (%s) %s", i.ID, i.Status, rule.what)
		}
	}
	return ""
}

func drawCommand(t *rapid.T, now time.Time) Command {
	return Command{
		Verb:  rapid.SampledFrom([]Verb{Acknowledge, Resolve, Reopen, Snooze, Unsnooze, Expire, Assign, AddComment}).Draw(t, "verb"),
		Actor: rapid.SampledFrom([]account.Actor{ann, bob, engine, {Kind: account.ActorIntegration, Org: 1}}).Draw(t, "actor"),
		Until: now.Add(time.Duration(rapid.IntRange(-10, 32*24*60).Draw(t, "minutes of sleep")) * time.Minute),
	}
}

func TestWhateverIsDoneTheIncidentIsConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inc, now := fresh, midnight
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)
			},
			"nobody escalates it": func(*rapid.T) { inc.Unescalated = inc.Status == StatusOpen },
			"a command": func(t *rapid.T) {
				before := inc
				next, changed, err := decide(inc, drawCommand(t, now), now)
				if (err != nil || !changed) && !cmp.Equal(before, next) {
					t.Fatalf("refused or unchanged (%v), but it differs: %s", err, cmp.Diff(before, next))
				}
				if changed && cmp.Equal(before, next) {
					t.Fatal("changed, but it is the same")
				}
				inc = next
				if opened := before.Status != StatusOpen && inc.Status == StatusOpen; opened && inc.Episode != before.Episode {
					if inc.Episode != before.Episode+1 || !inc.OpenedAt.Equal(now) {
						t.Fatalf("episode %d became %d, opened at %s", before.Episode, inc.Episode, inc.OpenedAt)
					}
				} else if inc.Episode != before.Episode {
					t.Fatalf("episode %d became %d though it did not open", before.Episode, inc.Episode)
				}
			},
			"": func(t *rapid.T) {
				if wrong := inconsistent(inc); wrong != "" {
					t.Fatal(wrong)
				}
			},
		})
	})
}

func TestEveryWayToOpenButWakingBeginsAnEpisode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom([]Incident{taken, takenFor, overdue, asleep, takenAsleep, done, takenAndDone}).Draw(t, "from")
		next, _, err := decide(from, drawCommand(t, three), three)
		if err != nil || next.Status != StatusOpen {
			return
		}
		wakes := from.Status == StatusSnoozed && from.StatusBeforeSnooze == StatusOpen
		if begun := next.Episode == from.Episode+1; begun == wakes {
			t.Fatalf("%s → open: a new episode is %v", from.Status, begun)
		}
	})
}
