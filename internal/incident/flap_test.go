package incident

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// flapping has an alert come and go until its incident flaps and fires no more; it returns the incident.
func flapping(h *house) Incident {
	h.t.Helper()
	inc := h.expects(h.fires("a"), OutcomeCreated)
	for range 2 {
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Minute)
		h.expects(h.fires("a"), OutcomeReopened)
	}
	h.after(time.Minute)
	h.told()
	h.expects(h.ends("a"), OutcomeAlertResolved)
	h.stands(inc.ID, "open, high, episode 3, firing 0 of 3")
	return inc
}

func TestWhatFlapsIsOverOnlyAfterFifteenQuietMinutes(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := flapping(h)
		due := h.clk.Now().Add(15 * time.Minute)
		if next := h.passes(); !next.Equal(due) {
			t.Errorf("the next thing is due at %s, want %s", next, due)
		}
		h.after(15*time.Minute - time.Microsecond)
		h.passes()
		h.stands(inc.ID, "open, high, episode 3, firing 0 of 3")
		h.after(time.Microsecond)
		h.told()
		if next := h.passes(); !next.IsZero() {
			t.Errorf("something is due at %s", next)
		}
		h.stands(inc.ID, "resolved, high, episode 3, firing 0 of 3")
		h.hears("resolve, resolved")
		if got := h.now(inc.ID); got.ResolvedHow != ResolvedBySource || got.QuietAt != nil {
			t.Errorf("resolved by %q, quiet at %v", got.ResolvedHow, got.QuietAt)
		}
		h.after(10 * time.Minute)
		if again := h.expects(h.fires("a"), OutcomeReopened); again.ID != inc.ID {
			t.Errorf("incident %d opened, want %d", again.ID, inc.ID)
		}
	})
}

func TestWhatFlapsAndFiresAgainBeforeThatIsStillTheSameTrouble(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := flapping(h)
		h.after(10 * time.Minute)
		h.expects(h.fires("a", func(r *Report) { r.Severity = SeverityLow }), OutcomeUpdated)
		h.after(time.Hour)
		h.passes()
		h.stands(inc.ID, "open, low, episode 3, firing 1 of 4")
		h.expects(h.ends("a"), OutcomeResolved) // The last time that it came back is over an hour ago.
	})
}

func TestAPersonResolvesWhatFlapsAtOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := flapping(h)
		_, err := h.Resolve(t.Context(), h.person("ann", account.RoleAdmin), inc.ID)
		h.must(err)
		h.after(time.Hour)
		if next := h.passes(); !next.IsZero() {
			t.Errorf("something is due at %s", next)
		}
		if got := h.now(inc.ID); got.ResolvedHow != ResolvedByUser {
			t.Errorf("resolved by %q", got.ResolvedHow)
		}
	})
}
