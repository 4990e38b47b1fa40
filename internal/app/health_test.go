package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
)

func TestWhatEachPartSays(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	lasting := watch.Finding{Org: 7, Check: watch.Checks()[2], Count: 3, Since: now.Add(-3 * time.Minute)}
	passing := watch.Finding{Org: 7, Check: watch.Checks()[0], Count: 3, Since: now}
	for name, c := range map[string]struct {
		got            component
		status, detail string
	}{
		"a clock that is right":         {checkClock(-9*time.Second, false), statusOK, ""},
		"a clock that is off":           {checkClock(-11*time.Second, true), statusFailed, "off by -11s, so it leaves the work to others"},
		"the clock of the only node":    {checkClock(11*time.Second, false), statusWarning, "No other node"},
		"loops that keep up":            {checkLoops([]watch.LoopReport{{Name: "steps", Behind: time.Second, Stuck: time.Second}}), statusOK, ""},
		"a loop that lags":              {checkLoops([]watch.LoopReport{{Name: "steps", Behind: 31 * time.Second}}), statusWarning, "do not keep up: steps, by 31s."},
		"a loop that does not return":   {checkLoops([]watch.LoopReport{{Name: "steps", Behind: 61 * time.Second, Stuck: 61 * time.Second}}), statusFailed, "do not come back: steps, for 1m1s."},
		"providers that work":           {checkProviders([]watch.Breaker{{Channel: "email", Standing: notify.BreakerClosed, Failures: 2}}), statusOK, ""},
		"an auditor that finds nothing": {checkAuditor(watch.Picture{At: now}, now), statusOK, ""},
		"an auditor that has not begun": {checkAuditor(watch.Picture{}, now), statusWarning, "not looked"},
		"what passes":                   {checkAuditor(watch.Picture{At: now, Findings: []watch.Finding{passing}}, now), statusOK, ""},
		"what lasts":                    {checkAuditor(watch.Picture{At: now, Findings: []watch.Finding{passing, lasting}}, now), statusWarning, "Found: pages_overdue (3)."},
		"providers that fail": {checkProviders([]watch.Breaker{
			{Channel: "webhook", Provider: "secret.example", Standing: notify.BreakerOpen},
			{Channel: "webhook", Provider: "other.example", Standing: notify.BreakerHalfOpen},
			{Channel: "email", Standing: notify.BreakerOpen},
		}), statusWarning, "again and again: email (1), webhook (2)."},
	} {
		if c.got.Status != c.status || !strings.Contains(c.got.Detail, c.detail) || (c.detail == "") != (c.got.Detail == "") {
			t.Errorf("%s: %+v, want %s with %q", name, c.got, c.status, c.detail)
		}
	}
}

func TestOnlyWhatHasFailedMakesANodeUnhealthyAndALoopSendsNobodyAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		checks := map[string]component{"database": {Status: statusOK}, "providers": {Status: statusWarning, Detail: "email (1)"}}
		p := &prober{
			clock: clock.System, logger: slog.New(slog.DiscardHandler),
			examine: func(context.Context) map[string]component { return checks },
		}
		p.look(t.Context())
		if code, body := ask(t, p.serveHealth); code != http.StatusOK || !strings.Contains(body, `"status":"ok","version"`) || !strings.Contains(body, "email (1)") {
			t.Errorf("with a warning: %d %s", code, body)
		}
		checks = map[string]component{"database": {Status: statusOK}, "loops": {Status: statusFailed, Detail: "steps"}}
		p.look(t.Context())
		if code, body := ask(t, p.serveHealth); code != http.StatusServiceUnavailable || !strings.Contains(body, "steps") {
			t.Errorf("with a loop that stands still: %d %s", code, body)
		}
		if code, body := ask(t, p.serveReady); code != http.StatusOK || strings.Contains(body, "steps") {
			t.Errorf("requests are answered, and yet it is not ready: %d %s", code, body)
		}
	})
}

func TestANodeWhoseClockIsOffLeavesTheWorkToOthersIfThereAreAny(t *testing.T) {
	passes := 0
	a := &App{}
	offset := time.Duration(0)
	a.offset = func() time.Duration { return offset }
	pass := a.inTime(func(context.Context) (time.Time, bool, error) { passes++; return time.Time{}, false, nil })
	works := func(when string, want bool) {
		t.Helper()
		before := passes
		if _, _, err := pass(t.Context()); err != nil || (passes > before) != want {
			t.Errorf("%s it works: %v (%v), want %v", when, passes > before, err, want)
		}
	}
	a.pulse.set(true, nil)
	works("in time", true)
	offset = -11 * time.Second
	works("with a clock that is off", false)
	a.pulse.set(false, nil)
	works("when nobody else is there", true)
}
