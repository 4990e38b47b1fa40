package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
)

// policyValues is a policy as the editor's form. policyDocument is the way back: what is not changed in between comes back as it was.
func policyValues(p escalation.Policy) url.Values {
	form := url.Values{}
	put(form, "name", p.Name)
	put(form, "description", p.Description)
	form.Set("version", strconv.Itoa(p.Version))
	form.Set("priority", strconv.Itoa(p.Priority))
	form.Set("team_id", optionalText(p.TeamID))
	putYes(form, "is_active", p.IsActive)
	putYes(form, "exclusive", p.Exclusive)
	if p.Repeat != nil {
		form.Set("repeat.times", strconv.Itoa(p.Repeat.Times))
		form.Set("repeat.every_minutes", strconv.Itoa(p.Repeat.EveryMinutes))
	}
	if p.AckTimeoutMinutes != nil {
		form.Set("ack_timeout_minutes", strconv.Itoa(*p.AckTimeoutMinutes))
	}
	putConditions(form, "conditions.", p.Conditions)
	for i, step := range p.Steps {
		at := "steps." + strconv.Itoa(i) + "."
		putStep(form, at, step)
		for j, action := range step.Actions {
			part := at + "actions." + strconv.Itoa(j) + "."
			putAction(form, part, action)
			if len(action.Headers) > 0 {
				form.Set(part+"stored", strconv.Itoa(p.Version)+"."+strconv.Itoa(i)+"."+strconv.Itoa(j))
			}
		}
	}
	return form
}

func put(form url.Values, name, value string) {
	if value != "" {
		form.Set(name, value)
	}
}

func putYes(form url.Values, name string, yes bool) {
	if yes {
		form.Set(name, "on")
	}
}

func putAll(form url.Values, name string, values []string) {
	if len(values) > 0 {
		form[name] = values
	}
}

func putConditions(form url.Values, at string, c escalation.Conditions) {
	putAll(form, at+"severity", c.Severity)
	putAll(form, at+"service", c.Service)
	putAll(form, at+"source", c.Source)
	for _, id := range c.TeamID {
		form.Add(at+"team_id", idText(id))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		for _, value := range c.Labels[name] {
			form.Add(at+"labels", labelPair(name, value))
		}
	}
	put(form, at+"expression", c.Expression)
	if c.Time != nil {
		form.Set(at+"time", "on")
		putWindow(form, at+"time.", *c.Time)
	}
}

// labelPair keeps a label and a value in one chip, whatever stands in them.
func labelPair(name, value string) string { return url.Values{name: {value}}.Encode() }

func putWindow(form url.Values, at string, w escalation.Window) {
	putAll(form, at+"days", w.Days)
	put(form, at+"from", w.From)
	put(form, at+"to", w.To)
	put(form, at+"timezone", w.Timezone)
}

func putStep(form url.Values, at string, s escalation.Step) {
	form.Set(at+"delay_minutes", strconv.FormatFloat(s.DelayMinutes, 'f', -1, 64))
	put(form, at+"until", s.Until)
	put(form, at+"acknowledge", s.Acknowledge)
	if w := s.WaitUntil; w != nil && w.OnCall {
		form.Set(at+"wait_until", escalation.WaitOnCall)
	} else if w != nil && w.Window != nil {
		form.Set(at+"wait_until", waitWindow)
		putWindow(form, at+"wait_until.", *w.Window)
	}
	if s.Condition == nil {
		return
	}
	form.Set(at+"condition", "on")
	putConditions(form, at+"condition.", s.Condition.Conditions)
	if c := s.Condition.AlertCount; c != nil {
		form.Set(at+"condition.alert_count.at_least", strconv.Itoa(c.AtLeast))
		form.Set(at+"condition.alert_count.within_minutes", strconv.Itoa(c.WithinMinutes))
	}
}

// waitWindow is the choice of a step to wait for a time of the week.
const waitWindow = "window"

// actionTexts are the fields of an action that are one text each, by their names in a document.
func actionTexts(a *escalation.Action) map[string]*string {
	return map[string]*string{
		"target": &a.Target, "message": &a.Message, "urgency": &a.Urgency, "status": &a.Status, "severity": &a.Severity, "pick": &a.Pick,
		"url": &a.URL, "body": &a.Body, "kind": &a.Kind, "destination": &a.Destination, "policy": &a.Policy, "text": &a.Text,
	}
}

func actionLists(a *escalation.Action) map[string]*[]string {
	return map[string]*[]string{"recipients": &a.Recipients, "target_roles": &a.TargetRoles, "channels": &a.Channels}
}

// putAction writes an action; of a header that is stored only the name.
func putAction(form url.Values, at string, a escalation.Action) {
	form.Set(at+"type", a.Type)
	form.Set(at+"was", a.Type)
	for name, text := range actionTexts(&a) {
		put(form, at+name, *text)
	}
	for name, list := range actionLists(&a) {
		putAll(form, at+name, *list)
	}
	for i, name := range slices.Sorted(maps.Keys(a.Headers)) {
		row := at + "headers." + strconv.Itoa(i) + "."
		form.Set(row+"name", name)
		form.Set(row+"was", name)
		form.Set(row+"value", escalation.Masked)
	}
	putYes(form, at+"more", len(a.Channels) > 0 || a.Urgency != "" || a.Pick != "" || a.Message != "")
}

// settle reads what stands in the inputs that add to a list into the list, and gives what was just chosen what it needs.
func (w policyWords) settle(form url.Values) {
	for name, values := range form {
		for i, value := range values {
			values[i] = strings.ReplaceAll(value, "\r\n", "\n") // A browser writes the ends of lines its own way.
		}
		form[name] = values
	}
	settleConditions(form, "conditions.")
	steps := parts(form, "steps.", maxTypedSteps)
	for _, step := range steps {
		settleConditions(step, "condition.")
		actions := parts(step, "actions.", maxTypedActions)
		for _, action := range actions {
			w.settleAction(action)
		}
		putParts(step, "actions.", actions)
	}
	putParts(form, "steps.", steps)
}

func settleConditions(form url.Values, at string) {
	for _, name := range []string{"service", "source", "team_id"} {
		for _, value := range listTyped(form.Get(at + name + ".add")) {
			if !slices.Contains(form[at+name], value) {
				form.Add(at+name, value)
			}
		}
		form.Del(at + name + ".add")
	}
	name, values := labelTyped(form.Get(at + "labels.add"))
	if len(values) == 0 {
		return // What is half typed stays in its input.
	}
	for _, value := range values {
		if pair := labelPair(name, value); !slices.Contains(form[at+"labels"], pair) {
			form.Add(at+"labels", pair)
		}
	}
	form.Del(at + "labels.add")
}

// labelTyped reads "env=prod, staging"; without both sides there are no values.
func labelTyped(text string) (name string, values []string) {
	name, list, _ := strings.Cut(text, "=")
	if name = strings.TrimSpace(name); name == "" {
		return strings.TrimSpace(text), nil
	}
	return name, listTyped(list)
}

func (w policyWords) settleAction(action url.Values) {
	for _, text := range listTyped(action.Get("whom.add")) {
		target := w.spelt(text)
		if action.Get("target") == "" && len(action["recipients"]) == 0 && len(action["target_roles"]) == 0 {
			action.Set("target", target)
		} else if action.Get("target") != target && !slices.Contains(action["recipients"], target) {
			action.Add("recipients", target)
		}
	}
	action.Del("whom.add")
	// An action of another kind than before has nothing chosen yet: the first choice is what the page shows, so it is what counts.
	first := map[string][2]string{
		escalation.ActionChangeStatus:   {"status", actionStatuses[0].Value},
		escalation.ActionChangeSeverity: {"severity", severityOptions()[0].Value},
		escalation.ActionChannel:        {"kind", w.firstChannel()},
	}
	if choice, ok := first[action.Get("type")]; ok && action.Get(choice[0]) == "" {
		action.Set(choice[0], choice[1])
	}
}

// listTyped splits a list at its commas; what stands in quotes is one value.
func listTyped(text string) []string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, `"`); ok && strings.HasSuffix(inner, `"`) {
		return []string{strings.TrimSuffix(inner, `"`)}
	}
	return commas(text)
}
