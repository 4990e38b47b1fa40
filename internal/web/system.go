package web

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const systemPath = "/system"

func (s *site) routeSystem() {
	s.routes.HandleFunc("GET "+systemPath, s.person(s.system))
}

func (s *site) system(v *visit) error {
	sys, err := s.Watch.System(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := view.System{
		Shell: v.shell("System", systemPath), URL: systemPath, Version: sys.Version, Database: databaseWords[sys.Database],
		Checks: checksOf(sys),
	}
	if !sys.Audited.IsZero() {
		p.Audited = &sys.Audited
	}
	for _, n := range sys.Nodes {
		p.Nodes = append(p.Nodes, nodeModel(n, sys.At))
		if !n.Gone(sys.At) {
			p.Breakers = append(p.Breakers, breakersOf(n)...)
		}
	}
	for _, q := range sys.Queues {
		p.Queues = append(p.Queues, view.Queue{Word: queueWords[q.Name], Waiting: capped(q.Waiting), Due: capped(q.Due), Oldest: q.Oldest})
	}
	return v.show(view.SystemPage(p))
}

var (
	databaseWords = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}
	queueWords    = map[string]string{"steps": "Escalation steps", "notifications": "Messages"}
)

// capped writes a count of the auditor's, which stops at a bound.
func capped(n int) string { return view.Capped(n, n >= watch.MaxCount) }

func nodeModel(n watch.Node, now time.Time) view.Node {
	m := view.Node{
		Name: n.Name, Version: n.Version, Started: n.StartedAt, Seen: n.SeenAt, Gone: n.Gone(now),
		Lag: lagWords(n.Lag), Clock: clockWords(n.ClockOffset), Look: view.Look{Icon: "circle-check", Word: "Lives", Tone: "good"},
	}
	var late []string
	still := false
	for _, l := range n.Loops {
		if !l.KeepsUp() {
			late = append(late, l.Name+" "+lagWords(max(l.Behind, l.Stuck)))
		}
		still = still || l.StandsStill()
	}
	if len(late) > 0 {
		m.Loops = "Late: " + strings.Join(late, ", ")
	}
	switch {
	case m.Gone:
		m.Look = view.Look{Icon: "wifi-off", Word: "Gone", Tone: "plain"}
	case still:
		m.Look = view.Look{Icon: "circle-x", Word: "Stands still", Tone: "critical"}
	case n.ClockOffset.Abs() > watch.ClockTolerance:
		m.Look = view.Look{Icon: "alarm-clock", Word: "Clock is off", Tone: "medium"}
	case len(late) > 0:
		m.Look = view.Look{Icon: "hourglass", Word: "Lags", Tone: "medium"}
	}
	return m
}

func lagWords(d time.Duration) string {
	if d < time.Second {
		return "none"
	}
	return d.Round(time.Second).String()
}

// clockWords say how a node's clock goes, beside that of the database.
func clockWords(offset time.Duration) string {
	d := offset.Abs().Round(time.Millisecond)
	switch {
	case d == 0:
		return "right"
	case offset > 0:
		return d.String() + " slow"
	}
	return d.String() + " fast"
}

// checksOf are all that must be zero, with what was found.
func checksOf(sys watch.System) []view.Check {
	var list []view.Check
	for _, check := range watch.Checks() {
		c := view.Check{Word: check.Title, Count: "None", Look: view.Look{Icon: "check", Tone: "good"}}
		for _, f := range sys.Findings {
			if f.Check.Kind != check.Kind {
				continue
			}
			c.Count, c.Since, c.Advice, c.Incidents, c.Channels = capped(f.Count), &f.Since, check.Advice, f.Incidents, f.Channels
			c.Look = view.Look{Icon: "triangle-alert", Tone: "medium"}
			if f.Lasts(sys.Audited) {
				c.Look = view.Look{Icon: "octagon-alert", Tone: "critical"}
			}
		}
		list = append(list, c)
	}
	return list
}

var breakerLooks = map[notify.BreakerStanding]view.Look{
	notify.BreakerClosed:   {Icon: "triangle-alert", Word: "Failing", Tone: "medium"},
	notify.BreakerOpen:     {Icon: "circle-x", Word: "Given nothing", Tone: "critical"},
	notify.BreakerHalfOpen: {Icon: "hourglass", Word: "Being tried", Tone: "medium"},
}

func breakersOf(n watch.Node) []view.Breaker {
	var list []view.Breaker
	for _, b := range n.Breakers {
		m := view.Breaker{Channel: b.Channel, Provider: b.Provider, Node: n.Name, Look: breakerLooks[b.Standing], Failures: b.Failures}
		if !b.Until.IsZero() {
			m.Until = &b.Until
		}
		list = append(list, m)
	}
	return list
}
