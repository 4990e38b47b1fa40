package incident

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// passes runs passes until nothing more is due, and returns when the next thing is.
func (h *house) passes() time.Time {
	h.t.Helper()
	for range 20 {
		next, more, err := h.Course(h.t.Context())
		h.must(err)
		if !more {
			return next
		}
	}
	h.t.Fatal("there is always more to do")
	return time.Time{}
}

func TestASnoozeEndsInTime(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleAdmin)
		inc := h.reported(ann, NewIncident{Title: "Down", Severity: SeverityHigh})
		if next := h.passes(); !next.IsZero() {
			t.Errorf("something is due at %s", next)
		}
		wakes := h.clk.Now().Add(time.Hour)
		_, err := h.Snooze(t.Context(), ann, inc.ID, wakes)
		h.must(err)
		h.after(time.Hour - time.Microsecond)
		h.told()
		if next := h.passes(); !next.Equal(wakes) {
			t.Errorf("due at %s, want %s", next, wakes)
		}
		h.hears("")
		h.after(time.Microsecond)
		if next := h.passes(); !next.IsZero() {
			t.Errorf("after it woke something is due at %s", next)
		}
		h.hears("unsnooze, returned")
		h.stands(inc.ID, "open, high, episode 1, firing 0 of 0")
	})
}

func TestWhatWasTakenAndSleptIsAskedForAndOpensWithoutAnAnswer(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleAdmin)
		inc := h.reported(ann, NewIncident{Title: "Down", Severity: SeverityHigh})
		sleeps := func() {
			_, err := h.Acknowledge(t.Context(), ann, inc.ID)
			h.must(err)
			_, err = h.Snooze(t.Context(), ann, inc.ID, h.clk.Now().Add(time.Hour))
			h.must(err)
			h.after(time.Hour)
			h.told()
			if next := h.passes(); !next.Equal(h.clk.Now().Add(15 * time.Minute)) {
				t.Fatalf("the answer is due at %s", next)
			}
			h.hears("unsnooze, returned")
			h.stands(inc.ID, "acknowledged, high, episode 1, firing 0 of 0")
		}
		sleeps()
		_, err := h.Acknowledge(t.Context(), ann, inc.ID)
		h.must(err)
		h.after(time.Hour)
		h.passes()
		h.stands(inc.ID, "acknowledged, high, episode 1, firing 0 of 0")

		sleeps()
		h.after(15 * time.Minute)
		h.passes()
		h.hears("expire, new episode")
		h.stands(inc.ID, "open, high, episode 2, firing 0 of 0")
	})
}

func TestTwoNodesEndASnoozeOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		const incidents = 150 // more than a pass takes
		for i := range incidents {
			inc := h.reported(h.root, NewIncident{Title: fmt.Sprint("Number ", i)})
			_, err := h.Snooze(t.Context(), h.root, inc.ID, h.clk.Now().Add(time.Hour))
			h.must(err)
		}
		h.after(time.Hour)
		h.told()
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				for range 20 {
					if _, more, err := h.Course(t.Context()); err != nil || !more {
						if err != nil {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		nodes.Wait()
		h.passes() // What one node left because another held it.
		woken := map[int64]int{}
		for _, c := range h.witness.told {
			woken[c.After.ID]++
			if !c.Returned() || woken[c.After.ID] > 1 {
				t.Errorf("incident %d: %s, for the %d. time", c.After.ID, tell(c), woken[c.After.ID])
			}
		}
		if len(woken) != incidents {
			t.Errorf("%d woke, want %d", len(woken), incidents)
		}
	})
}

func TestWhatFailsHoldsUpNothingElse(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		var all []Incident
		for _, title := range []string{"one", "cursed", "three"} {
			inc := h.reported(h.root, NewIncident{Title: title})
			_, err := h.Snooze(t.Context(), h.root, inc.ID, h.clk.Now().Add(time.Hour))
			h.must(err)
			all = append(all, inc)
		}
		h.witness.refuse = func(c Change) error {
			if c.After.Title == "cursed" {
				return fault.New(fault.Internal, "cursed", "It cannot be woken.")
			}
			return nil
		}
		h.after(time.Hour)
		h.passes()
		for i, want := range []Status{StatusOpen, StatusSnoozed, StatusOpen} {
			if got := h.now(all[i].ID); got.Status != want {
				t.Errorf("%s is %s, want %s", got.Title, got.Status, want)
			}
		}
		h.witness.refuse = nil
		h.passes()
		h.stands(all[1].ID, "open, medium, episode 1, firing 0 of 0")
	})
}

// An incident that somebody works on just now is left for the next pass, and the pass does not wait.
func TestAPassDoesNotWaitForWhatIsHeld(t *testing.T) {
	d, clk := dbtest.Postgres(t)
	h := newHouse(t, d, clk)
	held, free := h.reported(h.root, NewIncident{Title: "Held"}), h.reported(h.root, NewIncident{Title: "Free"})
	for _, inc := range []Incident{held, free} {
		_, err := h.Snooze(t.Context(), h.root, inc.ID, h.clk.Now().Add(time.Hour))
		h.must(err)
	}
	h.after(time.Hour)
	var next time.Time
	var more bool
	h.write(func(tx *db.Tx) error {
		if _, err := h.LockForUpdate(tx, dbtest.Org, []int64{held.ID}); err != nil {
			return err
		}
		_, _, err := h.Course(t.Context())
		h.must(err)
		next, more, err = h.Course(t.Context())
		return err
	})
	h.stands(free.ID, "open, medium, episode 1, firing 0 of 0")
	h.stands(held.ID, "snoozed, medium, episode 1, firing 0 of 0")
	if more || !next.IsZero() {
		t.Errorf("only what is held is left; the loop is told to look again at once: %v, %s", more, next)
	}
	h.passes()
	h.stands(held.ID, "open, medium, episode 1, firing 0 of 0")
}
