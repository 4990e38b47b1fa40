package app

import (
	"context"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestOneNodeAtATimeDoesWhatIsForOneAndAnotherTakesOverFromOneThatDied(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		done := map[string]int{}
		node := func(name string) (pass func()) {
			a := &App{db: d, name: name}
			once := a.alone("sweep", func(ctx context.Context) (time.Time, bool, error) {
				done[name]++
				if until, bounded := ctx.Deadline(); !bounded || time.Until(until) > leaseTerm/2 {
					t.Error("a pass may go on until another node has the lease")
				}
				return time.Time{}, false, nil
			})
			return func() {
				t.Helper()
				if _, more, err := once(t.Context()); err != nil || more {
					t.Fatal(err, more)
				}
			}
		}
		one, two := node("one"), node("two")
		did := func(when string, first, second int) {
			t.Helper()
			if done["one"] != first || done["two"] != second {
				t.Errorf("%s: %v, want %d and %d", when, done, first, second)
			}
		}
		for range 6 { // The lease is renewed with each pass.
			one()
			two()
			clk.Advance(10 * time.Second)
		}
		did("while both live", 6, 0)
		// The first is killed: it gives nothing back.
		two()
		clk.Advance(19 * time.Second)
		two()
		did("until its lease ends", 6, 0)
		clk.Advance(time.Second)
		two()
		one()
		did("after that, though the first comes back", 6, 1)
	})
}
