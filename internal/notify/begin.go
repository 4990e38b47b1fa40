package notify

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// brokenPause is how long a notification waits that cannot even be begun: somebody has to mend it.
const brokenPause = time.Minute

// beginAny is begin, one by one where all together fail for a reason of one of them, so that it stops no other.
func (s *Service) beginAny(ctx context.Context, org int64, taken []candidate) (began []*flight, ended int, err error) {
	began, ended, err = s.begin(ctx, org, taken)
	if err == nil || isAway(err) || ctx.Err() != nil {
		return began, ended, err
	}
	began, ended = nil, 0
	for _, c := range taken {
		alone, n, err := s.begin(ctx, org, []candidate{c})
		if err != nil && !isAway(err) && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "a notification cannot be sent", "notification", c.id, "error", err, "again_in", brokenPause)
			n, err = 1, s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return putOff(tx, org, c.id, tx.Now().Add(brokenPause)) })
		}
		if err != nil {
			return began, ended, nil // What has begun is to be sent; the rest is found in the next pass.
		}
		began, ended = append(began, alone...), ended+n
	}
	return began, ended, nil
}

// begin begins an attempt for each candidate that is still due and wanted, in one transaction: the incidents are locked first,
// so that after an acknowledgement has committed none begins. ended are those that it put aside, because nobody wants them any
// more or somebody else was here. What another transaction holds is left for the next pass.
func (s *Service) begin(ctx context.Context, org int64, taken []candidate) (began []*flight, ended int, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		t := &takeoff{Service: s, tx: tx, org: org}
		if err := t.load(taken); err != nil {
			return err
		}
		if err := t.loadCircumstances(); err != nil {
			return err
		}
		began, err = t.decide()
		ended = len(t.rows) - len(began)
		return err
	})
	return began, ended, err
}

// decide cancels what is not wanted any more and begins the rest.
func (t *takeoff) decide() (began []*flight, err error) {
	now := t.tx.Now()
	var changed, starting, inTrouble []*Notification
	var attempts []Attempt
	for _, n := range t.rows {
		if n.Status != StatusPending || n.NextAttemptAt == nil || n.NextAttemptAt.After(now) {
			continue // Another node, or a cancellation, was here since the look.
		}
		changed = append(changed, n)
		n.NextAttemptAt = nil
		if reason := unwanted(*n, t.circumstances(n)); reason != "" {
			n.Status, n.Reason = StatusCancelled, reason
			if reason == reasonUnreachable && n.IncidentID != nil {
				n.PassedOn, inTrouble = true, append(inTrouble, n)
			}
			continue
		}
		if expired(*n, now) {
			n.Status, n.Reason = StatusFailed, reasonExpired
			continue
		}
		until := now.Add(t.timeout(n.Channel) + leaseMargin)
		n.Status, n.LockedUntil = StatusSending, &until
		n.Attempts++
		attempts = append(attempts, Attempt{NotificationID: n.ID, Number: n.Attempts, Node: t.Node, StartedAt: now, Result: AttemptUnderWay})
		starting = append(starting, n)
	}
	if err := saveNotifications(t.tx, changed); err != nil {
		return nil, err
	}
	t.announce(t.tx, t.org, changed)
	if err := t.bringForward(t.tx, t.org, inTrouble); err != nil {
		return nil, err
	}
	if err := t.loadFacts(starting); err != nil {
		return nil, err
	}
	for _, n := range starting {
		began = append(began, &flight{n: *n, facts: t.facts(n)})
	}
	return began, insertAttempts(t.tx, t.org, attempts)
}

// timeout is how long the channel may take for one message.
func (s *Service) timeout(channel string) time.Duration {
	if ch := s.Channels[channel]; ch != nil && ch.Describe().Timeout > 0 {
		return ch.Describe().Timeout
	}
	return defaultTimeout
}

const defaultTimeout = 15 * time.Second
