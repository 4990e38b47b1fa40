package db

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// Now is the present instant by the clock that all nodes share: on PostgreSQL this node's clock corrected by the measured
// offset to the database's.
func (d *DB) Now() time.Time {
	return d.clock.Now().Add(time.Duration(d.offset.Load())).Truncate(time.Microsecond)
}

// ClockOffset is how far the database's clock was ahead of this node's when last measured; 0 on SQLite.
func (d *DB) ClockOffset() time.Duration { return time.Duration(d.offset.Load()) }

// clockLooks is how often a measurement reads the clock: the quickest answer tells most.
const clockLooks = 3

// MeasureClock compares this node's clock with the database's, so that nodes agree on what is due.
// It does nothing on SQLite and with a clock that a test moves. Faults: Unavailable, Timeout.
func (d *DB) MeasureClock(ctx context.Context) error {
	if !d.pg || d.clock != clock.System {
		return nil
	}
	looks, err := d.lookAtClock(ctx)
	if err != nil {
		return d.translate(ctx, err)
	}
	d.offset.Store(int64(reconcile(d.ClockOffset(), looks)))
	return nil
}

// clockLook is what the database's clock said at an instant between two of this node's.
type clockLook struct{ before, theirs, after time.Time }

func (d *DB) lookAtClock(ctx context.Context) (looks []clockLook, err error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	conn, err := d.urgent.Conn(ctx) // Connecting takes longer than what is to be measured.
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	for range clockLooks {
		look := clockLook{before: d.clock.Now()}
		if err := conn.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&look.theirs); err != nil {
			return nil, err
		}
		look.after = d.clock.Now()
		looks = append(looks, look)
	}
	return looks, nil
}

// reconcile returns the offset as it was when it can be true by every look, so that a slow network does not move the clock; else the middle
// of what can be.
func reconcile(offset time.Duration, looks []clockLook) time.Duration {
	least, most := looks[0].theirs.Sub(looks[0].after), looks[0].theirs.Sub(looks[0].before)
	for _, l := range looks[1:] {
		low, high := l.theirs.Sub(l.after), l.theirs.Sub(l.before)
		if low > most || high < least { // One of the clocks was set in between.
			least, most = low, high
			continue
		}
		least, most = max(least, low), min(most, high)
	}
	if least <= offset && offset <= most {
		return offset
	}
	return least + (most-least)/2
}
