package notify

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestWhatIsStillWanted(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Minute), now.Add(time.Minute)
	open := &incident.Incident{Status: incident.StatusOpen, Episode: 1}
	taken := &incident.Incident{Status: incident.StatusAcknowledged, Episode: 1}
	asleep := &incident.Incident{Status: incident.StatusSnoozed, Episode: 1}
	over := &incident.Incident{Status: incident.StatusResolved, Episode: 1}
	anew := &incident.Incident{Status: incident.StatusOpen, Episode: 2}
	page := Notification{WantedUntil: WantedUntilAcknowledged, Action: ActionPage, Episode: 1, CreatedAt: now}
	asked, firm := page, page
	asked.WantedUntil, firm.WantedUntil = WantedUntilOwnAcknowledgement, WantedUntilResolved
	told := Notification{Action: ActionResolved, Episode: 1, CreatedAt: now}
	assigned := Notification{Action: ActionAssigned, Episode: 1, CreatedAt: now}
	said, ack := Notification{Action: ActionCommented, Episode: 1, CreatedAt: now}, Notification{Action: ActionAcknowledged, Episode: 1, CreatedAt: now}

	cases := []struct {
		name string
		n    Notification
		c    circumstances
		want string
	}{
		{"a page of an open incident", page, circumstances{active: true, incident: open}, ""},
		{"a page of one that somebody took", page, circumstances{active: true, incident: taken}, reasonAcknowledged},
		{"a page of one that sleeps", page, circumstances{active: true, incident: asleep}, reasonSnoozed},
		{"a page of one that is over", page, circumstances{active: true, incident: over}, reasonResolved},
		{"a page of an earlier episode", page, circumstances{active: true, incident: anew}, reasonEpisode},
		{"a page of one that was deleted", page, circumstances{active: true}, reasonGone},
		{"a page to somebody who left", page, circumstances{incident: open}, reasonInactive},
		{"a requested page after another took it", asked, circumstances{active: true, incident: taken}, ""},
		{"a requested page while it sleeps", asked, circumstances{active: true, incident: asleep}, ""},
		{"a requested page that was answered", asked, circumstances{active: true, incident: taken, answered: &after}, reasonAnswered},
		{"a requested page after an answer to what was before", asked, circumstances{active: true, incident: taken, answered: &before}, ""},
		{"a requested page that the person asked for in the same act", asked, circumstances{active: true, incident: taken, answered: &now}, ""},
		{"a requested page of one that is over", asked, circumstances{active: true, incident: over}, reasonResolved},
		{"a step until resolved, though acknowledged", firm, circumstances{active: true, incident: taken}, ""},
		{"a step until resolved, though asleep", firm, circumstances{active: true, incident: asleep}, ""},
		{"a step until resolved, when it is", firm, circumstances{active: true, incident: over}, reasonResolved},
		{"word of the resolve", told, circumstances{active: true, incident: over}, ""},
		{"word of an assignment", assigned, circumstances{active: true, incident: open}, ""},
		{"word of an assignment to what is over", assigned, circumstances{active: true, incident: over}, reasonResolved},
		{"word of a comment on what is over", said, circumstances{active: true, incident: over}, ""},
		{"word of an acknowledgement", ack, circumstances{active: true, incident: taken, paged: true}, ""},
		{"word of an acknowledgement of what is over", ack, circumstances{active: true, incident: over}, reasonResolved},
		{"word of an assignment beside a page", assigned, circumstances{active: true, incident: open, paged: true}, reasonPaged},
	}
	for _, c := range cases {
		c.c.now = now
		if got := unwanted(c.n, c.c); got != c.want {
			t.Errorf("%s: unwanted because %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNoticesAreGivenUpAfterAnHourAndPagesNever(t *testing.T) {
	due := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	notice := Notification{FirstDueAt: due}
	page := Notification{FirstDueAt: due, WantedUntil: WantedUntilAcknowledged}
	if expired(notice, due.Add(time.Hour)) || !expired(notice, due.Add(time.Hour+time.Second)) {
		t.Error("a notice does not live for an hour")
	}
	if expired(page, due.Add(1000*time.Hour)) {
		t.Error("a page that nobody answered was given up")
	}
}

func TestPausesGrowToTenMinutesAndNeverFallBelowFourFifths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failed := rapid.IntRange(1, 500).Draw(t, "failed")
		asked := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "asked"))
		jitter := rapid.Float64Range(0, 1).Draw(t, "jitter")
		got := pause(failed, asked, jitter)
		if got > longestPause || got <= 0 {
			t.Fatalf("pause %s", got)
		}
		if got < min(asked, longestPause) {
			t.Fatalf("pause %s, though the provider asked for %s", got, asked)
		}
		if full := pause(failed, 0, 0); got < full*4/5 {
			t.Fatalf("pause %s of %s", got, full)
		}
	})
	for i, want := range []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute} {
		if got := pause(i+1, 0, 0); got != want {
			t.Errorf("after %d failures %s, want %s", i+1, got, want)
		}
	}
}
