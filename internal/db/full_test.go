package db_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// A disk that is full is a state that passes: who writes is told to come back, and what was being written is not half there.
func TestAFullDiskIsUnavailableAndHealsByItself(t *testing.T) {
	d, _ := dbtest.SQLite(t)
	limit := func(pages int) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, _, err := db.One(tx, db.Value[int], fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	fill := func() error {
		return d.Write(t.Context(), func(tx *db.Tx) error {
			for n := range 20 {
				if _, err := tx.Exec("INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)",
					fmt.Sprint("lease ", n), strings.Repeat("x", 100_000), tx.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	limit(1) // SQLite takes the present size instead: nothing more fits.
	f := fault.From(fill())
	if f == nil || f.Kind != fault.Unavailable || f.RetryAfter < time.Second {
		t.Fatalf("a full disk is %+v", f)
	}
	count := func() (n int) {
		if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			n, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM leases")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("%d rows of a transaction that failed are there", n)
	}
	limit(1_000_000)
	if err := fill(); err != nil || count() != 20 {
		t.Errorf("when there is room again: %v", err)
	}
}
