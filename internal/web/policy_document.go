package web

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
)

// headersOf are the stored headers that an action's "stored" input names.
type headersOf func(stored string) map[string]string

// policyDocument is the form as the document that the escalation room reads, so that pages and API are judged by one parser. What is no
// number stays a text there, and is refused beside its input.
func policyDocument(form url.Values, p escalation.Policy, stored headersOf) json.RawMessage {
	steps := []map[string]any{}
	for _, step := range parts(form, "steps.", maxTypedSteps) {
		steps = append(steps, stepDocument(step, stored))
	}
	doc := map[string]any{
		"name": form.Get("name"), "description": form.Get("description"), "steps": steps,
		"repeat": repeatDocument(under(form, "repeat.")), "ack_timeout_minutes": wholeOrText(form.Get("ack_timeout_minutes")),
	}
	if !p.IsFallback {
		doc["team_id"] = nil
		if team := someID(form.Get("team_id")); team != nil {
			doc["team_id"] = *team
		}
		doc["priority"] = wholeOrText(form.Get("priority"))
		doc["is_active"] = form.Get("is_active") != ""
		doc["exclusive"] = form.Get("exclusive") != ""
		doc["conditions"] = conditionDocument(under(form, "conditions."), form.Get("conditions.time") != "")
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil // Texts, numbers and lists of them have a JSON form.
	}
	return raw
}

func stepDocument(step url.Values, stored headersOf) map[string]any {
	actions := []escalation.Action{}
	for _, action := range parts(step, "actions.", maxTypedActions) {
		actions = append(actions, actionOf(action, stored))
	}
	doc := map[string]any{
		"delay_minutes": numberOrText(step.Get("delay_minutes")), "actions": actions, "until": step.Get("until"),
		"acknowledge": step.Get("acknowledge"),
	}
	switch step.Get("wait_until") {
	case "":
	case waitWindow:
		doc["wait_until"] = windowDocument(under(step, "wait_until."))
	default:
		doc["wait_until"] = step.Get("wait_until")
	}
	if step.Get("condition") != "" {
		in := under(step, "condition.")
		condition := conditionDocument(in, in.Get("time") != "")
		if count := numbersDocument(under(in, "alert_count."), "at_least", "within_minutes"); count != nil {
			condition["alert_count"] = count
		}
		doc["condition"] = condition
	}
	return doc
}

// actionOf is an action as it was typed. One of another type than before keeps only what its type looks at; the rest belonged to what it was.
func actionOf(in url.Values, stored headersOf) escalation.Action {
	a := escalation.Action{Type: in.Get("type")}
	counts := map[string]bool{}
	for _, name := range escalation.ActionFields(a.Type) {
		counts[name] = true
	}
	keep := func(name string) bool { return counts[name] || in.Get("was") == a.Type }
	for name, text := range actionTexts(&a) {
		if keep(name) {
			*text = in.Get(name)
		}
	}
	for name, list := range actionLists(&a) {
		if keep(name) {
			*list = in[name]
		}
	}
	if keep("headers") {
		a.Headers = headersTyped(in, stored)
	}
	return a
}

// headersTyped are the headers of the form, each value that was left as it is shown being the stored one.
func headersTyped(in url.Values, stored headersOf) map[string]string {
	headers := map[string]string{}
	var before map[string]string
	for _, row := range parts(in, "headers.", maxTypedHeaders) {
		name, value := strings.TrimSpace(row.Get("name")), row.Get("value")
		if name == "" && value == "" {
			continue
		}
		if value == escalation.Masked {
			if before == nil {
				before = stored(in.Get("stored"))
			}
			if kept, ok := before[row.Get("was")]; ok {
				value = kept
			}
		}
		headers[name] = value
	}
	if len(headers) == 0 {
		return nil
	}
	return headers
}

// repeatDocument is null when nothing was typed: the organisation's setting.
func repeatDocument(in url.Values) any {
	if doc := numbersDocument(in, "times", "every_minutes"); doc != nil {
		return doc
	}
	return nil
}

// numbersDocument has the whole numbers that were typed, nil for none.
func numbersDocument(in url.Values, names ...string) map[string]any {
	var doc map[string]any
	for _, name := range names {
		if value := wholeOrText(in.Get(name)); value != nil {
			if doc == nil {
				doc = map[string]any{}
			}
			doc[name] = value
		}
	}
	return doc
}

func conditionDocument(in url.Values, atTimes bool) map[string]any {
	doc := map[string]any{}
	for _, name := range []string{"severity", "service", "source"} {
		if len(in[name]) > 0 {
			doc[name] = in[name]
		}
	}
	var teams []any
	for _, id := range in["team_id"] {
		teams = append(teams, wholeOrText(id))
	}
	if len(teams) > 0 {
		doc["team_id"] = teams
	}
	if labels := labelsDocument(in); len(labels) > 0 {
		doc["labels"] = labels
	}
	if text := in.Get("expression"); strings.TrimSpace(text) != "" {
		doc["expression"] = text
	}
	if atTimes {
		doc["time"] = windowDocument(under(in, "time."))
	}
	return doc
}

func labelsDocument(in url.Values) map[string][]string {
	labels := map[string][]string{}
	for _, pair := range in["labels"] {
		one, err := url.ParseQuery(pair)
		if err != nil {
			continue // No chip of the page.
		}
		for name, values := range one {
			labels[name] = append(labels[name], values...)
		}
	}
	if name, values := labelTyped(in.Get("labels.add")); name != "" {
		labels[name] = append(append([]string{}, labels[name]...), values...) // Without a value it is refused beside its input.
	}
	return labels
}

func windowDocument(in url.Values) map[string]any {
	doc := map[string]any{"timezone": strings.TrimSpace(in.Get("timezone"))}
	if len(in["days"]) > 0 {
		doc["days"] = in["days"]
	}
	for _, name := range []string{"from", "to"} {
		if text := strings.TrimSpace(in.Get(name)); text != "" {
			doc[name] = text
		}
	}
	return doc
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

// numberOrText is a number, with a comma as people in half of the world write it.
func numberOrText(text string) any {
	n, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return text
	}
	return n
}
