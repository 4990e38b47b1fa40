package web

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// definitionOf reads what can be read of a document that was not checked.
func definitionOf(document []byte) (d escalation.Definition) {
	_ = json.Unmarshal(document, &d) // What cannot be read is left out; whoever saves it is told.
	return d
}

// inputPath takes the place of something wrong apart: the step, action or condition, and the input in it. What follows names a part of the
// input: one of a list, one label.
var inputPath = regexp.MustCompile(`^((?:steps\.\d+\.)?(?:actions\.\d+\.)?(?:conditions?\.)?)((?:time|wait_until|alert_count|repeat)\.\w+|\w*)(.*)$`)

// drawnWith are fields that have no input of their own.
var drawnWith = map[string]string{"target": "whom", "recipients": "whom", "target_roles": "whom"}

// markPolicy puts what was wrong beside the inputs of the editor. What belongs to none of them stands above.
func markPolicy(m *view.Policy, err error) {
	messages, rest := faults(err)
	m.In.Bad, m.Bad = map[string]string{}, rest
	for _, name := range []string{"times", "every_minutes"} {
		// The two are read as one, so that the parser names only the first that is none.
		if _, isText := wholeOrText(m.In.Get("repeat." + name)).(string); isText {
			messages["repeat."+name] = "Must be a number, not string."
		}
	}
	for place, text := range messages {
		found := inputPath.FindStringSubmatch(place + ".")
		name := found[2]
		if other := drawnWith[name]; other != "" && strings.Contains(found[1], "actions.") {
			name = other
		}
		if part := strings.Trim(found[3], "."); part != "" && position(part) < 0 && (name == "labels" || name == "headers") {
			text = part + ": " + text
		}
		m.In.Mark(strings.TrimSuffix(found[1]+name, "."), inputWords(name, text))
	}
}

// inputWords says of an input what the parser says of a document.
func inputWords(name, text string) string {
	if !strings.HasPrefix(text, "Must be a number, not") {
		return text
	}
	if name == "delay_minutes" {
		return "Must be a number of minutes."
	}
	return "Must be a whole number."
}

// warningWords is a warning as a sentence that begins with its place: "Step 1, action 2 may reach nobody: …".
func warningWords(w escalation.Warning) string {
	if w.Location == "" {
		return w.Message
	}
	return placeWords(w.Location) + " " + w.Message
}

// wrongWords says all that is wrong with a policy where there is no form to say it in.
func wrongWords(err error) string {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return f.Detail
	}
	said := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		said[i] = placeWords(strings.TrimPrefix(field.Location, "body.")) + ": " + field.Message + "."
	}
	return strings.Join(said, " ")
}

// placeWords says a place in a policy: "steps[0].actions[1].pick" is "Step 1, action 2, pick".
func placeWords(location string) string {
	var place []string
	for part := range strings.SplitSeq(location, ".") {
		name, index, counted := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		if counted {
			name = strings.TrimSuffix(name, "s") + " " + strconv.Itoa(position(index)+1)
		}
		place = append(place, strings.ReplaceAll(name, "_", " "))
	}
	return view.Humanize(strings.Join(place, ", "))
}
