package watch

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// reconciles has the reconciler look when the time of what has happened has come.
func (h *house) reconciles() {
	h.t.Helper()
	h.clk.Advance(settledAfter + time.Second)
	h.pass(h.Reconcile)
}

func (h *house) imbalances() (n int) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		n, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM imbalances")
		return err
	})
	return n
}

func TestReconcileLeavesBooksThatAddUpAlone(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.alert("db down")
		h.works()
		h.reconciles()
		if h.Mended() != 0 || h.imbalances() != 0 {
			t.Errorf("mended: %d, unbalanced: %d", h.Mended(), h.imbalances())
		}
	})
}

// TestReconcileMends spoils the books of an incident in ways that leave somebody forgotten, and has it be found again.
func TestReconcileMends(t *testing.T) {
	cases := map[string]struct {
		spoil func(h *house, id int64)
		ends  func(h *house, l Ledger) bool // after the loops have worked again
	}{
		"a page that is never due": {
			func(h *house, id int64) {
				h.spoils("UPDATE notifications SET next_attempt_at = NULL WHERE incident_id = ?", id)
			},
			func(h *house, _ Ledger) bool { return h.mail.pages("ann@example.org", "db down") == 1 },
		},
		"a page whose sender nobody waits for": {
			func(h *house, id int64) {
				h.spoils("UPDATE notifications SET status = 'sending', next_attempt_at = NULL, locked_until = NULL WHERE incident_id = ?", id)
			},
			func(h *house, _ Ledger) bool { return h.mail.pages("ann@example.org", "db down") == 1 },
		},
		"a run that never goes on": {
			func(h *house, id int64) {
				h.sends()
				h.spoils("UPDATE escalation_runs SET next_at = NULL WHERE incident_id = ?", id)
			},
			func(_ *house, l Ledger) bool { return len(l.Steps) == 2 },
		},
		"a step that waits for what it has": {
			func(h *house, id int64) {
				h.sends()
				h.spoils("UPDATE escalation_events SET status = 'pending', completed_at = NULL, settle_at = NULL WHERE incident_id = ?", id)
			},
			func(_ *house, l Ledger) bool { return l.Steps[0].Status == escalation.EventCompleted },
		},
		"a step that nothing will end": {
			func(h *house, id int64) {
				h.mail.set(true)
				h.sends()
				h.spoils("UPDATE escalation_events SET settle_at = NULL WHERE incident_id = ?", id)
			},
			func(_ *house, l Ledger) bool { return l.Steps[0].Status == escalation.EventFailed },
		},
		"a page of an incident that is resolved": {
			func(h *house, id int64) {
				h.spoils("UPDATE incidents SET status = 'resolved', resolved_at = ? WHERE id = ?", h.clk.Now(), id)
				h.spoils("UPDATE escalation_runs SET state = 'finished', reason = 'resolved' WHERE incident_id = ?", id)
				h.spoils("UPDATE escalation_events SET status = 'completed', completed_at = ?, settle_at = NULL WHERE incident_id = ?", h.clk.Now(), id)
			},
			func(_ *house, l Ledger) bool {
				m := l.Steps[0].People[0].Messages[0]
				return m.Status == notify.StatusCancelled && m.Reason == "resolved" && l.Runs[0].NextAt == nil
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(t *testing.T, h *house) {
				id := h.alert("db down")
				h.steps()
				c.spoil(h, id)
				h.reconciles()
				if h.Mended() != 1 {
					t.Errorf("%d incidents' books were put right", h.Mended())
				}
				h.works()
				l := h.ledgerOf(id)
				if !l.Balance.Balanced() || !c.ends(h, l) {
					t.Errorf("unexplained: %+v, the ledger: %+v", l.Balance.Unexplained, l)
				}
				h.clk.Advance(recheckAfter)
				h.works()
				h.pass(h.Reconcile)
				if h.imbalances() != 0 {
					t.Error("it is kept as unbalanced")
				}
			})
		})
	}
}

func TestReconcileKeepsWhatItCannotMendUntilItAddsUp(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		id := h.alert("db down")
		h.works()
		h.spoils("DELETE FROM notification_attempts")
		h.reconciles()
		if h.imbalances() != 1 || h.Mended() != 0 {
			t.Errorf("unbalanced: %d, mended: %d", h.imbalances(), h.Mended())
		}
		h.finds("when it was seen once")
		h.clk.Advance(recheckAfter)
		h.pass(h.Reconcile)
		h.finds("while it does not add up", LedgerUnbalanced)
		if f := h.Picture().Findings[0]; len(f.Incidents) != 1 || f.Incidents[0] != id {
			t.Errorf("the finding: %+v", f)
		}
		h.spoils("UPDATE notifications SET attempts = 0, status = 'cancelled', reason = 'a test'")
		h.clk.Advance(recheckAfter)
		h.pass(h.Reconcile)
		if h.imbalances() != 0 {
			t.Error("it is kept although it adds up")
		}
	})
}

func TestReconcileLooksAtWhatHasHappenedOnceHoweverMuchThereIs(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for n := range reconcileBatch + 50 {
			h.alert("alert " + string(rune('a'+n%26)) + time.Duration(n).String())
		}
		h.steps()
		h.spoils("DELETE FROM notifications")
		h.clk.Advance(settledAfter + time.Second)
		h.pass(h.Reconcile)
		if n := h.imbalances(); n != reconcileBatch+50 {
			t.Errorf("%d incidents are unbalanced, want all", n)
		}
		h.write(func(tx *db.Tx) error {
			ids, _, more, err := dueBooks(tx, dbtest.Org)
			if len(ids) != 0 || more {
				t.Errorf("%d are looked at again at once", len(ids))
			}
			return err
		})
	})
}

func TestReconcileForgetsIncidentsThatAreDeleted(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		id := h.alert("db down")
		h.works()
		h.spoils("DELETE FROM notification_attempts")
		h.reconciles()
		h.ok(h.Incidents.Delete(t.Context(), account.System(dbtest.Org, "test"), id))
		h.clk.Advance(recheckAfter)
		h.pass(h.Reconcile)
		if h.imbalances() != 0 {
			t.Error("a deleted incident is kept as unbalanced")
		}
	})
}
