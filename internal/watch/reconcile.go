package watch

import (
	"context"
	"errors"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	// ReconcileEvery is how often the reconciler looks at what has happened since it looked last.
	ReconcileEvery = 10 * time.Second
	// settledAfter is how old a step or an end is when it is looked at: within it every step has an outcome.
	settledAfter = 3 * time.Minute
	// lookBack is how far a reconciler goes back that has never looked.
	lookBack = time.Hour
	// recheckAfter is how soon an incident is looked at again whose ledger did not add up.
	recheckAfter = time.Minute
	// reconcileBatch is about how many steps and ends one pass takes of an organisation.
	reconcileBatch = 200
)

// Reconcile is the pass that closes the books of the incidents of which a step was taken, or which have ended, some minutes ago. What
// does not add up it mends where that decides nothing, and keeps the rest for the auditor to report. One node at a time is enough.
// See work.Pass.
func (s *Service) Reconcile(ctx context.Context) (next time.Time, more bool, err error) {
	now := s.DB.Now()
	s.mu.Lock()
	rest := !s.reconciled.IsZero() && now.Sub(s.reconciled) < ReconcileEvery && !s.reconciled.After(now)
	s.mu.Unlock()
	if rest {
		return time.Time{}, false, nil
	}
	var orgs []int64
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		orgs, err = organisationIDs(tx)
		return err
	}); err != nil {
		return time.Time{}, false, err
	}
	var failures []error
	for _, org := range orgs {
		orgMore, err := s.reconcileOf(ctx, org)
		more = more || orgMore
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil || more {
		return time.Time{}, more, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reconciled = now
	return time.Time{}, false, nil
}

// reconcileOf works one organisation: what is due is found and judged in one read, and only what does not add up is written.
func (s *Service) reconcileOf(ctx context.Context, org int64) (more bool, err error) {
	var wrong []int64
	var until time.Time
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var ids []int64
		if ids, until, more, err = dueBooks(tx, org); err != nil {
			return err
		}
		incidents, err := s.Incidents.ByID(tx, org, ids)
		wrong = nil
		for _, id := range ids {
			inc, found := incidents[id]
			if !found {
				wrong = append(wrong, id) // It is deleted; an imbalance of it goes.
				continue
			}
			books, err := s.books(tx, inc)
			if err != nil {
				return err
			}
			if was, err := hasImbalance(tx, org, id); err != nil {
				return err
			} else if was || !Close(books).Balance.Balanced() {
				wrong = append(wrong, id)
			}
		}
		return err
	})
	if err != nil {
		return false, err
	}
	var failures []error
	for _, id := range wrong {
		failures = append(failures, s.putRight(ctx, org, id))
	}
	if err := errors.Join(failures...); err != nil {
		return false, err
	}
	return more, s.DB.Write(ctx, func(tx *db.Tx) error { return keepLookedUntil(tx, org, until) })
}

// putRight mends the books of one incident under its lock, and keeps what is still unexplained.
func (s *Service) putRight(ctx context.Context, org, id int64) error {
	var left []Item
	var mended bool
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		left, mended = nil, false
		locked, err := s.Incidents.LockForUpdate(tx, org, []int64{id})
		if err != nil {
			return err
		}
		inc, found := locked[id]
		if !found {
			return dropImbalance(tx, org, id)
		}
		books, err := s.books(tx, inc)
		if err != nil {
			return err
		}
		if mends := books.Mends(); !mends.Empty() {
			mended = true
			if err := errors.Join(s.Notifications.Mend(tx, org, mends.Notify), s.Escalations.Mend(tx, org, mends.Escalation)); err != nil {
				return err
			}
			if books, err = s.books(tx, inc); err != nil {
				return err
			}
		}
		if left = Close(books).Balance.Unexplained; len(left) == 0 {
			return dropImbalance(tx, org, id)
		}
		return keepImbalance(tx, org, id, left)
	})
	if err != nil {
		return err
	}
	if mended {
		s.mended.Add(1)
		s.Logger.WarnContext(ctx, "the books of an incident were put right", "incident", id, "left", len(left))
	}
	for _, item := range left {
		s.Logger.ErrorContext(ctx, "an incident's ledger does not add up", "incident", id, "unexplained", item.Text)
	}
	return nil
}

// Mended is how many incidents' books this process has put right since it started.
func (s *Service) Mended() int64 { return s.mended.Load() }
