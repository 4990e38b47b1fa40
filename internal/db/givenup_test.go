package db_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestWhatIsGivenUpAtAnyMomentHindersNothingElse(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		tries := 3000
		if d.Postgres() {
			tries = 300 // Each costs it a connection.
		}
		look := func(tx *db.Tx) error {
			_, _, err := db.One(tx, db.Value[int64], "SELECT COUNT(*) FROM settings")
			return err
		}
		for i := range tries {
			ctx, cancel := context.WithTimeout(t.Context(), rand.N(300*time.Microsecond))
			_ = d.Write(ctx, func(tx *db.Tx) error { return setSetting(tx, "given up", i) })
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), rand.N(300*time.Microsecond))
			_ = d.Read(ctx, look)
			cancel()
			if i%10 != 0 {
				continue
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return setSetting(tx, "meant", i) }); err != nil {
				t.Fatalf("a write after %d tries: %v", i, err)
			}
			if err := d.Read(t.Context(), look); err != nil {
				t.Fatalf("a read after %d tries: %v", i, err)
			}
		}
	})
}
