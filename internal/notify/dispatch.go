package notify

import (
	"context"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	// dispatchBatch bounds the notifications of one transaction.
	dispatchBatch = 200
	// leaseMargin is how much longer than its channel's timeout a sender keeps its lease: time to note the answer.
	leaseMargin = 5 * time.Second
)

// lane is what fails and is slow together: a channel and who carries its messages. Each takes only so many at a time, so that
// one dead server delays no other.
type lane struct{ channel, provider string }

// dispatcher is what this process is sending right now.
type dispatcher struct {
	mu      sync.Mutex
	lanes   map[lane]int
	flights map[int64]*flight // by notification
	landed  []landing         // with their outcome, to be noted
	noting  bool              // a goroutine notes what has landed
	quiet   chan struct{}     // closed when nothing is under way; nil when nothing is
	wake    func()
}

// SetWake introduces what has the loop of Dispatch look again when a sender is free; it is called before the first pass.
func (s *Service) SetWake(wake func()) { s.sending.wake = wake }

// Dispatch is the pass that sends what is due; see work.Pass. It begins attempts and leaves the sending to goroutines of its
// own, which end with ctx; Drain waits for them.
func (s *Service) Dispatch(ctx context.Context) (next time.Time, more bool, err error) {
	var orgs []int64
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		orgs, err = organisationIDs(tx)
		return err
	}); err != nil {
		return time.Time{}, false, err
	}
	for _, org := range orgs {
		orgNext, orgMore, err := s.dispatchOf(ctx, org)
		if err != nil {
			return time.Time{}, false, err
		}
		more = more || orgMore
		if !orgNext.IsZero() && (next.IsZero() || orgNext.Before(next)) {
			next = orgNext
		}
	}
	return next, more, nil
}

// dispatchOf works one organisation: a cheap look first, a transaction only when something is due.
func (s *Service) dispatchOf(ctx context.Context, org int64) (next time.Time, more bool, err error) {
	var due, lost []candidate
	var stopped []int64
	now := s.DB.Now()
	full, flying := s.sending.full(s.Channels), s.sending.flying(org)
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if due, err = dueNotifications(tx, org, now, full, dispatchBatch); err != nil {
			return err
		}
		if lost, err = lostNotifications(tx, org, now, dispatchBatch); err != nil {
			return err
		}
		if len(flying) > 0 {
			if stopped, err = unwantedFlights(tx, org, flying); err != nil {
				return err
			}
		}
		next, err = nextDue(tx, org, now)
		return err
	})
	if err != nil {
		return time.Time{}, false, err
	}
	s.sending.stop(stopped)
	if len(lost) > 0 {
		if err := s.reclaim(ctx, org, lost); err != nil {
			return time.Time{}, false, err
		}
	}
	taken := s.sending.book(due, s.Channels)
	if len(taken) == 0 {
		return next, len(lost) > 0, nil
	}
	began, err := s.begin(ctx, org, taken)
	if err != nil {
		s.sending.release(taken)
		return time.Time{}, false, err
	}
	s.sending.release(without(taken, began))
	for _, f := range began {
		s.launch(ctx, f)
	}
	// What another transaction holds would be found again at once: leave it the time to finish.
	return next, len(began) > 0 && (len(due) == dispatchBatch || len(due) > len(taken)), nil
}

// full are the lanes that take no more.
func (d *dispatcher) full(channels map[string]Channel) (list []lane) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for l, n := range d.lanes {
		if n >= capacity(channels, l) {
			list = append(list, l)
		}
	}
	return list
}

// capacity is how many messages a lane takes at a time. What has no channel any more is taken one by one, to be failed.
func capacity(channels map[string]Channel, l lane) int {
	if ch := channels[l.channel]; ch != nil {
		return max(1, ch.Describe().Parallel)
	}
	return 1
}

// book takes a place in its lane for each candidate, as long as there is one.
func (d *dispatcher) book(due []candidate, channels map[string]Channel) (taken []candidate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range due {
		l := lane{c.channel, c.provider}
		if d.lanes[l] < capacity(channels, l) {
			d.lanes[l]++
			taken = append(taken, c)
		}
	}
	return taken
}

func (d *dispatcher) release(list []candidate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range list {
		d.leave(lane{c.channel, c.provider})
	}
}

// leave gives a place back; the lock is held.
func (d *dispatcher) leave(l lane) {
	if d.lanes[l]--; d.lanes[l] <= 0 {
		delete(d.lanes, l)
	}
}

// flying are the notifications of the organisation that are being sent here.
func (d *dispatcher) flying(org int64) (ids []int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, f := range d.flights {
		if f.n.OrgID == org {
			ids = append(ids, id)
		}
	}
	return ids
}

// stop cuts off the sending of what is no longer wanted.
func (d *dispatcher) stop(ids []int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		if f := d.flights[id]; f != nil {
			f.stop()
		}
	}
}

// CutOff stops the sending of the notifications that a cancel notice names.
func (s *Service) CutOff(ids []int64) { s.sending.stop(ids) }

// Drain returns when nothing is being sent and every outcome is noted, or with the context's error.
func (s *Service) Drain(ctx context.Context) error {
	s.sending.mu.Lock()
	quiet := s.sending.quiet
	s.sending.mu.Unlock()
	if quiet == nil {
		return nil
	}
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// without are the candidates that did not begin.
func without(taken []candidate, began []*flight) (left []candidate) {
	flying := map[int64]bool{}
	for _, f := range began {
		flying[f.n.ID] = true
	}
	for _, c := range taken {
		if !flying[c.id] {
			left = append(left, c)
		}
	}
	return left
}
