package escalation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// The limits of a policy.
const (
	maxName        = 255
	maxDescription = 10_000
	maxSteps       = 100
	maxActions     = 50
	maxTargets     = 100
	maxMessage     = 2000
	maxDelay       = 30 * 24 * 60 // minutes
	maxRepeat      = 20
	maxPriority    = 1_000_000
)

// document is a policy as the API takes it; what is nil is left as it was.
type document struct {
	Name              *string                    `json:"name"`
	Description       *string                    `json:"description"`
	IsActive          *bool                      `json:"is_active"`
	Priority          *int                       `json:"priority"`
	TeamID            json.RawMessage            `json:"team_id"`
	Conditions        map[string]json.RawMessage `json:"conditions"`
	Steps             []json.RawMessage          `json:"steps"`
	Repeat            json.RawMessage            `json:"repeat"`
	AckTimeoutMinutes json.RawMessage            `json:"ack_timeout_minutes"`
	Exclusive         *bool                      `json:"exclusive"`
}

// parser reads a policy document onto a policy and notes everything that is wrong with it.
type parser struct {
	bad      fault.Checks
	warnings []string
	channels []string // the kinds that exist
}

// parsePolicy reads a policy document onto base, keeping what it does not mention. An unknown key of the policy itself is
// accepted with a warning, for old clients send more; one in the conditions, a step or an action is refused, for a misspelt
// condition would match the world. Faults: Malformed when it is no JSON object, Invalid naming every bad field.
func parsePolicy(raw []byte, base Policy, channels []string) (Policy, error) {
	p := &parser{channels: channels}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return Policy{}, fault.New(fault.Malformed, "malformed", "The policy must be a JSON object.")
	}
	p.unknownTop(top)
	doc := p.document(top)
	if doc.Name != nil {
		base.Name = strings.TrimSpace(*doc.Name)
	}
	if doc.Description != nil {
		base.Description = *doc.Description
	}
	if doc.IsActive != nil {
		base.IsActive = *doc.IsActive
	}
	if doc.Priority != nil {
		base.Priority = *doc.Priority
	}
	if doc.Exclusive != nil {
		base.Exclusive = *doc.Exclusive
	}
	optional(p, "body.team_id", doc.TeamID, &base.TeamID)
	optional(p, "body.repeat", doc.Repeat, &base.Repeat)
	optional(p, "body.ack_timeout_minutes", doc.AckTimeoutMinutes, &base.AckTimeoutMinutes)
	if doc.Conditions != nil {
		base.Conditions = p.conditions(doc.Conditions)
	}
	if doc.Steps != nil {
		base.Steps = p.steps(doc.Steps)
	}
	p.whole(&base)
	base.Warnings = p.warnings
	return base, p.bad.Err()
}

// optional reads a field that may be absent (left alone), null (cleared) or a value.
func optional[T any](p *parser, where string, raw json.RawMessage, field **T) {
	if raw == nil {
		return
	}
	*field = nil
	if string(raw) == "null" {
		return
	}
	value := new(T)
	if !p.decode(where, raw, value) {
		return
	}
	*field = value
}

// decode reads raw strictly into target and notes where it does not fit.
func (p *parser) decode(where string, raw json.RawMessage, target any) bool {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	if err == nil {
		return true
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if typeErr, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // The decoder returns it unwrapped.
		message = "must be " + kindName(typeErr.Type.Kind().String()) + ", not " + typeErr.Value
		if typeErr.Field != "" {
			where += "." + typeErr.Field
		}
	}
	p.bad.Add(where, "%s", message)
	return false
}

func kindName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "string":
		return "a text"
	case kind == "bool":
		return "true or false"
	case kind == "slice":
		return "a list"
	}
	return "an object"
}

var topKeys = []string{"name", "description", "is_active", "priority", "team_id", "conditions", "steps", "repeat", "ack_timeout_minutes", "exclusive"}

func (p *parser) unknownTop(top map[string]json.RawMessage) {
	for _, key := range slices.Sorted(maps.Keys(top)) {
		if !slices.Contains(topKeys, key) {
			p.warnings = append(p.warnings, fmt.Sprintf("%q is unknown and has no effect.", key))
		}
	}
}

func (p *parser) document(top map[string]json.RawMessage) (doc document) {
	scalar := func(key string, target any) {
		if raw, ok := top[key]; ok && string(raw) != "null" {
			p.decode("body."+key, raw, target)
		}
	}
	scalar("name", &doc.Name)
	scalar("description", &doc.Description)
	scalar("is_active", &doc.IsActive)
	scalar("priority", &doc.Priority)
	scalar("exclusive", &doc.Exclusive)
	scalar("conditions", &doc.Conditions)
	scalar("steps", &doc.Steps)
	doc.TeamID, doc.Repeat, doc.AckTimeoutMinutes = top["team_id"], top["repeat"], top["ack_timeout_minutes"]
	return doc
}

// whole checks the policy as it would be saved.
func (p *parser) whole(policy *Policy) {
	p.text("body.name", policy.Name, 1, maxName)
	p.text("body.description", policy.Description, 0, maxDescription)
	if policy.Priority < -maxPriority || policy.Priority > maxPriority {
		p.bad.Add("body.priority", "must be %d to %d", -maxPriority, maxPriority)
	}
	if r := policy.Repeat; r != nil {
		if r.Times < 0 || r.Times > maxRepeat {
			p.bad.Add("body.repeat.times", "must be 0 to %d", maxRepeat)
		}
		if r.EveryMinutes < 0 || r.EveryMinutes > maxDelay || (r.Times > 0 && r.EveryMinutes == 0) {
			p.bad.Add("body.repeat.every_minutes", "must be 1 to %d", maxDelay)
		}
	}
	if m := policy.AckTimeoutMinutes; m != nil && (*m < 0 || *m > maxDelay) {
		p.bad.Add("body.ack_timeout_minutes", "must be 0 to %d", maxDelay)
	}
}

func (p *parser) text(where, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		p.bad.Add(where, "must be valid UTF-8 without NUL characters")
	case n < least:
		p.bad.Add(where, "is needed: %d to %d characters", least, most)
	case n > most:
		p.bad.Add(where, "must be at most %d characters, not %d", most, n)
	}
}

var conditionKeys = []string{"severity", "service", "source", "team_id", "labels"}

func (p *parser) conditions(raw map[string]json.RawMessage) (c Conditions) {
	fields := map[string]any{"severity": &c.Severity, "service": &c.Service, "source": &c.Source, "team_id": &c.TeamID, "labels": &c.Labels}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		field, known := fields[key]
		if !known {
			p.bad.Add("body.conditions."+key, "is no condition; known are %s", strings.Join(conditionKeys, ", "))
			continue
		}
		if at := "body.conditions." + key; p.named(at, raw[key]) {
			p.decode(at, raw[key], field)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		if len(c.Labels[name]) == 0 {
			p.bad.Add("body.conditions.labels."+name, "must name at least one value")
		}
	}
	for i, word := range c.Severity {
		if severity, ok := incident.ParseSeverity(word); ok {
			c.Severity[i] = string(severity)
		} else {
			p.bad.Add(fmt.Sprintf("body.conditions.severity[%d]", i), "must be critical, high, medium, low or info")
		}
	}
	return c
}

// named refuses a condition that names nothing, for whoever wrote it did not mean every incident.
func (p *parser) named(where string, raw json.RawMessage) bool {
	if text := string(bytes.Join(bytes.Fields(raw), nil)); text == "null" || text == "[]" {
		p.bad.Add(where, "must name at least one value; leave it out to match any")
		return false
	}
	return true
}

func (p *parser) steps(raw []json.RawMessage) []Step {
	if len(raw) > maxSteps {
		p.bad.Add("body.steps", "must be at most %d steps, not %d", maxSteps, len(raw))
		return nil
	}
	steps := make([]Step, len(raw))
	for i := range raw {
		where := fmt.Sprintf("body.steps[%d]", i)
		steps[i] = p.step(where, raw[i])
		if i > 0 && steps[i].DelayMinutes < steps[i-1].DelayMinutes {
			p.bad.Add(where+".delay_minutes", "must not be less than the step before (%g)", steps[i-1].DelayMinutes)
		}
	}
	return steps
}

func (p *parser) step(where string, raw json.RawMessage) Step {
	var s Step
	if !p.decode(where, raw, &s) {
		return s
	}
	if s.DelayMinutes < 0 || s.DelayMinutes > maxDelay {
		p.bad.Add(where+".delay_minutes", "must be 0 to %d", maxDelay)
	}
	if len(s.Actions) > maxActions {
		p.bad.Add(where+".actions", "must be at most %d", maxActions)
		return s
	}
	for i := range s.Actions {
		p.action(fmt.Sprintf("%s.actions[%d]", where, i), &s.Actions[i])
	}
	return s
}

// action checks one action and brings its older spellings to the present one.
func (p *parser) action(where string, a *Action) {
	if role, isRole := strings.CutPrefix(a.Type, "notify_"); isRole {
		if _, ok := parseRole(role); ok {
			a.Type, a.TargetRoles = ActionNotify, append(a.TargetRoles, role)
		}
	}
	if a.Type == "status_change" {
		a.Type = ActionChangeStatus
	}
	switch a.Type {
	case ActionNotify, ActionAssign:
		p.targets(where, a)
	case ActionChangeStatus:
		status, ok := incident.ParseStatus(a.Status)
		if !ok || (status != incident.StatusAcknowledged && status != incident.StatusResolved) {
			p.bad.Add(where+".status", "must be acknowledged or resolved")
		}
		a.Status = string(status)
	case ActionChangeSeverity:
		severity, ok := incident.ParseSeverity(a.Severity)
		if !ok {
			p.bad.Add(where+".severity", "must be critical, high, medium, low or info")
		}
		a.Severity = string(severity)
	default:
		p.bad.Add(where+".type", "must be notify, notify_<role>, assign, change_status or change_severity, not %q", a.Type)
	}
	if a.Urgency != "" && a.Urgency != string(incident.UrgencyHigh) && a.Urgency != string(incident.UrgencyLow) {
		p.bad.Add(where+".urgency", "must be high or low")
	}
	p.text(where+".message", a.Message, 0, maxMessage)
	for i, channel := range a.Channels {
		if !slices.Contains(p.channels, channel) {
			p.bad.Add(fmt.Sprintf("%s.channels[%d]", where, i), "must be one of %s", strings.Join(p.channels, ", "))
		}
	}
}

func (p *parser) targets(where string, a *Action) {
	all := a.targets()
	if len(all) == 0 {
		p.bad.Add(where+".target", "is needed: whom to %s", a.Type)
	}
	if len(all) > maxTargets {
		p.bad.Add(where+".recipients", "must be at most %d", maxTargets)
		return
	}
	check := func(at, text string) {
		if t, err := ParseTarget(text); err != nil {
			p.bad.Add(at, "%s", err)
		} else if t.Kind == TargetFallback {
			p.bad.Add(at, "the fallback contacts are paged by the server itself")
		}
	}
	if a.Target != "" {
		check(where+".target", a.Target)
	}
	for i, text := range a.Recipients {
		check(fmt.Sprintf("%s.recipients[%d]", where, i), text)
	}
	for i, text := range a.TargetRoles {
		if role, ok := parseRole(text); !ok || role == account.RoleUser {
			p.bad.Add(fmt.Sprintf("%s.target_roles[%d]", where, i), "must be oncall_engineer, team_lead, manager, vp or cto")
		}
	}
}
