package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// What the editor reads of one form; the service refuses less than that by name.
const (
	maxTypedSteps   = 101
	maxTypedActions = 51
)

// typedSteps are the steps as they were posted.
func (w policyWords) typedSteps(typed url.Values) []view.Step {
	var steps []view.Step
	for i := range maxTypedSteps {
		at := "steps." + strconv.Itoa(i) + "."
		if !typed.Has(at + "delay_minutes") {
			break
		}
		step := view.Step{Delay: strings.TrimSpace(typed.Get(at + "delay_minutes"))}
		for j := range maxTypedActions {
			part := at + "actions." + strconv.Itoa(j) + "."
			if !typed.Has(part + "type") {
				break
			}
			step.Actions = append(step.Actions, w.typedAction(typed, part))
		}
		steps = append(steps, step)
	}
	return steps
}

func (w policyWords) typedAction(typed url.Values, part string) view.Action {
	get := func(name string) string { return strings.TrimSpace(typed.Get(part + name)) }
	a := view.Action{
		Type: get("type"), Target: get("target"), Channels: get("channels"), Message: get("message"), Status: get("status"), Severity: get("severity"),
		Rest: get("rest"),
	}
	rest := restOf(a)
	if targets := actionTargets(rest); a.Target == "" && len(targets) > 0 {
		a.Several = w.list(targets)
	} else {
		a.Rest = restText(escalation.Action{Urgency: rest.Urgency})
	}
	// An action of another kind than before has nothing chosen yet: the first choice is what the page shows, so it is what counts.
	switch {
	case a.Type == escalation.ActionChangeStatus && a.Status == "":
		a.Status = actionStatuses[0].Value
	case a.Type == escalation.ActionChangeSeverity && a.Severity == "":
		a.Severity = severityOptions()[0].Value
	}
	return a
}

// restOf is what the editor keeps of an action without showing it. What somebody made of it by hand is nothing.
func restOf(a view.Action) escalation.Action {
	var rest escalation.Action
	if json.Unmarshal([]byte(a.Rest), &rest) != nil {
		return escalation.Action{}
	}
	return rest
}

// reshape changes the steps as a button of the editor says: "add-step", "up:2", "remove-action:0:1". Delays stay where they are when a step
// moves, for they may not decrease.
func reshape(steps []view.Step, op string) []view.Step {
	verb, at, _ := strings.Cut(op, ":")
	first, second, _ := strings.Cut(at, ":")
	i, j := position(first), position(second)
	if verb == "add-step" {
		return append(steps, view.Step{Delay: nextDelay(steps), Actions: []view.Action{nextAction()}})
	}
	if i < 0 || i >= len(steps) {
		return steps
	}
	actions := steps[i].Actions
	switch {
	case verb == "up" && i > 0:
		steps[i-1].Actions, steps[i].Actions = steps[i].Actions, steps[i-1].Actions
	case verb == "remove-step":
		return slices.Delete(steps, i, i+1)
	case verb == "add-action":
		steps[i].Actions = append(actions, nextAction())
	case j < 0 || j >= len(actions):
	case verb == "up-action" && j > 0:
		actions[j-1], actions[j] = actions[j], actions[j-1]
	case verb == "remove-action":
		steps[i].Actions = slices.Delete(actions, j, j+1)
	}
	return steps
}

// position reads an index; what is none is -1.
func position(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// nextDelay is that of a step that is added: ten minutes after the last.
func nextDelay(steps []view.Step) string {
	if len(steps) == 0 {
		return "0"
	}
	last, err := strconv.ParseFloat(decimal(steps[len(steps)-1].Delay), 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(last+10, 'f', -1, 64)
}

func nextAction() view.Action { return view.Action{Type: escalation.ActionNotify, Target: "team_lead"} }

// decimal reads a comma as people in half of the world write it.
func decimal(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), ",", ".") }
