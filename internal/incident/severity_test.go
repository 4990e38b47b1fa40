package incident

import (
	"testing"
	"time"
)

func TestSeverityIsTheWorstThatFires(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		g, start := in("g"), since(h.clk.Now())
		inc := h.expects(h.fires("a", g, start, severe(SeverityLow)), OutcomeCreated)
		h.told()
		h.expects(h.fires("b", g, severe(SeverityMedium)), OutcomeUpdated)
		h.hears("receive, rerouted, 1 more alerts")
		h.stands(inc.ID, "open, medium, episode 1, firing 2 of 2")
		h.expects(h.fires("a", g, start, severe(SeverityCritical)), OutcomeUpdated)
		h.hears("receive, rerouted")
		h.stands(inc.ID, "open, critical, episode 1, firing 2 of 2")
		h.expects(h.fires("a", g, start, severe(SeverityInfo)), OutcomeUpdated)
		h.stands(inc.ID, "open, medium, episode 1, firing 2 of 2")
		h.after(time.Minute)
		h.expects(h.ends("b", g), OutcomeAlertResolved)
		h.stands(inc.ID, "open, info, episode 1, firing 1 of 2")
		h.expects(h.ends("a", g), OutcomeResolved)
		h.stands(inc.ID, "resolved, info, episode 1, firing 0 of 2")
		h.told()
		h.expects(h.fires("b", g, severe(SeverityHigh)), OutcomeReopened)
		h.hears("receive, new episode, rerouted")
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 3")
	})
}

func TestWhatAPersonSetYieldsOnlyToAHigherOne(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		g, start, ann := in("g"), since(h.clk.Now()), h.person("ann", "admin")
		set := func(id int64, s Severity) {
			_, err := h.Edit(t.Context(), ann, id, Edit{Severity: &s})
			h.must(err)
		}
		inc := h.expects(h.fires("a", g, start, severe(SeverityHigh)), OutcomeCreated)
		set(inc.ID, SeverityLow)
		h.expects(h.fires("a", g, start, severe(SeverityHigh)), OutcomeUnchanged)
		h.stands(inc.ID, "open, low, episode 1, firing 1 of 1") // A repeat is no news.
		h.expects(h.fires("a", g, start, severe(SeverityMedium)), OutcomeUpdated)
		h.stands(inc.ID, "open, low, episode 1, firing 1 of 1")
		h.expects(h.fires("a", g, start, severe(SeverityHigh)), OutcomeUpdated)
		h.stands(inc.ID, "open, high, episode 1, firing 1 of 1")

		set(inc.ID, SeverityCritical)
		h.expects(h.fires("b", g, severe(SeverityHigh)), OutcomeUpdated)
		h.after(time.Minute)
		h.expects(h.ends("a", g), OutcomeAlertResolved)
		h.stands(inc.ID, "open, critical, episode 1, firing 1 of 2")

		set(inc.ID, SeverityInfo)
		h.expects(h.ends("b", g), OutcomeResolved)
		h.after(time.Minute)
		h.expects(h.fires("b", g, severe(SeverityHigh)), OutcomeReopened)
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 3")
	})
}

func TestMoreUrgentTroubleWakesWhatIsTaken(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, start := h.person("ann", "admin"), since(h.clk.Now())
		for _, row := range []struct {
			from, to Severity
			outcome  string
		}{
			{SeverityLow, SeverityMedium, "receive, rerouted, 1 more alerts"},
			{SeverityMedium, SeverityHigh, "receive, new episode, rerouted, 1 more alerts"},
			{SeverityHigh, SeverityCritical, "receive, new episode, rerouted, 1 more alerts"},
			{SeverityHigh, SeverityHigh, "receive, 1 more alerts"},
			{SeverityCritical, SeverityLow, "receive, 1 more alerts"},
		} {
			for _, asleep := range []bool{false, true} {
				name := string(row.from) + " " + string(row.to)
				if asleep {
					name += " asleep"
				}
				g := in(name)
				inc := h.expects(h.fires(name, g, start, severe(row.from)), OutcomeCreated)
				_, err := h.Acknowledge(t.Context(), ann, inc.ID)
				if asleep {
					_, err = h.Snooze(t.Context(), ann, inc.ID, h.clk.Now().Add(time.Hour))
				}
				h.must(err)
				h.told()
				h.expects(h.fires(name+" more", g, severe(row.to)), OutcomeUpdated)
				if got := h.told(); got != row.outcome {
					t.Errorf("%s: %q, want %q", name, got, row.outcome)
				}
			}
		}
	})
}

func TestOnlyANewKeyIsMoreTrouble(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		g, ann := in("g"), h.person("ann", "admin")
		inc := h.expects(h.fires("a", g), OutcomeCreated)
		h.expects(h.fires("b", g), OutcomeUpdated)
		_, err := h.Acknowledge(t.Context(), ann, inc.ID)
		h.must(err)
		h.told()
		for range 3 {
			h.after(time.Minute)
			h.expects(h.ends("b", g), OutcomeAlertResolved)
			h.expects(h.fires("b", g), OutcomeUpdated)
		}
		h.hears("receive; receive; receive; receive; receive; receive")
		h.receives(h.fires("c", g), h.ends("c", g, since(h.clk.Now())), h.fires("c", g))
		h.hears("receive, 1 more alerts")
		h.stands(inc.ID, "acknowledged, high, episode 1, firing 3 of 7")
	})
}

func TestSeverityCatchesUpWhenItStillFires(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, start := h.person("ann", "admin"), since(h.clk.Now())
		inc := h.expects(h.fires("a", start, severe(SeverityLow)), OutcomeCreated)
		_, err := h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		h.after(10 * time.Minute)
		h.expects(h.fires("a", start, severe(SeverityHigh)), OutcomeUnchanged)
		h.stands(inc.ID, "resolved, low, episode 1, firing 1 of 1")
		h.after(20 * time.Minute)
		h.expects(h.fires("a", start, severe(SeverityHigh)), OutcomeReopened)
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 1")
	})
}

func TestSeverityCatchesUpWhenAPersonReopens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, start := h.person("Ann", "admin"), since(h.clk.Now())
		inc := h.expects(h.fires("a", start, severe(SeverityLow)), OutcomeCreated)
		_, err := h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		h.expects(h.fires("a", start, severe(SeverityHigh)), OutcomeUnchanged)
		h.told()
		_, err = h.Reopen(t.Context(), ann, inc.ID)
		h.must(err)
		h.hears("reopen, new episode, rerouted")
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 1")
		story := h.tells(inc.ID)
		if got, want := story[len(story)-1], "reopened: Ann reopened it. What fires is high by now."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
