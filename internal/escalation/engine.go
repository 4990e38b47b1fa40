package escalation

import (
	"context"
	"errors"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// stepBatch bounds the runs of one transaction. A power of two, so that each of its tables is written by one statement.
const stepBatch = 128

// heldFor is how soon the engine looks again at what another transaction holds.
const heldFor = 50 * time.Millisecond

// orgDue is when the next thing of an organisation is due.
type orgDue struct {
	org int64
	at  time.Time
}

// Steps is the pass that takes the steps that are due; see work.Pass. It works the organisations in turn, one batch each, so
// that no tenant starves another. Any number of nodes may run it: an incident is worked by who holds its lock.
func (s *Service) Steps(ctx context.Context) (next time.Time, more bool, err error) {
	return s.eachOrg(ctx, nextRuns, s.stepsOf)
}

// eachOrg has the organisations worked that have something due; one look tells which. An organisation that fails stops no
// other, but a database that is away does. pass reports whether it could work on anything: what another transaction holds is
// looked at again soon.
func (s *Service) eachOrg(ctx context.Context, look func(tx *db.Tx) ([]orgDue, error),
	pass func(ctx context.Context, org int64) (worked bool, err error),
) (next time.Time, more bool, err error) {
	now := s.DB.Now()
	var orgs []orgDue
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		orgs, err = look(tx)
		return err
	}); err != nil {
		return time.Time{}, false, err
	}
	var failures []error
	for _, o := range orgs {
		at := o.at
		if !at.After(now) {
			worked, err := pass(ctx, o.org)
			switch {
			case err != nil && (ctx.Err() != nil || isAway(err)):
				return time.Time{}, false, err
			case err != nil:
				failures = append(failures, err)
				continue
			case worked:
				more = true
				continue
			}
			at = now.Add(heldFor)
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, more, errors.Join(failures...)
}

// stepsOf takes one batch of an organisation's due steps. When the batch fails for a reason of one of them, each is tried
// alone, so that one bad run stops no other; a run that fails alone goes the way of a step that reached nobody.
func (s *Service) stepsOf(ctx context.Context, org int64) (worked bool, err error) {
	var due []Run
	now := s.DB.Now()
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if due, err = lockDueRuns(tx, org, now, stepBatch); err != nil {
			return err
		}
		worked, err = s.steps(tx, org, due)
		return err
	})
	if err == nil || ctx.Err() != nil || isAway(err) {
		return worked, err
	}
	var failures []error
	for _, run := range due {
		if err := s.alone(ctx, run); ctx.Err() != nil || isAway(err) {
			return false, err
		} else if err != nil {
			failures = append(failures, err)
		}
	}
	return true, errors.Join(failures...)
}

// alone takes the step of one run by itself.
func (s *Service) alone(ctx context.Context, run Run) error {
	err := s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		_, err := s.steps(tx, run.OrgID, []Run{run})
		return err
	})
	if err == nil || ctx.Err() != nil || isAway(err) {
		return err
	}
	s.Logger.ErrorContext(ctx, "a step failed", "run", run.ID, "incident", run.IncidentID, "error", err)
	return s.giveUp(ctx, run, err)
}

// steps takes one step of each run that is still due, in one transaction: incidents are locked first, then everything is read
// again under the locks. Incidents that another transaction holds are left for the next pass; worked is false when it holds
// all of them.
func (s *Service) steps(tx *db.Tx, org int64, due []Run) (worked bool, err error) {
	ids := make([]int64, len(due))
	for i, r := range due {
		ids[i] = r.IncidentID
	}
	locked, err := s.Incidents.LockFree(tx, org, ids)
	if err != nil || len(locked) == 0 {
		return false, err
	}
	b := s.batch(tx, org, locked)
	for _, r := range due {
		if _, free := locked[r.IncidentID]; free {
			b.ids = append(b.ids, r.ID)
		}
	}
	if err := b.load(); err != nil {
		return false, err
	}
	for _, id := range b.ids {
		// Asked again at each turn: the step before may have ended this run.
		if run := b.runs[id]; run.State == StateActive && run.NextAt != nil && !run.NextAt.After(tx.Now()) {
			if _, err := b.step(run, nil); err != nil {
				return false, err
			}
		}
	}
	return true, b.write()
}
