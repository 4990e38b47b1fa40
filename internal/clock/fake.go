package clock

import (
	"slices"
	"sync"
	"time"
)

// Fake is a clock that stands still until a test moves it. It is safe for concurrent use.
type Fake struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

// NewFake makes a clock that stands at start.
func NewFake(start time.Time) *Fake {
	return &Fake{now: start.UTC().Truncate(time.Microsecond)}
}

// Now is where the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// NewTimer makes a timer that fires when the clock has been moved by d.
func (f *Fake) NewTimer(d time.Duration) Timer {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &fakeTimer{clock: f, ch: make(chan time.Time, 1)}
	t.arm(d)
	return t
}

// Advance moves the clock on by d and fires what falls due.
func (f *Fake) Advance(d time.Duration) { f.Set(f.Now().Add(d)) }

// Set puts the clock at t, also backwards, and fires what falls due.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC().Truncate(time.Microsecond)
	f.timers = slices.DeleteFunc(f.timers, func(timer *fakeTimer) bool {
		if timer.at.After(f.now) {
			return false
		}
		timer.fire(f.now)
		return true
	})
}

type fakeTimer struct {
	clock *Fake
	at    time.Time
	ch    chan time.Time
}

func (t *fakeTimer) C() <-chan time.Time { return t.ch }

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.disarm()
}

func (t *fakeTimer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	wasArmed := t.disarm()
	t.arm(d)
	return wasArmed
}

func (t *fakeTimer) arm(d time.Duration) {
	t.at = t.clock.now.Add(d)
	if d <= 0 {
		t.fire(t.clock.now)
		return
	}
	t.clock.timers = append(t.clock.timers, t)
}

func (t *fakeTimer) disarm() bool {
	before := len(t.clock.timers)
	t.clock.timers = slices.DeleteFunc(t.clock.timers, func(other *fakeTimer) bool { return other == t })
	select {
	case <-t.ch:
	default:
	}
	return len(t.clock.timers) < before
}

func (t *fakeTimer) fire(now time.Time) {
	select {
	case t.ch <- now:
	default:
	}
}
