package dbtest

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
)

// Spoils returns what writes past all rooms, so that the database holds what this program cannot read, as after a newer one wrote it.
func Spoils(t testing.TB, d *db.DB) func(query string, args ...any) {
	return func(query string, args ...any) {
		t.Helper()
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(query, args...)
			if err == nil && n == 0 {
				t.Error("nothing was spoilt")
			}
			return err
		})
		if err != nil {
			t.Fatalf("spoil: %v", err)
		}
	}
}
