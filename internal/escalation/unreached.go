package escalation

import (
	"context"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Unreached is the pass that ends steps of which no page was accepted by any provider in time: an urgent incident's next step
// is then due at once, and after two such steps in a row or the last of a round the fallback contacts are paged. See work.Pass.
func (s *Service) Unreached(ctx context.Context) (next time.Time, more bool, err error) {
	return s.eachOrg(ctx, nextUnsettled, s.unreachedOf)
}

func (s *Service) unreachedOf(ctx context.Context, org int64) (worked bool, err error) {
	now := s.DB.Now()
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		late, err := unsettled(tx, org, now, stepBatch)
		if err != nil {
			return err
		}
		worked, err = s.unreached(tx, org, late)
		return err
	})
	return worked, err
}

func (s *Service) unreached(tx *db.Tx, org int64, late []unsettledEvent) (worked bool, err error) {
	ids := make([]int64, len(late))
	for i, e := range late {
		ids[i] = e.incidentID
	}
	locked, err := s.Incidents.LockFree(tx, org, ids)
	if err != nil || len(locked) == 0 {
		return false, err
	}
	b := s.batch(tx, org, locked)
	var free []int64
	for _, e := range late {
		if _, ok := locked[e.incidentID]; ok {
			free = append(free, e.id)
			b.ids = append(b.ids, e.runID)
		}
	}
	if err := b.load(); err != nil {
		return false, err
	}
	// Of those that a provider has taken meanwhile, none is ended.
	ended, err := settle(tx, org, free, EventFailed, tx.Now())
	if err != nil {
		return false, err
	}
	taken, err := stepsOfRuns(tx, org, b.ids)
	if err != nil {
		return false, err
	}
	for _, e := range late {
		if slices.Contains(ended, e.id) {
			if err := b.fail(e, taken[e.runID]); err != nil {
				return false, err
			}
		}
	}
	return true, b.write()
}

// fail tells of one event that reached nobody and does what follows from it. taken are the steps of its run, oldest first.
func (b *batch) fail(e unsettledEvent, taken []takenStep) error {
	run, inc := b.runs[e.runID], b.incidents[e.incidentID]
	e.metadata["outcome"] = "unreachable"
	if err := setMetadata(b.tx, b.org, e.id, e.metadata); err != nil {
		return err
	}
	b.line(e.incidentID, "unreachable", "Nobody was reached: no provider took a page of "+nameOf(*run, b.versions)+" within "+
		unreachableAfter.String()+".", nil, map[string]any{"outcome": "unreachable", "step": e.step, "round": e.round})
	b.counted.Unreached++
	by, asked := askedBy(b.org, e.metadata)
	urgent := inc.Status == incident.StatusOpen && inc.Urgency() == incident.UrgencyHigh
	switch {
	case inc.Status == incident.StatusResolved || inc.Episode != run.Episode || run.IsFallback():
		return nil
	case asked && !urgent: // The engine goes no further by itself, and somebody waits for help.
		all, err := b.ground.runsOf(b, inc.ID)
		if err != nil {
			return err
		}
		return b.escalateToFallback(all, inc, by)
	case !urgent || run.State != StateActive:
		return nil
	}
	// The step after it may have been taken, and may have failed, while this one still waited for a provider.
	n := slices.IndexFunc(taken, func(t takenStep) bool { return t.eventID == e.id })
	if n < 0 { // It was taken in an earlier episode, and the run has begun again.
		return nil
	}
	newest := n == len(taken)-1
	last := newest && (run.NextStep == 0 || run.NextStep == len(definitionOf(*run, b.versions).Steps))
	if last || (n > 0 && taken[n-1].failed) || (!newest && taken[n+1].failed) {
		return b.startFallback(inc)
	}
	now := b.tx.Now()
	if newest && run.NextAt != nil && run.NextAt.After(now) {
		run.NextAt = &now
		b.note(run)
		b.wake = true
	}
	return nil
}

// askedBy is who asked for the step of an event, if a person did.
func askedBy(org int64, metadata map[string]any) (by account.Actor, asked bool) {
	user, asked := metadata["triggered_by_user"].(map[string]any)
	id, _ := user["id"].(float64)
	name, _ := user["name"].(string)
	email, _ := user["email"].(string)
	return account.Actor{Kind: account.ActorUser, Org: org, UserID: int64(id), Name: name, Email: email}, asked
}
