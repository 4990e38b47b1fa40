package work

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// Pass does one bounded batch. It returns when it next has something to do (zero: nothing is known) and whether it left
// something that is due already.
type Pass func(ctx context.Context) (next time.Time, more bool, err error)

// Loop runs a pass again and again. Name, Once, Clock and Logger are needed; make it with NewLoop.
type Loop struct {
	name   string
	every  time.Duration
	once   Pass
	clock  clock.Clock
	logger *slog.Logger
	wake   chan struct{}
	force  chan struct{}
	halt   chan struct{} // closed by Halt

	mu     sync.Mutex
	begun  int64           // passes begun
	idle   int64           // the last pass, by number, that left nothing due
	next   time.Time       // when the last idle pass expects the next thing to do
	level  time.Time       // when it last had nothing left to do; zero while it does not run
	passed time.Time       // when a pass last came back without an error, or it began to run; zero while it does not run
	waiter []chan struct{} // told after every pass
}

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = time.Second // Somebody waits to be paged when the database is back.
)

// NewLoop makes a loop that looks at least each every, for what no notice announced.
func NewLoop(name string, every time.Duration, once Pass, clk clock.Clock, logger *slog.Logger) *Loop {
	return &Loop{
		name: name, every: every, once: once, clock: clk, logger: logger,
		wake: make(chan struct{}, 1), force: make(chan struct{}, 1), halt: make(chan struct{}),
	}
}

// Name is what the loop is called in logs.
func (l *Loop) Name() string { return l.name }

// Wake has the loop look now. It never blocks; several wakes before a look are one.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Halt asks the loop to begin no further pass; the one under way finishes, then Run returns. It may be called twice, but by
// one goroutine.
func (l *Loop) Halt() {
	if !l.halted() {
		close(l.halt)
	}
}

func (l *Loop) halted() bool {
	select {
	case <-l.halt:
		return true
	default:
		return false
	}
}

// Run passes until Halt, or until ctx ends; a pass under way is finished by its own regard for ctx.
func (l *Loop) Run(ctx context.Context) {
	l.settled(l.clock.Now())
	defer l.settled(time.Time{})
	backoff := firstBackoff
	for ctx.Err() == nil && !l.halted() {
		number := l.begin()
		next, more, err := l.once(ctx)
		l.end(number, next, err, more)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.logger.ErrorContext(ctx, "a pass failed", "loop", l.name, "error", err, "again_in", backoff)
			l.sleep(ctx, backoff, false)
			backoff = min(2*backoff, lastBackoff)
		case more:
			backoff = firstBackoff
		default:
			backoff = firstBackoff
			l.sleep(ctx, l.until(next), true)
		}
	}
}

func (l *Loop) until(next time.Time) time.Duration {
	if next.IsZero() {
		return l.every
	}
	return max(0, min(l.every, next.Sub(l.clock.Now())))
}

// sleep waits for d. While backing off a wake does not cut it short, or a busy system would hammer a database that is away.
func (l *Loop) sleep(ctx context.Context, d time.Duration, wakeable bool) {
	if d <= 0 {
		return
	}
	wake := l.wake
	if !wakeable {
		wake = nil
	}
	timer := l.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-wake:
	case <-l.force:
	case <-l.halt:
	case <-ctx.Done():
	}
}

func (l *Loop) begin() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	return l.begun
}

func (l *Loop) end(number int64, next time.Time, err error, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.passed = l.clock.Now()
	}
	if err == nil && !more {
		l.idle, l.next, l.level = number, next, l.passed
	}
	for _, waiting := range l.waiter {
		close(waiting)
	}
	l.waiter = nil
}

func (l *Loop) settled(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level, l.passed = at, at
}

// Behind is by how much the loop has not kept up: how long ago, beyond its safety look, a pass last left nothing due. It grows while
// passes fail, while one does not come back, and while there is more to do than is done; 0 for a loop that does not run.
func (l *Loop) Behind() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.level.IsZero() {
		return 0
	}
	return max(0, l.clock.Now().Sub(l.level)-l.every)
}

// Stuck is for how long, beyond its safety look, no pass has come back without an error: a loop that is busy is behind, and not stuck.
// 0 for a loop that does not run.
func (l *Loop) Stuck() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.passed.IsZero() {
		return 0
	}
	return max(0, l.clock.Now().Sub(l.passed)-l.every)
}

// Next is when the last pass that left nothing due expects something to do; zero when it knows of nothing.
func (l *Loop) Next() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Settle has the loop look now and returns after a pass that began after the call left nothing due; tests wait for this
// instead of sleeping. It ends with ctx.
func (l *Loop) Settle(ctx context.Context) error {
	l.mu.Lock()
	after := l.begun
	for l.idle <= after {
		waiting := make(chan struct{})
		l.waiter = append(l.waiter, waiting)
		l.mu.Unlock()
		select {
		case l.force <- struct{}{}:
		default:
		}
		select {
		case <-waiting:
		case <-ctx.Done():
			return ctx.Err()
		}
		l.mu.Lock()
	}
	l.mu.Unlock()
	return nil
}
