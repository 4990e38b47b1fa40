package work_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/work"
)

func run(t *testing.T, every time.Duration, once work.Pass) *work.Loop {
	t.Helper()
	loop := work.NewLoop("test", every, once, clock.System, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { loop.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return loop
}

func TestALoopLooksWhenSomethingIsDueWhenWokenAndForSafety(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := clock.System.Now()
		var looks []time.Duration
		loop := run(t, time.Second, func(context.Context) (time.Time, bool, error) {
			looks = append(looks, clock.System.Now().Sub(start))
			if len(looks) == 1 {
				return start.Add(300 * time.Millisecond), false, nil
			}
			return time.Time{}, len(looks) == 2, nil
		})
		time.Sleep(500 * time.Millisecond)
		loop.Wake()
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		want := []time.Duration{0, 300, 300, 500, 1500}
		if len(looks) != len(want) {
			t.Fatalf("looked at %v", looks)
		}
		for i := range want {
			if looks[i] != want[i]*time.Millisecond {
				t.Errorf("look %d came after %v, want %v ms", i, looks[i], want[i])
			}
		}
	})
}

func TestALoopBacksOffWhileItsPassFailsAndGoesOnByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		var away atomic.Bool
		away.Store(true)
		loop := run(t, time.Second, func(context.Context) (time.Time, bool, error) {
			tries.Add(1)
			if away.Load() {
				return time.Time{}, false, errors.New("the database is away")
			}
			return time.Time{}, false, nil
		})
		for range 600 {
			loop.Wake()
			time.Sleep(100 * time.Millisecond)
		}
		if n := tries.Load(); n > 70 {
			t.Errorf("%d tries in a minute, although woken all the time", n)
		}
		away.Store(false)
		waited := tries.Load()
		time.Sleep(1100 * time.Millisecond)
		before := tries.Load()
		if before == waited {
			t.Error("the database has been back for more than a second, and nobody has looked")
		}
		time.Sleep(10 * time.Second)
		if n := tries.Load() - before; n < 9 {
			t.Errorf("%d looks in ten seconds once it is back", n)
		}
	})
}

func TestAHaltedLoopFinishesItsPassAndBeginsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, finished := 0, 0
		loop := work.NewLoop("test", time.Second, func(ctx context.Context) (time.Time, bool, error) {
			begun++
			time.Sleep(300 * time.Millisecond)
			if ctx.Err() == nil {
				finished++
			}
			return time.Time{}, true, nil
		}, clock.System, slog.New(slog.DiscardHandler))
		done := make(chan struct{})
		go func() { loop.Run(t.Context()); close(done) }()
		time.Sleep(400 * time.Millisecond)
		loop.Halt()
		loop.Halt()
		<-done
		if begun != 2 || finished != 2 {
			t.Errorf("%d passes begun and %d finished, want 2 and 2", begun, finished)
		}
	})
}

func TestSettleWaitsForALookThatLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 3
		expected := clock.System.Now().Add(2 * time.Hour)
		loop := run(t, time.Hour, func(context.Context) (time.Time, bool, error) {
			left = max(0, left-1)
			return expected, left > 0, nil
		})
		synctest.Wait()
		left = 5
		if err := loop.Settle(t.Context()); err != nil || left != 0 {
			t.Errorf("settled with %d left, %v", left, err)
		}
		if next := loop.Next(); !next.Equal(expected) {
			t.Errorf("expects the next thing at %v, want %v", next, expected)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := loop.Settle(ctx); err == nil && left != 0 {
			t.Error("settled although given up")
		}
	})
}
