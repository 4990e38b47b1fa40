package notify

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
)

// reclaim takes over what senders began and did not come back from: it is sent anew, and marked, for the provider may have it
// already. It returns how many; what another transaction holds is left for the next pass.
func (s *Service) reclaim(ctx context.Context, org int64, lost []candidate) (reclaimed int, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		t := newTakeoff(s, tx, org)
		if err := t.lockIncidents(lost); err != nil {
			return err
		}
		if err := t.lockRows(); err != nil {
			return err
		}
		now := tx.Now()
		var changed []*Notification
		var attempts []Attempt
		for _, n := range t.rows {
			if n.Status != StatusSending || n.LockedUntil == nil || n.LockedUntil.After(now) {
				continue
			}
			n.LockedUntil, n.BundleID, n.MaybeDuplicate = nil, nil, true
			n.Status, n.NextAttemptAt = StatusPending, &now
			if n.CancelRequested {
				n.Status, n.NextAttemptAt = StatusCancelled, nil // Its reason stands there already.
			}
			changed = append(changed, n)
			attempts = append(attempts, Attempt{
				NotificationID: n.ID, Number: n.Attempts, Result: AttemptLost, Detail: "its sender did not come back",
			})
		}
		if err := saveNotifications(tx, changed); err != nil {
			return err
		}
		reclaimed = len(changed)
		tx.AfterCommit(func() { s.counts.lost.Add(int64(reclaimed)) })
		s.announce(tx, org, changed)
		return endAttempts(tx, org, now, attempts)
	})
	return reclaimed, err
}

// TakeOver ends every lease at once. It is for the start of a server that is alone with its database: whoever held a lease is
// dead.
func (s *Service) TakeOver(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		orgs, err := organisationIDs(tx)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			if err := endLeases(tx, org); err != nil {
				return err
			}
		}
		return nil
	})
}
