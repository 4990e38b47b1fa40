package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

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

// dispatcher is what this process is sending right now.
type dispatcher struct {
	mu      sync.Mutex
	lanes   map[lane]int
	going   map[destination]int
	flights map[int64]*flight // by notification
	landed  []landing         // with their outcome, to be noted
	noting  bool              // a goroutine notes what has landed
	served  int64             // the first organisation that began anything in the last pass
	quiet   chan struct{}     // closed when nothing is under way; nil when nothing is
	wake    func()

	providers *simplelru.LRU[lane, *provider]
}

func newDispatcher() dispatcher {
	return dispatcher{lanes: map[lane]int{}, going: map[destination]int{}, flights: map[int64]*flight{}, providers: newProviders()}
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

// soon has the next pass come no later than an instant; zero says nothing.
func (p *passed) soon(at time.Time) {
	if !at.IsZero() && (p.next.IsZero() || at.Before(p.next)) {
		p.next = at
	}
}

// dispatchOf works one organisation: a cheap look first, a transaction only when something is due.
func (s *Service) dispatchOf(ctx context.Context, org int64) (p passed, err error) {
	var due, lost []candidate
	var stopped []int64
	now := s.DB.Now()
	barred, flying := s.sending.barred(s.Channels, now), s.sending.flying(org)
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if due, err = dueNotifications(tx, org, now, barred, dispatchBatch); err != nil {
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
	p.soon(barred.again)
	taken := s.sending.book(due, s.Channels, now)
	if len(taken) == 0 {
		return p, nil
	}
	d, err := s.beginAny(ctx, org, taken)
	if err != nil {
		s.sending.release(taken, nil)
		return passed{}, err
	}
	s.sending.release(taken, d.began)
	for _, f := range d.began {
		s.launch(ctx, f)
	}
	p.began = len(d.began) > 0
	// Places that were not used are somebody else's now. What another transaction holds would be found again at once: leave it
	// the time to finish.
	p.more = p.more || (d.dealt > 0 && (len(due) == dispatchBatch || d.dealt < len(due)))
	if d.missed > 0 {
		p.soon(now.Add(heldFor))
	}
	return p, nil
}

// flying are the notifications of the organisation that are being sent here.
func (d *dispatcher) flying(org int64) (ids []int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, f := range d.flights {
		if f.carrier().OrgID == org {
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
			f.unwanted(id)
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
