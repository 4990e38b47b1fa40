package db_test

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

// A plan made for any value at all counts a few open incidents by reading a million resolved ones.
func TestPostgresPlansEachReadForItsValues(t *testing.T) {
	d, _ := dbtest.Postgres(t)
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		mode, _, err := db.One(tx, db.Value[string], "SELECT current_setting('plan_cache_mode')")
		if mode != "force_custom_plan" {
			t.Errorf("plans are made %q", mode)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMemberOfJSONIsFoundByAnyName(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		names := map[string]string{"plain": "1", "$.path": "2", `quo"te`: "3", "[0]": "4", "a.b": "5", "<": "6", "": "7"}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE organizations SET settings = ?", db.JSON(names)); err != nil {
				return err
			}
			for name, want := range names {
				got, _, err := db.One(tx, db.Value[*string], "SELECT "+tx.Member("settings")+" FROM organizations", name)
				if err != nil {
					return err
				}
				if got == nil || *got != want {
					t.Errorf("%q is %v, want %s", name, got, want)
				}
			}
			missing, _, err := db.One(tx, db.Value[*string], "SELECT "+tx.Member("settings")+" FROM organizations", "path")
			if missing != nil {
				t.Errorf("a member that is not there is %q", *missing)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
