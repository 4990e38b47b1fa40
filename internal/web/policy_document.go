package web

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// policyDocument is the form as the document that the escalation room reads, so that pages and API are judged by one parser. What is no
// number stays a text there, and is refused beside its input.
func policyDocument(typed url.Values, p escalation.Policy, teams []view.Option) json.RawMessage {
	doc := map[string]any{
		"name": typed.Get("name"), "description": typed.Get("description"), "steps": stepDocuments(typed),
		"repeat": repeatDocument(typed),
	}
	if !p.IsFallback {
		doc["team_id"] = nil
		if team := someID(typed.Get("team_id")); team != nil {
			doc["team_id"] = *team
		}
		doc["priority"] = wholeOrText(typed.Get("priority"))
		doc["is_active"] = typed.Get("is_active") != ""
		doc["exclusive"] = typed.Get("exclusive") != ""
		doc["conditions"] = conditionDocument(typed, teams)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil // Texts, numbers and lists of them have a JSON form.
	}
	return raw
}

func stepDocuments(typed url.Values) []map[string]any {
	steps := []map[string]any{}
	for _, step := range (policyWords{}).typedSteps(typed) {
		actions := []escalation.Action{}
		for _, a := range step.Actions {
			actions = append(actions, actionDocument(a))
		}
		steps = append(steps, map[string]any{"delay_minutes": numberOrText(step.Delay), "actions": actions})
	}
	return steps
}

// actionDocument is an action with what its type has; the rest of what was typed belonged to another type.
func actionDocument(a view.Action) escalation.Action {
	switch a.Type {
	case escalation.ActionChangeStatus:
		return escalation.Action{Type: a.Type, Status: a.Status}
	case escalation.ActionChangeSeverity:
		return escalation.Action{Type: a.Type, Severity: a.Severity}
	}
	doc := restOf(a)
	doc.Type = a.Type
	if a.Target != "" {
		doc.Target, doc.Recipients, doc.TargetRoles = a.Target, nil, nil
	}
	if a.Type != escalation.ActionAssign {
		doc.Channels, doc.Message = commas(strings.ToLower(a.Channels)), a.Message
	}
	return doc
}

// repeatDocument is null when nothing was typed: the organisation's setting.
func repeatDocument(typed url.Values) any {
	times, every := typed.Get("repeat.times"), typed.Get("repeat.every_minutes")
	if strings.TrimSpace(times+every) == "" {
		return nil
	}
	doc := map[string]any{}
	for name, text := range map[string]string{"times": times, "every_minutes": every} {
		if value := wholeOrText(text); value != nil {
			doc[name] = value
		}
	}
	return doc
}

func conditionDocument(typed url.Values, teams []view.Option) map[string]any {
	doc := map[string]any{}
	put := func(name string, values []string) {
		if len(values) > 0 {
			doc[name] = values
		}
	}
	put("severity", typed["conditions.severity"])
	put("service", commas(typed.Get("conditions.service")))
	put("source", commas(typed.Get("conditions.source")))
	if wanted := commas(typed.Get("conditions.team_id")); len(wanted) > 0 {
		doc["team_id"] = teamNumbers(wanted, teams)
	}
	labels := map[string][]string{}
	for line := range strings.Lines(typed.Get("conditions.labels")) {
		name, values, _ := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); name != "" {
			labels[name] = append(labels[name], commas(values)...)
		}
	}
	if len(labels) > 0 {
		doc["labels"] = labels
	}
	return doc
}

// teamNumbers are the ids of teams by name or number; a name that no team has stays a text.
func teamNumbers(wanted []string, teams []view.Option) []any {
	list := make([]any, len(wanted))
	for i, text := range wanted {
		list[i] = wholeOrText(text)
		for _, team := range teams {
			if strings.EqualFold(team.Word, text) {
				list[i] = wholeOrText(team.Value)
			}
		}
	}
	return list
}

// wholeOrText is a whole number if it is one, nil for nothing typed, else the text.
func wholeOrText(text string) any {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}

func numberOrText(text string) any {
	n, err := strconv.ParseFloat(decimal(text), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return text
	}
	return n
}

// wholeFields are the inputs that take a whole number.
var wholeFields = []string{"priority", "repeat.times", "repeat.every_minutes"}

// markPolicy puts what was wrong beside the inputs of the editor.
func markPolicy(m view.Policy, typed url.Values, err error) view.Policy {
	messages, rest := faults(err)
	for _, name := range wholeFields {
		if _, isText := wholeOrText(typed.Get(name)).(string); isText {
			messages[name] = "Must be a whole number."
		}
	}
	take := func(name string) string {
		text := messages[name]
		delete(messages, name)
		return text
	}
	takeAll := func(prefix string) string {
		gathered(messages, prefix)
		return take(prefix)
	}
	for i := range m.Steps {
		step, at := &m.Steps[i], "steps."+strconv.Itoa(i)
		step.DelayBad = take(at + ".delay_minutes")
		if _, isText := numberOrText(step.Delay).(string); isText {
			step.DelayBad = "Must be a number of minutes."
		}
		for j := range step.Actions {
			part := at + ".actions." + strconv.Itoa(j) + "."
			step.Actions[j].Bad = map[string]string{}
			for _, name := range []string{"type", "target", "status", "severity", "message", "channels"} {
				step.Actions[j].Bad[name] = takeAll(part + name)
			}
			for _, name := range []string{"recipients", "target_roles"} {
				step.Actions[j].Bad["target"] += takeAll(part + name)
			}
		}
		step.Bad = takeAll(at)
	}
	m.SeverityBad = takeAll("conditions.severity")
	for _, name := range []string{"conditions.service", "conditions.source", "conditions.team_id", "conditions.labels"} {
		gathered(messages, name)
	}
	if messages["conditions.team_id"] != "" {
		messages["conditions.team_id"] = "Name teams as they are listed, or by their number."
	}
	all := view.Form{Rows: append(append(append([][]view.Field{}, m.Basics...), m.Conditions...), m.Repeat)}.Marked(messages, rest)
	m.Bad = all.Bad
	m.Basics, m.Conditions = all.Rows[:len(m.Basics)], all.Rows[len(m.Basics):len(all.Rows)-1]
	m.Repeat = all.Rows[len(all.Rows)-1]
	return m
}
