package escalation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// course is an incident to which anything may happen.
type course struct {
	*house
	id    int64
	title string
}

// actions are what people, senders and time do to it. What is refused changes nothing.
func (c *course) actions(t *rapid.T) map[string]func() {
	severity := func() incident.Severity {
		return rapid.SampledFrom([]incident.Severity{
			incident.SeverityCritical, incident.SeverityHigh, incident.SeverityMedium, incident.SeverityInfo,
		}).Draw(t, "severity")
	}
	ctx := c.t.Context()
	return map[string]func(){
		"acknowledge": func() { _, _ = c.incidents.Acknowledge(ctx, c.as("Ann"), c.id) },
		"resolve":     func() { _, _ = c.incidents.Resolve(ctx, c.as("Ann"), c.id) },
		"reopen":      func() { _, _ = c.incidents.Reopen(ctx, c.as("Ann"), c.id) },
		"snooze": func() {
			_, _ = c.incidents.Snooze(ctx, c.as("Bob"), c.id, c.clk.Now().Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "sleep"))*time.Minute))
		},
		"unsnooze": func() { _, _ = c.incidents.Unsnooze(ctx, c.as("Ann"), c.id) },
		"escalate": func() { c.escalates("Ann", c.id) },
		"raise": func() {
			_, _ = c.incidents.Edit(ctx, c.as("Ann"), c.id, incident.Edit{Severity: new(severity())})
		},
		"reroute": func() {
			team := new(c.team(rapid.SampledFrom([]string{"Shop", "Bank", "Empty"}).Draw(t, "team")))
			_, _ = c.incidents.Edit(ctx, c.as("Ann"), c.id, incident.Edit{TeamID: &team})
		},
		"another alert": func() {
			key := fmt.Sprint(c.title, rapid.IntRange(1, 3).Draw(t, "key"))
			c.alert(c.title, severity(), func(r *incident.Report) { r.Key = key })
		},
		"providers":   func() { c.pager.down = !c.pager.down },
		"time":        func() { c.after(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute) },
		"a long time": func() { c.after(3 * time.Hour) },
	}
}

// mayWork reports whether an active run has something to do for the incident as it stands.
func (c *course) mayWork(run Run, inc incident.Incident) bool {
	if inc.Status == incident.StatusAcknowledged && !run.IsFallback() {
		steps := must[PolicyVersion](c.t)(c.Version(c.t.Context(), c.root, *run.PolicyID, run.Version)).Definition.Steps
		return run.NextStep < len(steps) && steps[run.NextStep].Until == UntilResolved
	}
	return inc.Status == incident.StatusOpen
}

// check holds the incident and its runs to what must always be true.
func (c *course) check(t *rapid.T, did string) {
	c.settle()
	inc := c.incident(c.id)
	pending := false
	for _, run := range c.runs(c.id) {
		if run.State == StateActive && (!c.mayWork(run, inc) || run.Episode != inc.Episode || run.NextAt == nil) {
			t.Fatalf("after %s: active on an incident that is %s in episode %d: %+v", did, inc.Status, inc.Episode, run)
		}
		if run.State == StatePaused && (inc.Status == incident.StatusOpen || inc.Status == incident.StatusResolved || run.NextAt != nil) {
			t.Fatalf("after %s: paused on an incident that is %s: %+v", did, inc.Status, run)
		}
		pending = pending || run.State == StateActive
	}
	if inc.Status == incident.StatusOpen && inc.Urgency() == incident.UrgencyHigh && !pending {
		t.Fatalf("after %s: an urgent incident is open and nobody will ever be paged for it again: %+v", did, c.runs(c.id))
	}
	if inc.Unescalated && inc.Status == incident.StatusAcknowledged {
		t.Fatalf("after %s: red although somebody has it", did)
	}
	for _, e := range c.events(c.id) {
		if (e.SettleAt != nil) != (e.Status == EventPending) || (e.CompletedAt == nil) != (e.Status == EventPending) {
			t.Fatalf("after %s: %+v", did, e)
		}
	}
	if len(c.pager.faults) > 0 {
		t.Fatalf("after %s: sent twice: %v", did, c.pager.faults)
	}
}

func TestWhateverHappensAnUrgentIncidentIsPagedForAndAHeldOneIsNot(t *testing.T) {
	d, clk := dbtest.SQLite(t)
	h := newHouse(t, d, clk)
	shop(h)
	h.person("Zoe", account.RoleOncallEngineer, "Bank")
	h.policy(`{"name": "All", "conditions": {"severity": ["critical", "high"]}, "steps": [{"delay_minutes": 1, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
		{"delay_minutes": 11, "actions": [{"type": "notify", "target": "team_lead"}]}]}`)
	h.policy(`{"name": "Bank's", "team_id": ` + text(h.team("Bank")) + `, "repeat": {"times": 0}, "steps": [
		{"actions": [{"type": "notify", "target": "oncall_engineer"}, {"type": "assign", "target": "oncall_engineer"}]},
		{"delay_minutes": 5, "actions": [{"type": "change_severity", "severity": "high"}]},
		{"delay_minutes": 45, "actions": [{"type": "notify", "target": "meg@example.com"}, {"type": "change_status", "status": "acknowledged"}]}]}`)
	h.liveThroughCourses(false)
}

// TestWhateverHappensWithHandOversAndStepsUntilItIsResolved is the same where policies hand over, wait, pick and go on until the
// incident is resolved, and acknowledgements run out. All of its people can be reached, so whoever asks for somebody gets somebody.
func TestWhateverHappensWithHandOversAndStepsUntilItIsResolved(t *testing.T) {
	d, clk := dbtest.SQLite(t)
	h := newHouse(t, d, clk)
	shop(h)
	h.holds(20)
	h.policy(`{"name": "End", "conditions": {"service": "none"}, "repeat": {"times": 1, "every_minutes": 7}, "steps": [
		{"delay_minutes": 3, "until": "resolved", "actions": [{"type": "notify", "target": "team:Shop", "pick": "round_robin"}]},
		{"delay_minutes": 9, "acknowledge": "all", "actions": [{"type": "notify", "recipients": ["team_lead", "meg@example.com"]}]}]}`)
	h.policy(`{"name": "Middle", "conditions": {"service": "none"}, "ack_timeout_minutes": 10, "steps": [
		{"actions": [{"type": "notify", "target": "bob@example.com"}, {"type": "policy", "policy": "End"}]}]}`)
	h.policy(`{"name": "First", "priority": 1, "repeat": {"times": 0}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
		{"delay_minutes": 8, "actions": [{"type": "policy", "policy": "Middle"}]}]}`)
	h.policy(`{"name": "Worst", "priority": 2, "conditions": {"severity": "critical"}, "steps": [
		{"delay_minutes": 2, "wait_until": {"from": "10:00", "to": "09:30", "timezone": "UTC"}, "actions": [{"type": "notify", "target": "meg@example.com"}]},
		{"delay_minutes": 30, "until": "resolved", "condition": {"alert_count": {"at_least": 2}}, "actions": [{"type": "policy", "policy": "End"}]}]}`)
	h.liveThroughCourses(true)
}

// liveThroughCourses has anything happen to incidents, one after another. everybody says that whoever escalates must reach somebody.
func (h *house) liveThroughCourses(everybody bool) {
	number := 0
	rapid.Check(h.t, func(t *rapid.T) {
		number++
		c := &course{house: h, title: fmt.Sprint("incident ", number)}
		c.id = h.alert(c.title, someSeverity.Draw(t, "severity"), ofTeam(h.team(rapid.SampledFrom([]string{"Shop", "Bank", "Empty"}).Draw(t, "team"))))
		c.check(t, "the alert")
		actions := c.actions(t)
		for range rapid.IntRange(1, 12).Draw(t, "actions") {
			what := rapid.SampledFrom([]string{
				"acknowledge", "resolve", "reopen", "snooze", "unsnooze", "escalate", "raise", "reroute", "another alert", "providers", "time", "time", "a long time",
			}).Draw(t, "action")
			before := h.incident(c.id)
			h.pager.since(&h.seen)
			actions[what]()
			c.check(t, what)
			pages := h.pager.since(&h.seen)
			if everybody && what == "escalate" && before.Status != incident.StatusResolved && !slices.ContainsFunc(pages, func(p recorded) bool {
				return p.IncidentID == c.id && p.WantedUntil == notify.WantedUntilOwnAcknowledgement
			}) {
				t.Fatalf("somebody was asked for, and nobody was paged: %+v", c.runs(c.id))
			}
			if after := h.incident(c.id); before.Status == incident.StatusAcknowledged && after.Status == before.Status && after.Episode == before.Episode {
				for _, page := range pages {
					if page.IncidentID == c.id && page.WantedUntil == notify.WantedUntilAcknowledged {
						t.Fatalf("%s pages for an incident that somebody has: %+v", what, page)
					}
				}
			}
		}
		h.pager.down = false
		_, _ = h.incidents.Resolve(h.t.Context(), h.root, c.id)
		c.check(t, "the end")
	})
}
