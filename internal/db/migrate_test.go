package db_test

import (
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// columns lists "table.column null?" and "index on columns" of a schema, but for the tables that only one engine needs.
func columns(t *testing.T, d *db.DB) []string {
	t.Helper()
	query := `SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT 'index ' || name || CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
		FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	if d.Postgres() {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT 'index ' || indexname || CASE WHEN indexdef LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
			FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_pkey'`
	}
	var list []string
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		list, err = db.List(tx, db.Value[string], query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := list[:0]
	for _, entry := range list {
		if !strings.Contains(entry, "goose") && !strings.HasPrefix(entry, "sequences.") && !strings.HasPrefix(entry, "sqlite_") {
			kept = append(kept, entry)
		}
	}
	sort.Strings(kept)
	return kept
}

func TestBothSchemasAreTheSame(t *testing.T) {
	lite, _ := dbtest.SQLite(t)
	pg, _ := dbtest.Postgres(t)
	left, right := columns(t, lite), columns(t, pg)
	if len(left) < 100 {
		t.Fatalf("only %d entries were read from the schema", len(left))
	}
	if diff := cmp.Diff(left, right); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+) differ:\n%s", diff)
	}
}

func TestMigratingAgainAndAtOnceChangesNothing(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		before := columns(t, d)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if err := d.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff(before, columns(t, d)); diff != "" {
			t.Error(diff)
		}
		if n := count(t, d, "organizations"); n != 1 {
			t.Errorf("%d organisations, want 1", n)
		}
		if pending, err := d.Pending(t.Context()); err != nil || pending {
			t.Errorf("pending %v, %v", pending, err)
		}
	})
}

func TestAProgramTooOldForTheSchemaIsRefused(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE schema_info SET min_version = 9999 WHERE id = 1")
			return err
		})
		if err := d.Migrate(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("migrating a schema from the future answered %v", err)
		}
	})
}

func TestOpeningSaysWhatIsWrong(t *testing.T) {
	for url, kind := range map[string]fault.Kind{
		"":                                    fault.Invalid,
		"mysql://localhost/x":                 fault.Invalid,
		"sqlite:":                             fault.Invalid,
		"sqlite:/no/such/directory/tocsin.db": fault.Unavailable,
		"postgres://127.0.0.1:1/tocsin":       fault.Unavailable,
		"postgres://nobody@127.0.0.1:notaport/foo": fault.Invalid,
	} {
		_, err := db.Open(t.Context(), db.Options{URL: url})
		if !fault.Is(err, kind) {
			t.Errorf("opening %q answered %v, want %v", url, err, kind)
		}
	}
}
