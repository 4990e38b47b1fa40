package db_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestOneHolderAtATimeHasALease(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		asks := func(holder string) (held bool) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				held, err = tx.Lease("sweep", holder, 30*time.Second)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return held
		}
		expect := func(when, holder string, want bool) {
			t.Helper()
			if got := asks(holder); got != want {
				t.Errorf("%s, %s has it: %v, want %v", when, holder, got, want)
			}
		}
		expect("at first", "one", true)
		expect("while it is held", "two", false)
		clk.Advance(20 * time.Second)
		expect("in time", "one", true)
		clk.Advance(20 * time.Second)
		expect("after it was renewed", "two", false)
		clk.Advance(10 * time.Second)
		expect("at its end", "two", true)
		expect("when it comes back", "one", false)
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.ReleaseLeases("two") }); err != nil {
			t.Fatal(err)
		}
		expect("once it is given back", "one", true)
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			holder, until, err := tx.LeaseHolder("sweep")
			if holder != "one" || !until.Equal(tx.Now().Add(30*time.Second)) {
				t.Errorf("it is held by %q until %s", holder, until)
			}
			nobody, _, err2 := tx.LeaseHolder("nothing")
			if nobody != "" || err2 != nil {
				t.Errorf("a job that nobody has is held by %q (%v)", nobody, err2)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOfManyWhoAskAtOnceOneHasTheLease(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		var group sync.WaitGroup
		var mu sync.Mutex
		var holders []string
		for _, holder := range []string{"a", "b", "c", "d", "e", "f"} {
			group.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					held, err := tx.Lease("sweep", holder, time.Minute)
					if held {
						tx.AfterCommit(func() {
							mu.Lock()
							defer mu.Unlock()
							holders = append(holders, holder)
						})
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(holders) != 1 {
			t.Errorf("it is held by %v", holders)
		}
	})
}
