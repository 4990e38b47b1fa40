package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopUndoesLastFirstAndGoesOnAfterTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := stack{logger: slog.New(slog.DiscardHandler)}
		var undone []string
		note := func(name string, err error) func(context.Context) error {
			return func(context.Context) error {
				undone = append(undone, name)
				return err
			}
		}
		steps.push("lock", time.Second, note("lock", nil))
		steps.push("database", time.Second, note("database", errors.New("disk on fire")))
		hung := make(chan struct{})
		steps.push("loops", 3*time.Second, func(context.Context) error { <-hung; return nil })
		steps.push("server", time.Second, note("server", nil))
		start := time.Now()
		err := steps.unwind(t.Context())
		close(hung)
		if !slices.Equal(undone, []string{"server", "database", "lock"}) {
			t.Errorf("undone: %q", undone)
		}
		if err == nil || !strings.Contains(err.Error(), "disk on fire") || !strings.Contains(err.Error(), "stop loops: not within 3s") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %s", took)
		}
		if err := steps.unwind(t.Context()); err != nil {
			t.Errorf("a second stop: %v", err)
		}
	})
}
