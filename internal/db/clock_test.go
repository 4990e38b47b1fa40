package db

import (
	"testing"
	"time"
)

func TestTheOffsetOfTheClockMovesOnlyWhenItMust(t *testing.T) {
	const ms = time.Millisecond
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	// seen is a look that took so long, at a clock that was so far ahead at its end.
	seen := func(took, ahead time.Duration) clockLook {
		return clockLook{before: noon, theirs: noon.Add(took + ahead), after: noon.Add(took)}
	}
	for _, c := range []struct {
		name         string
		offset, want time.Duration
		looks        []clockLook
	}{
		{"the same clock over a slow wire", 0, 0, []clockLook{seen(300*ms, -100*ms), seen(100*ms, -90*ms)}},
		{"another clock", 0, 1001 * ms, []clockLook{seen(2*ms, 1000*ms)}},
		{"the quickest look tells most", 0, 1001 * ms, []clockLook{seen(300*ms, 900*ms), seen(2*ms, 1000*ms), seen(50*ms, 960*ms)}},
		{"what is known is not made worse", 1001 * ms, 1001 * ms, []clockLook{seen(300*ms, 900*ms)}},
		{"a clock that was set back", 1001 * ms, -3599 * time.Second, []clockLook{seen(2*ms, 1000*ms), seen(2*time.Second, -3600*time.Second)}},
	} {
		if got := reconcile(c.offset, c.looks); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
