package worlds_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// plan is a world before it begins: its policies and what will happen.
type plan struct {
	policies []draft
	moves    []move
	tail     time.Duration // how long the night goes on afterwards
}

// draft is a policy as it is saved.
type draft struct {
	name       string
	priority   int
	exclusive  bool
	severities []string // the condition; none matches everything
	steps      []stepDraft
	repeat     *repeatDraft // nil is the organisation's
}

type stepDraft struct {
	minutes float64
	targets []string
}

type repeatDraft struct{ times, every int }

// move is one thing that happens after a while. What the numbers choose among is known only then, so they are taken modulo.
type move struct {
	after time.Duration
	kind  string
	which int // the incident, alert or policy
	who   int
	what  int // the severity, service or way
	long  time.Duration
}

const (
	fires       = "fires"
	recovers    = "recovers"
	flaps       = "flaps"
	acknowledge = "acknowledge"
	takeBack    = "take back"
	resolve     = "resolve"
	reopen      = "reopen"
	snooze      = "snooze"
	escalate    = "escalate"
	assign      = "assign"
	raise       = "raise"
	edit        = "edit"
	deactivate  = "deactivate"
	remove      = "delete"
	goesDown    = "goes down"
	comesBack   = "comes back"
	crash       = "crash"
)

// kinds are what may happen, the frequent ones more than once.
var kinds = []string{
	fires, fires, fires, recovers, recovers, flaps, acknowledge, acknowledge, takeBack, resolve, reopen, snooze, snooze, escalate, escalate, assign, raise,
	edit, deactivate, remove, goesDown, comesBack, crash,
}

// pauses lie on the grid of the policies' delays, so that what people do often falls on the very instant of a step.
var pauses = []time.Duration{
	0, time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
	31 * time.Minute, 61 * time.Minute,
}

var severities = []string{"critical", "high", "medium", "low", "info"}

// targets are whom the policies name; the reporter is nobody, for all incidents come from senders.
var targets = []string{"oncall_engineer", "team_lead", "manager", "ann@example.org", "ben@example.org", "cat@example.org", "reporter"}

var drawDraft = rapid.Custom(func(t *rapid.T) draft {
	d := draft{
		priority: rapid.IntRange(0, 2).Draw(t, "priority"), exclusive: rapid.IntRange(0, 3).Draw(t, "exclusive") == 3,
	}
	if named := rapid.SliceOfNDistinct(rapid.SampledFrom(severities), 0, 3, rapid.ID).Draw(t, "severities"); len(named) > 0 {
		d.severities = named
	}
	var minutes float64
	for n := range rapid.IntRange(1, 3).Draw(t, "steps") {
		if gap := rapid.SampledFrom([]float64{0, 0.5, 1, 2, 5, 10}).Draw(t, "gap"); n > 0 || gap < 2 {
			minutes += gap
		}
		d.steps = append(d.steps, stepDraft{minutes, rapid.SliceOfNDistinct(rapid.SampledFrom(targets), 1, 2, rapid.ID).Draw(t, "targets")})
	}
	if rapid.Bool().Draw(t, "repeats") {
		d.repeat = &repeatDraft{rapid.IntRange(0, 2).Draw(t, "times"), rapid.SampledFrom([]int{1, 2, 5, 10}).Draw(t, "every")}
	}
	return d
})

var drawMove = rapid.Custom(func(t *rapid.T) move {
	return move{
		after: rapid.SampledFrom(pauses).Draw(t, "after"), kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
		which: rapid.IntRange(0, 2).Draw(t, "which"), who: rapid.IntRange(0, 4).Draw(t, "who"), what: rapid.IntRange(0, 9).Draw(t, "what"),
		long: rapid.SampledFrom([]time.Duration{0, 10 * time.Second, 3 * time.Minute, time.Hour}).Draw(t, "long"),
	}
})

var drawPlan = rapid.Custom(func(t *rapid.T) plan {
	p := plan{
		policies: rapid.SliceOfN(drawDraft, 0, 3).Draw(t, "policies"), moves: rapid.SliceOfN(drawMove, 1, 10).Draw(t, "moves"),
		tail: rapid.SampledFrom([]time.Duration{3 * time.Minute, 20 * time.Minute, 70 * time.Minute, 130 * time.Minute}).Draw(t, "tail"),
	}
	p.moves[0].kind = fires
	return p
})

// GoString is short, for the diary tells it better.
func (p plan) GoString() string {
	return fmt.Sprintf("%d policies, %d moves", len(p.policies), len(p.moves))
}

// body is the policy as the API takes it.
func (d draft) body() map[string]any {
	var steps []any
	for _, s := range d.steps {
		action := map[string]any{"type": "notify", "recipients": s.targets}
		steps = append(steps, map[string]any{"delay_minutes": s.minutes, "actions": []any{action}})
	}
	conditions := map[string]any{}
	if len(d.severities) > 0 {
		conditions["severity"] = d.severities
	}
	body := map[string]any{
		"name": d.name, "priority": d.priority, "exclusive": d.exclusive, "conditions": conditions, "steps": steps, "ack_timeout_minutes": 0,
	}
	if d.repeat != nil {
		body["repeat"] = map[string]any{"times": d.repeat.times, "every_minutes": d.repeat.every}
	}
	return body
}

func (d draft) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "policy %s (priority %d", d.name, d.priority)
	if d.exclusive {
		text.WriteString(", exclusive")
	}
	text.WriteString(") for ")
	if len(d.severities) == 0 {
		text.WriteString("everything")
	}
	text.WriteString(strings.Join(slices.Sorted(slices.Values(d.severities)), ", "))
	for _, s := range d.steps {
		fmt.Fprintf(&text, "; after %v min %s", s.minutes, strings.Join(s.targets, " and "))
	}
	if d.repeat != nil {
		fmt.Fprintf(&text, "; again %d times every %d min", d.repeat.times, d.repeat.every)
	}
	return text.String()
}
