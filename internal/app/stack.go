package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// stack is what must be undone when the process stops, or when it cannot start: named steps, undone last first, each within
// its bound, so that one that hangs keeps no other from its turn.
type stack struct {
	logger *slog.Logger
	steps  []undo
}

type undo struct {
	name  string
	bound time.Duration
	fn    func(ctx context.Context) error
}

// push notes how to undo what has just been done.
func (s *stack) push(name string, bound time.Duration, fn func(ctx context.Context) error) {
	s.steps = append(s.steps, undo{name, bound, fn})
}

// unwind undoes everything, last first, and joins what went wrong. A second call does nothing.
func (s *stack) unwind(ctx context.Context) error {
	steps := s.steps
	s.steps = nil
	var errs []error
	for _, step := range slices.Backward(steps) {
		if err := step.run(ctx); err != nil {
			s.logger.WarnContext(ctx, "a part did not stop cleanly", "part", step.name, "error", err)
			errs = append(errs, fmt.Errorf("stop %s: %w", step.name, err))
		}
	}
	return errors.Join(errs...)
}

// run waits for the step until its bound and then leaves it behind: the process is about to end, and the steps below, such as
// the lock on the database file, still want their turn.
func (u undo) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, u.bound)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- u.fn(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("not within %s: %w", u.bound, ctx.Err())
	}
}
