package escalation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
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
	Name        *string
	Description *string
	IsActive    *bool
	Priority    *int
	Exclusive   *bool
	Conditions  json.RawMessage
	Steps       []json.RawMessage

	TeamID, Repeat, AckTimeoutMinutes json.RawMessage // null clears them
}

// vocabulary is what a policy may name besides what stands in the design: it depends on what the server is set up with.
type vocabulary struct {
	channels []string // the kinds that exist
	posts    Posts
}

// bodiesTime is how long trying all bodies of a policy may take.
const bodiesTime = 2 * time.Second

// parser reads a policy document onto a policy and notes everything that is wrong with it.
type parser struct {
	vocabulary
	body     func(headers map[string]string, body string) error // what is wrong with the body of a webhook
	stored   []Step                                             // what the policy did before
	bad      fault.Checks
	warnings []Warning
}

// parsePolicy reads a policy document onto base, keeping what it does not mention. An unknown key of the policy itself is
// accepted with a warning, for old clients send more; one in the conditions, a step or an action is refused, for a misspelt
// condition would match the world. Faults: Malformed when it is no JSON object, Invalid naming every bad field; with the
// latter the policy comes as far as it could be read.
func parsePolicy(ctx context.Context, raw []byte, base Policy, known vocabulary) (Policy, error) {
	ctx, stop := context.WithTimeout(ctx, bodiesTime)
	defer stop()
	p := &parser{vocabulary: known, stored: base.Steps, body: func(headers map[string]string, body string) error {
		return known.posts.CheckBody(ctx, ActionWebhook, headers, body)
	}}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return Policy{}, fault.New(fault.Malformed, "malformed", "The policy must be a JSON object.")
	}
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
		base.Conditions = p.conditions("body.conditions", doc.Conditions)
	}
	if doc.Steps != nil {
		base.Steps = p.steps(doc.Steps)
	}
	p.whole(&base)
	base.Warnings = p.warnings
	return base, p.bad.Err()
}

func (p *parser) document(top map[string]json.RawMessage) (doc document) {
	known := fields{
		"name": &doc.Name, "description": &doc.Description, "is_active": &doc.IsActive, "priority": &doc.Priority, "exclusive": &doc.Exclusive,
		"conditions": &doc.Conditions, "steps": &doc.Steps,
		"team_id": &doc.TeamID, "repeat": &doc.Repeat, "ack_timeout_minutes": &doc.AckTimeoutMinutes,
	}
	for _, key := range slices.Sorted(maps.Keys(top)) {
		if known[key] == nil {
			p.warnings = append(p.warnings, Warning{Code: "unknown_field", Message: fmt.Sprintf("%q is unknown and has no effect.", key)})
			delete(top, key)
		}
	}
	p.members("body", "", top, known)
	if string(doc.Conditions) == "null" {
		doc.Conditions = nil
	}
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

// fields are the members that an object may have: pointers to what they are read into, or functions that read them.
type fields map[string]any

// object reads a JSON object, each member apart so that every bad one is named. what is "condition", or whatever a member is
// called.
func (p *parser) object(where, what string, raw json.RawMessage, known fields) bool {
	var members map[string]json.RawMessage
	if !p.decode(where, raw, &members) {
		return false
	}
	if members == nil {
		p.bad.Add(where, "must be an object, not null")
		return false
	}
	p.members(where, what, members, known)
	return true
}

func (p *parser) members(where, what string, members map[string]json.RawMessage, known fields) {
	for _, key := range slices.Sorted(maps.Keys(members)) {
		at := where + "." + key
		switch field := known[key].(type) {
		case nil:
			p.bad.Add(at, "is no %s; known are %s", what, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case func(at string, raw json.RawMessage):
			field(at, members[key])
		default:
			p.decode(at, members[key], field)
		}
	}
}
