package db_test

import (
	"fmt"
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestTablesThatHaveFilledUpAreKnownToThePlanner(t *testing.T) {
	d, _ := dbtest.Postgres(t)
	known := func() (n int) {
		t.Helper()
		must(t, d.Read(t.Context(), func(tx *db.Tx) (err error) {
			n, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM pg_stats WHERE tablename = ?", "organizations")
			return err
		}))
		return n
	}
	must(t, d.Statistics(t.Context()))
	if known() != 0 {
		t.Fatal("a table with one row has been looked at")
	}
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		ids, err := tx.NextIDs("organizations", 200)
		if err != nil {
			return err
		}
		rows := make([][]any, len(ids))
		for i, id := range ids {
			name := fmt.Sprintf("org-%d", id)
			rows[i] = []any{id, name, name, db.JSON(map[string]any{}), tx.Now()}
		}
		if err := tx.Insert("organizations", []string{"id", "name", "slug", "settings", "created_at"}, rows, ""); err != nil {
			return err
		}
		_, err = tx.Exec("SELECT pg_stat_force_next_flush()") // Else the counters follow within a second.
		return err
	}))
	must(t, d.Statistics(t.Context()))
	if known() == 0 {
		t.Error("the planner knows nothing of a table with 200 rows")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatisticsAreLeftToSQLite(t *testing.T) {
	d, _ := dbtest.SQLite(t)
	must(t, d.Statistics(t.Context()))
}
