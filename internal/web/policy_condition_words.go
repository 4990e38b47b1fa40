package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// policyConditions says for which incidents a policy is.
func (w policyWords) policyConditions(p escalation.Policy) string {
	if p.IsFallback {
		return "when no other policy pages anybody"
	}
	var said []view.Pair
	if p.TeamID != nil {
		said = append(said, view.Pair{Name: "team", Value: nameOf(w.teams, p.TeamID)})
	}
	return joined(append(said, w.conditions(p.Conditions)...), "every incident")
}

// conditions are what must hold, each by its name.
func (w policyWords) conditions(c escalation.Conditions) (said []view.Pair) {
	add := func(name string, values []string) {
		if len(values) > 0 {
			said = append(said, view.Pair{Name: name, Value: strings.Join(values, " or ")})
		}
	}
	add("severity", c.Severity)
	add("service", c.Service)
	add("source", c.Source)
	add("team", w.teamWords(c.TeamID))
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		add(name+" =", c.Labels[name])
	}
	if c.Expression != "" {
		add("expression", []string{c.Expression})
	}
	if c.Time != nil {
		add("time", []string{windowWords(*c.Time)})
	}
	return said
}

// stepCondition says what must hold when a step is due.
func (w policyWords) stepCondition(c escalation.StepCondition) string {
	said := w.conditions(c.Conditions)
	if n := c.AlertCount; n != nil {
		value := strconv.Itoa(n.AtLeast)
		if n.WithinMinutes > 0 {
			value += " within " + view.Minutes(float64(n.WithinMinutes))
		}
		said = append(said, view.Pair{Name: "alerts at least", Value: value})
	}
	return joined(said, "anything")
}

func joined(said []view.Pair, none string) string {
	if len(said) == 0 {
		return none
	}
	words := make([]string, len(said))
	for i, one := range said {
		words[i] = one.Name + " " + one.Value
	}
	return strings.Join(words, ", ")
}

// teamWords are the names of teams, or the number of one without.
func (w policyWords) teamWords(ids []int64) []string {
	words := make([]string, len(ids))
	for i, id := range ids {
		if words[i] = w.teams[id]; words[i] == "" {
			words[i] = idText(id)
		}
	}
	return words
}

// windowWords says a time of the week: "Mon–Fri 22:00–06:00 (Europe/Berlin)".
func windowWords(win escalation.Window) string {
	days, times := "every day", "all day"
	if len(win.Days) > 0 {
		words := make([]string, len(win.Days))
		for i, day := range win.Days {
			words[i] = view.Humanize(day)
		}
		days = strings.Join(words, ", ")
	}
	if win.From != win.To {
		times = win.From + "–" + win.To
	}
	return days + " " + times + " (" + win.Timezone + ")"
}

func waitWords(wait escalation.Wait) string {
	if wait.OnCall || wait.Window == nil {
		return "Waits until somebody is on call, at most 12 h."
	}
	return "Waits for " + windowWords(*wait.Window) + "."
}

// plan is the policy's steps in sentences. typed are the delays as they stand in the editor.
func (w policyWords) plan(steps []escalation.Step) []view.PlanStep {
	plan := make([]view.PlanStep, len(steps))
	for i, step := range steps {
		one := view.PlanStep{After: view.Minutes(step.DelayMinutes), Words: w.step(step.Actions)}
		if step.Condition != nil {
			one.Notes = append(one.Notes, "Only if "+w.stepCondition(*step.Condition)+".")
		}
		if step.WaitUntil != nil {
			one.Notes = append(one.Notes, waitWords(*step.WaitUntil))
		}
		if step.Until == escalation.UntilResolved {
			one.Notes = append(one.Notes, "Also when it is acknowledged, until it is resolved.")
		}
		if step.Acknowledge == escalation.AcknowledgeAll {
			one.Notes = append(one.Notes, "Each person until that person has acknowledged.")
		}
		for _, a := range step.Actions {
			one.Actions = append(one.Actions, view.PlanAction{Words: w.action(a), Texts: actionSays(a)})
		}
		plan[i] = one
	}
	return plan
}

// actionSays are the texts of an action, without what may hold a secret.
func actionSays(a escalation.Action) (said []view.Pair) {
	add := func(name, value string) {
		if value != "" {
			said = append(said, view.Pair{Name: name, Value: value})
		}
	}
	add("Message", a.Message)
	add("Instructions", a.Text)
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		add("Header "+name, escalation.Masked)
	}
	add("Body", a.Body)
	return said
}

// repeatWords says what comes after the last step.
func repeatWords(r *escalation.Repeat) string {
	switch {
	case r == nil:
		return "The steps begin again as the organisation says."
	case r.Times == 0:
		return "The steps do not begin again."
	}
	return "The steps begin again " + view.Count(r.Times, "time", "times") + ", " + view.Minutes(float64(r.EveryMinutes)) + " after the last."
}
