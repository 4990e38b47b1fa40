package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	// dispatchBatch bounds the notifications of one transaction.
	dispatchBatch = 200
	// leaseMargin is how much longer than its channel's timeout a sender keeps its lease: time to note the answer.
	leaseMargin = 5 * time.Second
	// heldFor is how soon a pass looks again at what another transaction holds.
	heldFor = 50 * time.Millisecond
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
	served  int64             // the first organisation that began anything in the last pass
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
	var failures []error
	var first int64
	for _, org := range s.sending.inTurn(orgs) {
		p, err := s.dispatchOf(ctx, org)
		if err != nil {
			if ctx.Err() != nil || isAway(err) {
				return time.Time{}, false, err
			}
			failures = append(failures, err) // One that fails stops no other.
			continue
		}
		more = more || p.more
		if p.began && first == 0 {
			first = org
		}
		if !p.next.IsZero() && (next.IsZero() || p.next.Before(next)) {
			next = p.next
		}
	}
	s.sending.serve(first)
	return next, more, errors.Join(failures...)
}

// isAway reports whether the database is away: then nothing is wrong with what was to be written.
func isAway(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.Timeout
}

// inTurn puts organisations in the order of their turns. They share the lanes of this process, so whoever was first to take places
// in the last pass is last in this one.
func (d *dispatcher) inTurn(orgs []int64) []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, found := slices.BinarySearch(orgs, d.served)
	if found {
		n++
	}
	return slices.Concat(orgs[n:], orgs[:n])
}

// serve notes who was first in a pass; 0 when nobody began anything.
func (d *dispatcher) serve(org int64) {
	if org == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.served = org
}

// passed is what a pass over one organisation found: when its next thing is due, whether there is more right now, and whether it
// began to send anything.
type passed struct {
	next        time.Time
	more, began bool
}

// dispatchOf works one organisation: a cheap look first, a transaction only when something is due.
func (s *Service) dispatchOf(ctx context.Context, org int64) (p passed, err error) {
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
		p.next, err = nextDue(tx, org, now)
		return err
	})
	if err != nil {
		return passed{}, err
	}
	s.sending.stop(stopped)
	if lost = s.sending.unknown(lost); len(lost) > 0 {
		reclaimed, err := s.reclaim(ctx, org, lost)
		if err != nil {
			return passed{}, err
		}
		p.more = reclaimed > 0
	}
	taken := s.sending.book(due, s.Channels)
	if len(taken) == 0 {
		return p, nil
	}
	began, ended, err := s.beginAny(ctx, org, taken)
	if err != nil {
		s.sending.release(taken)
		return passed{}, err
	}
	s.sending.release(without(taken, began))
	for _, f := range began {
		s.launch(ctx, f)
	}
	p.began = len(began) > 0
	// Places that were not used are somebody else's now. What another transaction holds would be found again at once: leave it
	// the time to finish.
	p.more = p.more || (len(began)+ended > 0 && (len(due) == dispatchBatch || len(due) > len(taken)))
	if soon := now.Add(heldFor); len(began)+ended < len(taken) && (p.next.IsZero() || soon.Before(p.next)) {
		p.next = soon
	}
	return p, nil
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

// unknown leaves out what has landed here: its lease has ended because the database was away, but its outcome is known.
func (d *dispatcher) unknown(lost []candidate) []candidate {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(lost, func(c candidate) bool {
		f := d.flights[c.id]
		return f != nil && f.landed
	})
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
