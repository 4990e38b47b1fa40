package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func setSetting(tx *db.Tx, name string, value any) error {
	_, err := tx.Exec(`INSERT INTO settings (org_id, name, value, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`, dbtest.Org, name, db.JSON(value), tx.Now())
	return err
}

func TestTimesAndJSONComeBackAsTheyWere(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		at := time.Date(2026, 3, 29, 2, 30, 0, 123456789, time.FixedZone("east", 3600))
		clk.Set(at)
		sent := map[string]any{"text": "caf\u00e9 \\u0000 <b>", "nul": "a\x00b", "bad": "x\xffy", "n": 1.5}
		write(t, d, func(tx *db.Tx) error { return setSetting(tx, "round", sent) })
		var got map[string]any
		var when time.Time
		var never *time.Time
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, _, err := db.One(tx, func(row db.Scanner) (bool, error) {
				return true, row.Scan(db.ScanJSON(&got), db.ScanTime(&when), db.ScanNullTime(&never))
			}, "SELECT value, max(updated_at), NULL FROM settings WHERE name = ? GROUP BY value", "round")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"text": "caf\u00e9 \\u0000 <b>", "nul": "ab", "bad": "x\uFFFDy", "n": 1.5}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !when.Equal(at.Truncate(time.Microsecond)) || when.Location() != time.UTC {
			t.Errorf("the time came back as %v, not %v", when, at.UTC().Truncate(time.Microsecond))
		}
		if never != nil {
			t.Errorf("NULL came back as %v", never)
		}
	})
}

func TestAViolatedConstraintHasTheSameNameOnBoth(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		team := func(id int64, name string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				return tx.Insert("teams", []string{"org_id", "id", "name", "description", "is_active", "created_at", "updated_at"},
					[][]any{{dbtest.Org, id, name, "", true, tx.Now(), tx.Now()}}, "")
			}
		}
		write(t, d, team(1, "web"))
		if err := d.Write(t.Context(), team(2, "web")); !db.IsUnique(err, "teams_name") {
			t.Errorf("a second team of the same name: %v", err)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO team_members (org_id, team_id, user_id, created_at) VALUES (?, 1, 99, ?)", dbtest.Org, tx.Now())
			return err
		})
		if !db.IsForeignKey(err) {
			t.Errorf("a member who does not exist: %v", err)
		}
	})
}

func TestAFailedWriteLeavesNothingAndTellsNobody(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		told := false
		refusal := fault.New(fault.Conflict, "refused", "No.")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { told = true })
			if err := setSetting(tx, "half", true); err != nil {
				return err
			}
			return refusal
		})
		if !errors.Is(err, refusal) {
			t.Errorf("the refusal came out as %v", err)
		}
		if told {
			t.Error("told after a rollback")
		}
		if n := count(t, d, "settings"); n != 0 {
			t.Errorf("%d rows were left behind", n)
		}
	})
}

func TestAPanicInsideAWriteFreesTheWriter(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		func() {
			defer func() { _ = recover() }()
			_ = d.Write(t.Context(), func(*db.Tx) error { panic("broken rule") })
		}()
		write(t, d, func(tx *db.Tx) error { return setSetting(tx, "after", true) })
		if n := count(t, d, "settings"); n != 1 {
			t.Errorf("%d rows after the panic, want 1", n)
		}
	})
}

func TestAWriteInsideAWriteIsRefused(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return d.Write(tx.Context(), func(*db.Tx) error { return nil })
		})
		if fault.From(err).Code != "nested_transaction" {
			t.Errorf("a nested Write answered %v", err)
		}
	})
}

func TestWhatTheDatabaseAsksToRunAgainRunsAgain(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		tries := 0
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tries++
			if err := setSetting(tx, fmt.Sprint("try", tries), true); err != nil {
				return err
			}
			if tries < 3 {
				return db.ErrAgain
			}
			return nil
		})
		if err != nil || tries != 3 {
			t.Fatalf("%d tries, %v", tries, err)
		}
		if n := count(t, d, "settings"); n != 1 {
			t.Errorf("%d rows, want only the last try's", n)
		}
	})
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		write(t, d, func(tx *db.Tx) error { return setSetting(tx, "n", 0) })
		const writers, rounds = 8, 25
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() {
				run := d.Write
				if i%2 == 0 {
					run = d.WriteUrgent
				}
				for range rounds {
					err := run(t.Context(), func(tx *db.Tx) error {
						n, _, err := db.One(tx, func(row db.Scanner) (n int, err error) {
							return n, row.Scan(db.ScanJSON(&n))
						}, "SELECT value FROM settings WHERE name = 'n'"+tx.Lock())
						if err != nil {
							return err
						}
						return setSetting(tx, "n", n+1)
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		var n int
		_ = d.Read(t.Context(), func(tx *db.Tx) error {
			_, _, err := db.One(tx, func(row db.Scanner) (bool, error) { return true, row.Scan(db.ScanJSON(&n)) }, "SELECT value FROM settings WHERE name = 'n'")
			return err
		})
		if n != writers*rounds {
			t.Errorf("%d increments, want %d", n, writers*rounds)
		}
	})
}

func TestSeveralWorkersClaimEachDueRowOnce(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		const due = 60
		write(t, d, func(tx *db.Tx) error {
			for i := range due {
				if err := setSetting(tx, fmt.Sprintf("due-%02d", i), "due"); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		claimed := map[string]int{}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					var batch []string
					err := d.WriteUrgent(t.Context(), func(tx *db.Tx) (err error) {
						batch, err = db.List(tx, db.Value[string], `UPDATE settings SET value = ? WHERE org_id = ? AND name IN (
							SELECT name FROM settings WHERE org_id = ? AND value = ? ORDER BY name LIMIT 5`+tx.LockSkip()+`) RETURNING name`,
							db.JSON("taken"), dbtest.Org, dbtest.Org, db.JSON("due"))
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					if len(batch) == 0 {
						return
					}
					mu.Lock()
					for _, name := range batch {
						claimed[name]++
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		for name, n := range claimed {
			if n != 1 {
				t.Errorf("%s was claimed %d times", name, n)
			}
		}
		if len(claimed) != due {
			t.Errorf("%d of %d were claimed", len(claimed), due)
		}
	})
}

func TestIdsAreNeverHandedOutTwice(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		var mu sync.Mutex
		seen := map[int64]bool{}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 20 {
					var ids []int64
					if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
						ids, err = tx.NextIDs("incidents", 7)
						return err
					}); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for i, id := range ids {
						if seen[id] || (i > 0 && id <= ids[i-1]) {
							t.Errorf("ids %v: twice or out of order", ids)
						}
						seen[id] = true
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(seen) != 4*20*7 {
			t.Errorf("%d ids, want %d", len(seen), 4*20*7)
		}
	})
}

func TestAManyRowedInsertIsWhole(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		const rows = 777
		write(t, d, func(tx *db.Tx) error {
			var values [][]any
			for i := range rows {
				values = append(values, []any{dbtest.Org, fmt.Sprintf("n%04d", i), db.JSON(i), tx.Now()})
			}
			values = append(values, values[0])
			return tx.Insert("settings", []string{"org_id", "name", "value", "updated_at"}, values, "ON CONFLICT DO NOTHING")
		})
		if n := count(t, d, "settings"); n != rows {
			t.Errorf("%d rows, want %d", n, rows)
		}
	})
}

func TestAReaderCannotWrite(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		err := d.Read(t.Context(), func(tx *db.Tx) error { return setSetting(tx, "sneaky", true) })
		if err == nil {
			t.Error("a Read wrote")
		}
	})
}

func TestAWriterThatWaitsCanBeGivenUp(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		write(t, d, func(tx *db.Tx) error { return setSetting(tx, "n", 0) })
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := setSetting(tx, "n", 1); err != nil {
				return err
			}
			waiting := make(chan error, 1)
			go func() {
				waiting <- d.Write(ctx, func(tx *db.Tx) error { return setSetting(tx, "n", 2) })
			}()
			cancel()
			if err := <-waiting; !fault.Is(err, fault.Timeout) {
				t.Errorf("the one given up answered %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error { return setSetting(tx, "n", 3) })
	})
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM "+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
