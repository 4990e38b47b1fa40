package escalation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Warning is something about a policy that may be meant, but that nobody should find out at night.
type Warning struct {
	Location string // "steps[0].actions[1]"; "" for the policy as a whole
	Code     string
	Message  string
}

// String is the sentence with its place.
func (w Warning) String() string { return strings.TrimSpace(w.Location + " " + w.Message) }

// maxPaged is how many people a step may page at once before it is asked whether that is meant.
const maxPaged = 5

// lookback is how far back incidents are looked at.
const lookback = 30 * 24 * time.Hour

// surroundings are what a policy is looked at beside.
type surroundings struct {
	now      time.Time
	settings account.Settings
	others   []Policy            // all of the organisation, the policy itself among them or not
	recent   []incident.Incident // some of the last days
	services map[string]bool     // names known to the catalogue, in lower case
	teams    map[int64]bool      // those that are named and exist
	found    map[place]whom
}

// place is one action of one step.
type place struct{ step, action int }

// whom is who an action would page or assign now, as far as that can be said without an incident.
type whom struct {
	people  []Person
	nobody  []string // why a target is nobody
	without []string // names of people without a way to be reached
}

// lint says what is odd about a policy that could be saved. It is pure.
func lint(p Policy, s surroundings) []Warning {
	l := &linter{Policy: p, surroundings: s}
	if len(p.Steps) == 0 {
		l.warn("", "no_steps", "The policy has no steps: it pages nobody.")
	} else if !p.pages() && !p.handsOver() {
		l.warn("", "pages_nobody", "No step pages anybody.")
	}
	l.conditions("conditions", p.Conditions)
	l.neverMatched()
	ended := -1
	for i, step := range p.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		if ended >= 0 {
			l.warn(at, "after_hand_over", "comes after step %d hands the incident over: it is taken only when nobody could take it.", ended+1)
		}
		l.step(at, i, step)
		if ended < 0 && slices.ContainsFunc(step.Actions, func(a Action) bool { return a.Type == ActionPolicy }) {
			ended = i
		}
	}
	l.lastStep()
	return l.warnings
}

type linter struct {
	Policy
	surroundings
	warnings []Warning
}

func (l *linter) warn(at, code, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{at, code, fmt.Sprintf(format, args...)})
}

func (l *linter) step(at string, i int, step Step) {
	if step.Condition != nil {
		l.conditions(at+".condition", step.Condition.Conditions)
	}
	if !step.pages() {
		if step.Acknowledge != "" {
			l.warn(at+".acknowledge", "no_effect", "has no effect: the step pages nobody.")
		}
		if step.WaitUntil != nil && step.WaitUntil.OnCall {
			l.warn(at+".wait_until", "no_effect", "has no effect: the step pages nobody.")
		}
	}
	paged := map[int64]bool{}
	for n, action := range step.Actions {
		where := fmt.Sprintf("%s.actions[%d]", at, n)
		l.action(where, action)
		found := l.found[place{i, n}]
		for _, why := range found.nobody {
			l.warn(where, "may_reach_nobody", "may reach nobody: %s.", why)
		}
		for _, name := range found.without {
			l.warn(where, "no_way", "would find %s, who has no way to be reached.", name)
		}
		if action.Type == ActionNotify {
			for k, person := range found.people {
				if k == 0 || action.Pick == "" {
					paged[person.User.ID] = true
				}
			}
		}
	}
	if len(paged) > maxPaged {
		l.warn(at, "many_people", "would page %d people at once now.", len(paged))
	}
}

// counting are the fields that each type of action looks at.
var counting = map[string][]string{
	ActionNotify:         {"target", "recipients", "target_roles", "channels", "message", "urgency", "pick"},
	ActionAssign:         {"target", "recipients", "target_roles"},
	ActionChangeStatus:   {"status"},
	ActionChangeSeverity: {"severity"},
	ActionWebhook:        {"url", "headers", "body", "message"},
	ActionChannel:        {"kind", "destination", "message"},
	ActionPolicy:         {"policy"},
	ActionInstructions:   {"text"},
}

// ActionFields are the fields that an action of the type looks at, as they are called in a document.
func ActionFields(kind string) []string { return slices.Clone(counting[kind]) }

func (l *linter) action(where string, a Action) {
	for _, field := range slices.Sorted(maps.Keys(a.set())) {
		if !slices.Contains(counting[a.Type], field) {
			l.warn(where+"."+field, "no_effect", "has no effect in an action %s.", a.Type)
		}
	}
	if a.Type != ActionPolicy {
		return
	}
	switch other := named(l.others, a.Policy); {
	case other == nil:
	case !other.IsActive:
		l.warn(where, "hand_over_inactive", "hands over to policy %q, which is not active: the steps go on instead.", other.Name)
	case len(other.Steps) == 0:
		l.warn(where, "hand_over_empty", "hands over to policy %q, which has no steps: the steps go on instead.", other.Name)
	case !other.pages() && !other.handsOver():
		l.warn(where, "hand_over_silent", "hands over to policy %q, which pages nobody.", other.Name)
	}
}

// lastStep warns of a policy whose end nobody answers for.
func (l *linter) lastStep() {
	repeat := l.settings.HighUrgencyRepeat().Times
	if l.Repeat != nil {
		repeat = l.Repeat.Times
	}
	if repeat == 0 && len(l.settings.FallbackContacts) == 0 && l.pages() {
		l.warn(fmt.Sprintf("steps[%d]", len(l.Steps)-1), "no_fallback", "is the last, for the steps are not repeated, and the organisation has no "+
			"fallback contacts: if nobody answers, the administrators are paged.")
	}
}

func (l *linter) conditions(at string, c Conditions) {
	for _, name := range c.Service {
		if !l.services[strings.ToLower(name)] && !l.seen(func(i incident.Incident) bool { return strings.EqualFold(i.Service, name) }) {
			l.warn(at+".service", "unknown_service", "names %q, which is in no catalogue and no recent incident.", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		if len(l.recent) > 0 && !l.seen(func(i incident.Incident) bool { _, has := i.Labels[name]; return has }) {
			l.warn(at+".labels."+name, "unknown_label", "no recent incident has a label of that name.")
		}
	}
	for _, id := range c.TeamID {
		if !l.teams[id] {
			l.warn(at+".team_id", "unknown_team", "there is no team %d.", id)
		} else if l.TeamID != nil && *l.TeamID != id {
			l.warn(at+".team_id", "other_team", "the policy looks only at incidents of its own team, not of team %d.", id)
		}
	}
	if c.Expression != "" {
		bare := incident.Incident{Title: "x", Severity: incident.SeverityHigh, Status: incident.StatusOpen, Episode: 1, AlertCount: 1, CreatedAt: l.now}
		if _, err := evaluate(c.Expression, factsOf(bare, l.now)); err != nil {
			l.warn(at+".expression", "expression_fails", "fails on an incident without labels, service and team (%s) and then counts as true; ask first, as in "+
				`incident.labels[?"env"].orValue("") == "prod".`, err)
		}
	}
}

func (l *linter) seen(has func(i incident.Incident) bool) bool {
	return slices.ContainsFunc(l.recent, has)
}

// neverMatched warns of conditions that would not have held for any recent incident.
func (l *linter) neverMatched() {
	if len(l.recent) > 0 && !l.IsFallback && sampleFor(l.Policy, l.recent) == nil {
		l.warn("conditions", "no_recent_match", "would not have held for any of the last %d incidents.", len(l.recent))
	}
}

// sampleFor is the latest incident that the policy would have worked on, judged as of when it began; nil if there is none.
func sampleFor(p Policy, recent []incident.Incident) *incident.Incident {
	for n, i := range recent {
		if p.ofTeam(i.TeamID) && p.Conditions.judge(i, i.CreatedAt).holds {
			return &recent[n]
		}
	}
	return nil
}
