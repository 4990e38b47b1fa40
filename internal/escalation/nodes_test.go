package escalation

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAnIncidentThatAnotherTransactionHoldsIsLeftForTheNextLook(t *testing.T) {
	d, clk := dbtest.Postgres(t)
	h := newHouse(t, d, clk)
	shop(h)
	h.policy(ladder)
	id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
	h.write(func(tx *db.Tx) error {
		if _, err := h.incidents.LockForUpdate(tx, account.DefaultOrg, []int64{id}); err != nil {
			return err
		}
		next, more, err := h.Steps(context.WithoutCancel(t.Context()))
		if err != nil || more || !next.After(clk.Now()) || len(h.events(id)) != 0 {
			t.Errorf("the engine neither waits nor spins: %v, %v, %v", next, more, err)
		}
		return nil
	})
	clk.Advance(time.Second)
	h.isPaged("once it is free", "Ann")
}

func TestNodesTakeStepsBesideEachOther(t *testing.T) {
	d, clk := dbtest.Postgres(t)
	h := newHouse(t, d, clk)
	shop(h)
	h.policy(ladder)
	var held []int64 // as many as the other node takes at once
	for i := range stepBatch + 1 {
		held = append(held, h.alert(fmt.Sprint("alert ", i), incident.SeverityHigh, ofTeam(h.team("Shop"))))
	}
	free := held[stepBatch]
	h.write(func(tx *db.Tx) error {
		if _, err := h.incidents.LockForUpdate(tx, account.DefaultOrg, held[:stepBatch]); err != nil {
			return err
		}
		if _, more, err := h.Steps(context.WithoutCancel(t.Context())); err != nil || !more || len(h.events(free)) != 1 {
			t.Errorf("behind what another node holds, a step is due and not taken: %v, %v", more, err)
		}
		return nil
	})
}
