package escalation

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Unreached is the pass that ends steps of which no page was accepted by any provider in time: an urgent incident's next step
// is then due at once, and after two such steps in a row the fallback contacts are paged. See work.Pass.
func (s *Service) Unreached(ctx context.Context) (next time.Time, more bool, err error) {
	return s.eachOrg(ctx, s.unreachedOf)
}

func (s *Service) unreachedOf(ctx context.Context, org int64) (next time.Time, more bool, err error) {
	var late []unsettledEvent
	now := s.DB.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if late, err = unsettled(tx, org, now, stepBatch); err != nil || len(late) > 0 {
			return err
		}
		next, err = nextUnsettled(tx, org)
		return err
	})
	if err != nil || len(late) == 0 {
		return next, false, err
	}
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return s.unreached(tx, org, late) })
	return next, true, err
}

func (s *Service) unreached(tx *db.Tx, org int64, late []unsettledEvent) error {
	ids := make([]int64, len(late))
	for i, e := range late {
		ids[i] = e.incidentID
	}
	locked, err := s.Incidents.LockFree(tx, org, ids)
	if err != nil || len(locked) == 0 {
		return err
	}
	b := s.batch(tx, org)
	var free []unsettledEvent
	for _, e := range late {
		if inc, ok := locked[e.incidentID]; ok {
			b.incidents[inc.ID] = inc
			b.ids = append(b.ids, e.runID)
			free = append(free, e)
		}
	}
	if err := b.load(); err != nil {
		return err
	}
	for _, e := range free {
		if err := b.fail(e); err != nil {
			return err
		}
	}
	return b.write()
}

// fail ends one event, unless a page of it has been accepted meanwhile.
func (b *batch) fail(e unsettledEvent) error {
	ended, err := settle(b.tx, b.org, []int64{e.id}, EventFailed, b.tx.Now())
	if err != nil || len(ended) == 0 {
		return err
	}
	run, inc := b.runs[e.runID], b.incidents[e.incidentID]
	b.line(e.incidentID, "unreachable", "Nobody was reached: no provider took a page of "+nameOf(*run, b.versions)+" within "+
		unreachableAfter.String()+".", nil, map[string]any{"outcome": "unreachable", "step": e.step, "round": e.round})
	b.counts.unreached.Add(1)
	if inc.Status != incident.StatusOpen || inc.Episode != run.Episode || inc.Urgency() != incident.UrgencyHigh || run.IsFallback() {
		return nil
	}
	before, err := previousFailed(b.tx, b.org, run.ID, e.id)
	if err != nil {
		return err
	}
	if before {
		return b.startFallback(inc)
	}
	now := b.tx.Now()
	if run.State == StateActive && run.NextAt != nil && run.NextAt.After(now) {
		run.NextAt = &now
		b.changed = append(b.changed, run)
		b.wake = true
	}
	return nil
}
