package dbtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
)

// Org is the organisation that every migrated database has.
const Org = int64(1)

// Start is where the clock of every test stands at first: a Monday morning.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// OnSQLite reports whether tests that are told on both databases run on SQLite too. They do, but for the short run under the
// race detector: it slows the pure-Go SQLite some thirty times, and finds in a room's code what it finds there on
// PostgreSQL. The database layer itself is raced on both; see Both.
func OnSQLite() bool { return !raced || !testing.Short() }

// Each runs test once on SQLite and once on PostgreSQL, each freshly migrated, with a clock that stands at Start.
func Each(t *testing.T, test func(t *testing.T, d *db.DB, clk *clock.Fake)) {
	t.Helper()
	if OnSQLite() {
		Both(t, test)
		return
	}
	onPostgres(t, test)
}

// Both is Each under all circumstances.
func Both(t *testing.T, test func(t *testing.T, d *db.DB, clk *clock.Fake)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		d, clk := SQLite(t)
		test(t, d, clk)
	})
	onPostgres(t, test)
}

func onPostgres(t *testing.T, test func(t *testing.T, d *db.DB, clk *clock.Fake)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		d, clk := Postgres(t)
		test(t, d, clk)
	})
}

// SQLite opens a fresh database file that goes away with the test.
func SQLite(t testing.TB) (*db.DB, *clock.Fake) {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
}

// Postgres opens a fresh database on a throw-away cluster, copied from one that was migrated once.
func Postgres(t testing.TB) (*db.DB, *clock.Fake) {
	t.Helper()
	return open(t, PostgresURL(t))
}

// PostgresURL is the address of a fresh, migrated database, for what opens its databases itself.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return pgcluster.Template(t, "tocsin-"+db.SchemaFingerprint(), func(url string) error {
		d, err := db.Open(context.Background(), db.Options{URL: url, Clock: clock.NewFake(Start)})
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		return d.Migrate(context.Background())
	})
}

func open(t testing.TB, url string) (*db.DB, *clock.Fake) {
	t.Helper()
	clk := clock.NewFake(Start)
	d, err := db.Open(context.Background(), db.Options{URL: url, Clock: clk, MaxConns: 8})
	if err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate %s: %v", url, err)
	}
	return d, clk
}

// Organization adds an organisation beside the one that every database has, for tests of what one must not see of another.
func Organization(t testing.TB, d *db.DB, slug string) (id int64) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
		if id, err = tx.NextID("organizations"); err != nil {
			return err
		}
		columns := []string{"id", "name", "slug", "settings", "created_at"}
		return tx.Insert("organizations", columns, [][]any{{id, slug, slug, db.JSON(map[string]any{}), tx.Now()}}, "")
	})
	if err != nil {
		t.Fatalf("add the organisation %s: %v", slug, err)
	}
	return id
}
