package escalation

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Change is one thing that differs between two versions of a policy.
type Change struct {
	// Path is the field as in a document: "steps[1].delay_minutes". Steps and actions are counted as in the later version,
	// those that it no longer has as in the earlier one.
	Path          string
	Before, After any // as in a document; nil for none
	Sentence      string
}

// compare says what differs between two versions, in the order of a document. It is pure.
func compare(a, b PolicyVersion, w words) []Change {
	c := &comparison{words: w}
	before, after := a.Definition, b.Definition
	differ(c, "name", "Name:", a.Name, b.Name, short)
	differ(c, "description", "Description:", a.Description, b.Description, short)
	differ(c, "is_active", "Active:", a.IsActive, b.IsActive, yesNo)
	differ(c, "team_id", "Team:", a.TeamID, b.TeamID, w.team)
	differ(c, "priority", "Priority:", before.Priority, after.Priority, number[int])
	differ(c, "exclusive", "Exclusive:", before.Exclusive, after.Exclusive, yesNo)
	differ(c, "ack_timeout_minutes", "Acknowledgement holds", before.AckTimeoutMinutes, after.AckTimeoutMinutes, timeoutWords)
	differ(c, "repeat", "Repeated", before.Repeat, after.Repeat, repeatWords)
	c.conditions("conditions", "Condition: ", before.Conditions, after.Conditions)
	c.steps(before.Steps, after.Steps)
	return c.changes
}

type comparison struct {
	words
	changes []Change
}

func (c *comparison) add(path string, before, after any, format string, args ...any) {
	c.changes = append(c.changes, Change{path, before, after, fmt.Sprintf(format, args...)})
}

// differ notes a field whose values are not the same; say puts one into words.
func differ[T any](c *comparison, path, what string, before, after T, say func(T) string) {
	if !same(before, after) {
		c.add(path, plain(before), plain(after), "%s %s → %s", what, say(before), say(after))
	}
}

func same(a, b any) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// plain is the value as it stands in a document; empty lists and nil are the same nothing.
func plain(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	if list, isList := out.([]any); isList && len(list) == 0 {
		return nil
	}
	return out
}

// set are the fields of the action that say something, as in a document, without its type.
func (a Action) set() map[string]any {
	fields, _ := plain(a).(map[string]any)
	delete(fields, "type")
	return fields
}

func (c *comparison) conditions(path, what string, before, after Conditions) {
	differ(c, path+".severity", what+"severity", before.Severity, after.Severity, anyOf)
	differ(c, path+".service", what+"service", before.Service, after.Service, anyOf)
	differ(c, path+".source", what+"source", before.Source, after.Source, anyOf)
	differ(c, path+".team_id", what+"team", before.TeamID, after.TeamID, c.teamList)
	names := maps.Clone(before.Labels)
	if names == nil {
		names = map[string]Words{}
	}
	maps.Copy(names, after.Labels)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		differ(c, path+".labels."+name, what+"label "+name, before.Labels[name], after.Labels[name], anyOf)
	}
	differ(c, path+".expression", what+"expression", before.Expression, after.Expression, short)
	differ(c, path+".time", what+"time", before.Time, after.Time, windowWords)
}

func (c *comparison) steps(before, after []Step) {
	for _, p := range align(len(before), len(after), func(i, j int) float64 { return alikeSteps(before[i], after[j]) }) {
		switch {
		case p.after < 0:
			c.add(fmt.Sprintf("steps[%d]", p.before), plain(before[p.before]), nil, "Step %d is gone: %s", p.before+1, c.step(before[p.before]))
		case p.before < 0:
			c.add(fmt.Sprintf("steps[%d]", p.after), nil, plain(after[p.after]), "Step %d is new: %s", p.after+1, c.step(after[p.after]))
		default:
			c.stepChange(p.after, before[p.before], after[p.after])
		}
	}
}

func (c *comparison) stepChange(n int, before, after Step) {
	path, what := fmt.Sprintf("steps[%d]", n), fmt.Sprintf("Step %d: ", n+1)
	if before.DelayMinutes != after.DelayMinutes {
		c.add(path+".delay_minutes", before.DelayMinutes, after.DelayMinutes, "%sdelay %g → %s", what, before.DelayMinutes, minutesWord(after.DelayMinutes))
	}
	differ(c, path+".wait_until", what+"waits", before.WaitUntil, after.WaitUntil, waitWords)
	differ(c, path+".until", what+"taken until", before.Until, after.Until, orUsual("acknowledged"))
	differ(c, path+".acknowledge", what+"acknowledged by", before.Acknowledge, after.Acknowledge, orUsual("one"))
	a, b := orNone(before.Condition), orNone(after.Condition)
	c.conditions(path+".condition", what+"condition ", a.Conditions, b.Conditions)
	differ(c, path+".condition.alert_count", what+"condition alert count", a.AlertCount, b.AlertCount, alertCountWords)
	pairs := align(len(before.Actions), len(after.Actions), func(i, j int) float64 { return alikeActions(before.Actions[i], after.Actions[j]) })
	for _, p := range pairs {
		switch {
		case p.after < 0:
			gone := before.Actions[p.before]
			c.add(fmt.Sprintf("%s.actions[%d]", path, p.before), plain(gone), nil, "%sno longer %s", what, c.action(gone))
		case p.before < 0:
			added := after.Actions[p.after]
			c.add(fmt.Sprintf("%s.actions[%d]", path, p.after), nil, plain(added), "%snow %s", what, c.action(added))
		default:
			c.actionChange(fmt.Sprintf("%s.actions[%d]", path, p.after), what, before.Actions[p.before], after.Actions[p.after])
		}
	}
}

func (c *comparison) actionChange(path, what string, before, after Action) {
	a, b := before.set(), after.set()
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !same(a[name], b[name]) {
			c.add(path+"."+name, a[name], b[name], "%s%s: %s %s → %s", what, c.action(after), fieldWord(name), c.value(name, a[name]), c.value(name, b[name]))
		}
	}
}

func orNone(c *StepCondition) StepCondition {
	if c == nil {
		return StepCondition{}
	}
	return *c
}
