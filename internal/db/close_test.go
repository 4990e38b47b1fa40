package db_test

import (
	"context"
	"testing"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Close runs beside whatever else is going on: work under way must end, and nothing may hang or begin.
func TestStoreClosesUnderWork(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		inside, closing := make(chan struct{}), make(chan struct{})
		outcomes := make(chan error, 2)
		write := func(began chan struct{}) {
			outcomes <- d.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
				if began != nil {
					close(began)
					<-closing
				}
				_, err := tx.Exec("UPDATE schema_info SET version = version WHERE id = 1")
				return err
			})
		}
		go write(inside)
		<-inside
		go write(nil)
		done := make(chan struct{})
		go func() {
			_ = d.Close()
			close(done)
		}()
		close(closing)
		<-done
		// How a write that meets the end of its database ends is told elsewhere; here it has to end.
		first, second := <-outcomes, <-outcomes
		t.Logf("the writes ended with %v and %v", first, second)
		if err := d.Close(); err != nil {
			t.Errorf("a second Close: %v", err)
		}
		if err := d.Write(t.Context(), func(*db.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) && fault.KindOf(err) != fault.Internal {
			t.Errorf("a Write after Close: %v", err)
		}
	})
}
