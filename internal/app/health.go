package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/watch"
)

// What a part of the server can be. One that has failed makes the node unhealthy; a warning is for people, for another node would
// fare no better: a provider that is down takes nobody out of service.
const (
	statusOK      = "ok"
	statusWarning = "warning"
	statusFailed  = "failed"
)

// inside looks at what the node knows without asking anybody.
func (a *App) inside() map[string]component {
	now := a.db.Now()
	checks := map[string]component{
		"clock":     checkClock(a.offset(), a.aside()),
		"loops":     checkLoops(watch.Loops(a.loops)),
		"providers": checkProviders(a.watch.Breakers()),
	}
	if !a.host.Unwatched {
		checks["auditor"] = checkAuditor(a.watch.Picture(), now)
	}
	if a.heartbeat != nil {
		checks["heartbeat"] = a.heartbeat.check()
	}
	return checks
}

// checkClock looks at how far the node's clock is off, and whether it leaves the work to others for that.
func checkClock(offset time.Duration, aside bool) component {
	switch {
	case offset.Abs() <= watch.ClockTolerance:
		return component{Status: statusOK}
	case aside:
		return component{Status: statusFailed, Detail: fmt.Sprintf("This node's clock is off by %s, so it leaves the work to others.", offset)}
	}
	return component{Status: statusWarning, Detail: fmt.Sprintf(
		"This node's clock is off by %s. No other node is there to take its work, so it goes by the database's clock.", offset)}
}

// checkLoops looks whether each loop comes back, and keeps up.
func checkLoops(loops []watch.LoopReport) component {
	var stuck, lags []string
	for _, l := range loops {
		switch {
		case l.StandsStill():
			stuck = append(stuck, fmt.Sprintf("%s, for %s", l.Name, l.Stuck.Round(time.Second)))
		case !l.KeepsUp():
			lags = append(lags, fmt.Sprintf("%s, by %s", l.Name, l.Behind.Round(time.Second)))
		}
	}
	switch {
	case len(stuck) > 0:
		return component{Status: statusFailed, Detail: "Loops that do not come back: " + strings.Join(stuck, "; ") + "."}
	case len(lags) > 0:
		return component{Status: statusWarning, Detail: "Loops that do not keep up: " + strings.Join(lags, "; ") + "."}
	}
	return component{Status: statusOK}
}

// checkProviders tells of breakers by channel only: the names of providers may be parts of people's addresses.
func checkProviders(breakers []watch.Breaker) component {
	open := map[string]int{}
	for _, b := range breakers {
		if b.Withheld() {
			open[b.Channel]++
		}
	}
	if len(open) == 0 {
		return component{Status: statusOK}
	}
	var words []string
	for _, channel := range slices.Sorted(maps.Keys(open)) {
		words = append(words, fmt.Sprintf("%s (%d)", channel, open[channel]))
	}
	return component{Status: statusWarning, Detail: "Providers that fail again and again: " + strings.Join(words, ", ") + "."}
}

// checkAuditor tells of what lasts by its kind only: in which organisation is not for everybody.
func checkAuditor(p watch.Picture, now time.Time) component {
	if !p.Fresh(now) {
		return component{Status: statusWarning, Detail: "The auditor has not looked lately."}
	}
	var words []string
	for _, check := range watch.Checks() {
		if slices.ContainsFunc(p.Lasting(), func(f watch.Finding) bool { return f.Check.Kind == check.Kind }) {
			words = append(words, fmt.Sprintf("%s (%d)", check.Kind, p.Count(check.Kind)))
		}
	}
	if len(words) == 0 {
		return component{Status: statusOK}
	}
	return component{Status: statusWarning, Detail: "Found: " + strings.Join(words, ", ") + "."}
}
