package chaos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	// A dead sender's lease ends after 20 s, and what the providers refused is tried again at growing distances: after two
	// minutes at the longest when it was refused six times.
	settleLimit = 3 * time.Minute
	settleLook  = 200 * time.Millisecond
)

// books is the server's database, read past the server.
type books struct {
	t *testing.T
	d *db.DB
}

func openBooks(t *testing.T, database string) books {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database, Clock: clock.System, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return books{t, d}
}

// settle returns when no notification waits or is being sent, no step is due within the minute and no incident sleeps, and tells what took longest.
func (b books) settle() {
	b.t.Helper()
	began, last := time.Now(), []string(nil)
	limit := time.After(settleLimit)
	tick := time.NewTicker(settleLook)
	defer tick.Stop()
	for {
		left := b.left()
		if len(left) == 0 {
			b.t.Logf("quiet after %v; last: %v", time.Since(began).Round(time.Millisecond), last)
			return
		}
		last = left
		select {
		case <-tick.C:
		case <-limit:
			b.t.Errorf("after %v there is no quiet: %v", settleLimit, left)
			return
		}
	}
}

// left is some of what is not through.
func (b books) left() (list []string) {
	b.look(func(tx *db.Tx) (err error) {
		waiting := func(row db.Scanner) (line string, err error) {
			var id, attempts int64
			var status, detail string
			err = row.Scan(&id, &status, &attempts, &detail)
			return fmt.Sprintf("notification %d %s after %d attempts: %s", id, status, attempts, detail), err
		}
		if list, err = db.List(tx, waiting, `SELECT id, status, attempts, error FROM notifications WHERE status IN ('pending', 'sending') LIMIT 3`); err != nil {
			return err
		}
		due := func(row db.Scanner) (line string, err error) {
			var id, step int64
			err = row.Scan(&id, &step)
			return fmt.Sprintf("run %d with step %d", id, step), err
		}
		runs, err := db.List(tx, due, `SELECT id, next_step FROM escalation_runs WHERE next_at < ? LIMIT 3`, time.Now().Add(time.Minute))
		if err != nil {
			return err
		}
		asleep := func(row db.Scanner) (line string, err error) {
			var id int64
			err = row.Scan(&id)
			return fmt.Sprintf("incident %d asleep", id), err
		}
		snoozed, err := db.List(tx, asleep, `SELECT id FROM incidents WHERE snoozed_until IS NOT NULL LIMIT 3`)
		list = append(append(list, runs...), snoozed...)
		return err
	})
	return list
}

func (b books) look(fn func(tx *db.Tx) error) {
	b.t.Helper()
	if err := b.d.Read(b.t.Context(), fn); err != nil {
		b.t.Fatalf("read the database: %v", err)
	}
}
