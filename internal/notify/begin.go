package notify

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// brokenPause is how long a notification waits that cannot even be begun: somebody has to mend it.
const brokenPause = time.Minute

// departure is what came of beginning.
type departure struct {
	began  []*flight
	dealt  int // how many notifications are dealt with: begun, put aside or put off, or somebody else was here
	missed int // how many another transaction holds
}

func (d *departure) add(other departure) {
	d.began, d.dealt, d.missed = append(d.began, other.began...), d.dealt+other.dealt, d.missed+other.missed
}

// beginAny is begin, one by one where all together fail for a reason of one of them, so that it stops no other.
func (s *Service) beginAny(ctx context.Context, org int64, taken []candidate) (departure, error) {
	all, err := s.begin(ctx, org, taken)
	if err == nil || isAway(err) || ctx.Err() != nil {
		return all, err
	}
	all = departure{}
	for _, c := range taken {
		alone, err := s.begin(ctx, org, []candidate{c})
		if err != nil && !isAway(err) && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "a notification cannot be sent", "notification", c.id, "error", err, "again_in", brokenPause)
			alone = departure{dealt: 1}
			err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return putOff(tx, org, c.id, tx.Now().Add(brokenPause)) })
		}
		if err != nil {
			return all, nil // What has begun is to be sent; the rest is found in the next pass.
		}
		all.add(alone)
	}
	return all, nil
}

// begin begins an attempt for each candidate that is still due and wanted, and that has a place or rides with one that has, in one
// transaction: the incidents are locked first, so that after an acknowledgement has committed none begins. What another transaction
// holds is left for the next pass.
func (s *Service) begin(ctx context.Context, org int64, taken []candidate) (d departure, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		t := newTakeoff(s, tx, org)
		if err := t.lockIncidents(taken); err != nil {
			return err
		}
		if err := t.holdLimits(); err != nil {
			return err
		}
		if err := t.lockRows(); err != nil {
			return err
		}
		if err := t.loadCircumstances(); err != nil {
			return err
		}
		began, err := t.decide()
		d = departure{began: began, dealt: t.elsewhere + len(t.changed), missed: len(taken) - len(t.rows)}
		return err
	})
	return d, err
}

// decide cancels what is not wanted any more, passes on what its provider cannot take, has wait what is over its person's limit, and
// begins the rest.
func (t *takeoff) decide() (began []*flight, err error) {
	ready, inTrouble := t.sort()
	for _, m := range t.messages(ready) {
		began = append(began, t.start(m))
	}
	if err := saveNotifications(t.tx, t.changed); err != nil {
		return nil, err
	}
	if err := saveLimits(t.tx, t.org, t.spent); err != nil {
		return nil, err
	}
	t.announce(t.tx, t.org, t.changed)
	if err := t.bringForward(t.tx, t.org, inTrouble); err != nil {
		return nil, err
	}
	if len(t.timeline) > 0 {
		if err := t.Incidents.AddTimeline(t.tx, t.org, t.timeline); err != nil {
			return nil, err
		}
	}
	if err := t.loadFacts(began); err != nil {
		return nil, err
	}
	return began, insertAttempts(t.tx, t.org, attemptsBegun(began, t.Node))
}

// sort tells what is ready to be sent from what is not, and ends what is not wanted any more.
func (t *takeoff) sort() (ready, inTrouble []*Notification) {
	now := t.tx.Now()
	for _, n := range t.rows {
		if n.Status != StatusPending || n.NextAttemptAt == nil || n.NextAttemptAt.After(now) {
			t.elsewhere++ // Another node, or a cancellation, was here since the look.
			continue
		}
		reason := unwanted(*n, t.circumstances(n))
		switch {
		case reason != "":
			n.Status, n.Reason, n.NextAttemptAt = StatusCancelled, reason, nil
			if reason == reasonUnreachable && n.IncidentID != nil {
				n.PassedOn, inTrouble = true, append(inTrouble, n)
			}
		case expired(*n, now):
			n.Status, n.Reason, n.NextAttemptAt = StatusFailed, reasonExpired, nil
		case !t.taken[n.ID].held:
			ready = append(ready, n)
			continue
		case troubled(*n, true):
			n.PassedOn, inTrouble = true, append(inTrouble, n)
			t.timeline = append(t.timeline, t.waits(n))
		}
		t.changed = append(t.changed, n)
	}
	return ready, inTrouble
}

// messages puts what is ready in messages, within the limits of their people.
func (t *takeoff) messages(ready []*Notification) (messages []parcels) {
	now := t.tx.Now()
	due, places := map[allowance][]parcel{}, map[allowance]map[string]int{}
	for _, n := range ready {
		key := allowance{n.UserID, n.Channel}
		due[key] = append(due[key], t.parcel(n))
		if places[key] == nil {
			places[key] = map[string]int{}
		}
		if t.taken[n.ID].placed {
			places[key][n.Recipient]++
		}
	}
	for _, key := range sortedAllowances(due) {
		limit := personLimit(key.channel)
		full := t.limits[key]
		left := limit.free(full, now)
		p := plan(due[key], left, places[key])
		messages = append(messages, p.messages...)
		full = limit.spend(full, now, left-p.left)
		if left != p.left {
			t.spent[key] = full
		}
		free := limit.next(full, now)
		for _, one := range p.waiting {
			one.NextAttemptAt = &free
			t.changed = append(t.changed, one.Notification)
		}
	}
	return messages
}

// parcel says how a notification may be sent. The first page for a critical incident goes alone, on each of the ways that it takes.
func (t *takeoff) parcel(n *Notification) parcel {
	p := parcel{Notification: n, free: n.IncidentID == nil || n.UserID == 0}
	if p.free || n.Action != ActionPage {
		return p
	}
	p.critical = t.incidents[*n.IncidentID].Severity == incident.SeverityCritical
	key := answerKey{*n.IncidentID, n.UserID, n.Episode}
	if t.told[key] == "" {
		t.told[key] = n.PageKey
	}
	p.alone = p.critical && t.told[key] == n.PageKey
	return p
}

// start begins the attempt of one message.
func (t *takeoff) start(m parcels) *flight {
	now := t.tx.Now()
	carrier := m.list[0].Notification
	until := now.Add(t.timeout(carrier.Channel) + leaseMargin)
	f := &flight{charged: m.charged, at: now}
	for _, one := range m.list {
		n := one.Notification
		n.Status, n.LockedUntil, n.NextAttemptAt, n.BundleID = StatusSending, &until, nil, nil
		n.Attempts++
		if n != carrier {
			n.BundleID = &carrier.ID
		}
		t.changed = append(t.changed, n)
		f.load = append(f.load, passenger{n: *n})
	}
	return f
}

func attemptsBegun(began []*flight, node string) (attempts []Attempt) {
	for _, f := range began {
		for _, p := range f.load {
			attempts = append(attempts, Attempt{NotificationID: p.n.ID, Number: p.n.Attempts, Node: node, StartedAt: f.at, Result: AttemptUnderWay})
		}
	}
	return attempts
}

// timeout is how long the channel may take for one message.
func (s *Service) timeout(channel string) time.Duration {
	if ch := s.Channels[channel]; ch != nil && ch.Describe().Timeout > 0 {
		return ch.Describe().Timeout
	}
	return defaultTimeout
}

const defaultTimeout = 15 * time.Second
