package escalation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// someWords has two channels besides webhooks, and a guard against internal addresses.
var someWords = vocabulary{[]string{"email", "ntfy"}, notify.New(notify.Deps{
	Channels: map[string]notify.Channel{"email": wire("email"), "ntfy": wire("ntfy"), "webhook": hook{"webhook"}},
	Secret:   account.NewKeys(bytes.Repeat([]byte("k"), 32)), PublicURL: "http://tocsin.test",
})}

// wire is a channel that leads nowhere.
type wire string

func (w wire) Kind() string                                      { return string(w) }
func (w wire) Describe() notify.Info                             { return notify.Info{Title: string(w)} }
func (wire) Reaches() bool                                       { return true }
func (wire) Send(context.Context, notify.Message) notify.Outcome { return notify.Outcome{} }

func (wire) CheckAddress(address string) (string, error) {
	if strings.Contains(address, "localhost") {
		return "", errors.New("lies in an internal network")
	}
	return address, nil
}

// hook is one that takes headers.
type hook struct{ wire }

func (hook) CheckHeaders(headers map[string]string) error {
	if _, there := headers["Host"]; there {
		return errors.New("have Host, which is the server's own to set")
	}
	return nil
}

func parse(document string) (Policy, error) {
	return parsePolicy(context.Background(), []byte(document), Policy{IsActive: true}, someWords)
}

// badFields are the locations that the error names.
func badFields(t *testing.T, err error) []string {
	t.Helper()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v, want Invalid", err)
	}
	named := map[string]bool{}
	for _, f := range fault.From(err).Fields {
		named[f.Location] = true
	}
	return slices.Sorted(maps.Keys(named))
}

func TestAPolicyIsReadWithItsOlderSpellings(t *testing.T) {
	p, err := parse(`{
		"name": " Shop ", "description": "d", "priority": 3, "team_id": 5, "exclusive": true, "ack_timeout_minutes": 30,
		"conditions": {"severity": "HIGH", "service": ["a", "b"], "team_id": 5, "labels": {"env": "prod", "region": ["eu", "us"]}},
		"repeat": {"times": 2, "every_minutes": 10},
		"steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify_oncall_engineer"}, {"type": "notify", "target_roles": ["managers"], "channels": ["email"]}]},
			{"delay_minutes": 0.5, "actions": [{"type": "status_change", "status": "Acknowledged"}, {"type": "change_severity", "severity": "LOW"}]}
		]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := Policy{
		Name: "Shop", Description: "d", IsActive: true, TeamID: new(int64(5)),
		Definition: Definition{
			Priority: 3, Exclusive: true, AckTimeoutMinutes: new(30), Repeat: &Repeat{Times: 2, EveryMinutes: 10},
			Conditions: Conditions{
				Severity: Words{"high"}, Service: Words{"a", "b"}, TeamID: Numbers{5}, Labels: map[string]Words{"env": {"prod"}, "region": {"eu", "us"}},
			},
			Steps: []Step{
				{Actions: []Action{{Type: ActionNotify, TargetRoles: []string{"oncall_engineer"}}, {Type: ActionNotify, TargetRoles: []string{"managers"}, Channels: []string{"email"}}}},
				{DelayMinutes: 0.5, Actions: []Action{{Type: ActionChangeStatus, Status: "acknowledged"}, {Type: ActionChangeSeverity, Severity: "low"}}},
			},
		},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAnOldClientSendsBesidesIsAcceptedWithAWarning(t *testing.T) {
	p, err := parse(`{"name": "Shop", "colour": "red", "id": 4, "steps": []}`)
	if err != nil || len(p.Warnings) != 2 || !strings.Contains(p.Warnings[0].Message, `"colour"`) {
		t.Errorf("%v, %v", p.Warnings, err)
	}
}

func TestWhatAChangeDoesNotMentionStays(t *testing.T) {
	before, err := parse(`{"name": "Shop", "team_id": 5, "priority": 2, "conditions": {"severity": "high"}, "repeat": {"times": 1, "every_minutes": 5},
		"ack_timeout_minutes": 5, "steps": [{"actions": [{"type": "notify", "target": "team"}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	after, err := parsePolicy(t.Context(), []byte(`{"description": "new", "name": null, "steps": null}`), before, someWords)
	want := before
	want.Description = "new"
	if diff := cmp.Diff(want, after); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	after, err = parsePolicy(t.Context(), []byte(`{"team_id": null, "repeat": null, "ack_timeout_minutes": null, "conditions": {}, "steps": [], "is_active": false}`), before, someWords)
	if err != nil || after.TeamID != nil || after.Repeat != nil || after.AckTimeoutMinutes != nil || len(after.Conditions.Severity) != 0 || len(after.Steps) != 0 || after.IsActive {
		t.Errorf("%v %+v", err, after)
	}
}

func TestEveryBadFieldOfAPolicyIsNamed(t *testing.T) {
	_, err := parse(`{
		"name": "", "description": 5, "is_active": "yes", "priority": 1e9, "team_id": "x", "exclusive": 1, "ack_timeout_minutes": -1,
		"conditions": {"severity": ["high", "awful"], "service": [], "source": null, "serverity": "high", "team_id": "x", "labels": {"env": []}},
		"repeat": {"times": 21, "every_minutes": 0},
		"steps": [
			{"delay_minutes": 10, "actions": [
				{"type": "notify"}, {"type": "shout", "target": "team"}, {"type": "notify", "target": "nobody", "channels": ["email", "pigeon"]},
				{"type": "notify", "recipients": ["team", "who?"], "target_roles": ["user"], "urgency": "extreme"},
				{"type": "change_status", "status": "open"}, {"type": "change_severity", "severity": "awful"},
				{"type": "notify", "target": "fallback", "message": "\u0000"}]},
			{"delay_minutes": 5, "actions": []},
			{"delay_minutes": -1},
			{"delay_minutes": "soon"},
			{"delay": 5}, 7]}`)
	want := []string{
		"body.ack_timeout_minutes", "body.conditions.labels.env", "body.conditions.serverity", "body.conditions.service",
		"body.conditions.severity[1]", "body.conditions.source", "body.conditions.team_id", "body.description", "body.exclusive", "body.is_active",
		"body.name", "body.priority", "body.repeat.every_minutes", "body.repeat.times",
		"body.steps[0].actions[0].target", "body.steps[0].actions[1].type", "body.steps[0].actions[2].channels[1]", "body.steps[0].actions[2].target",
		"body.steps[0].actions[3].recipients[1]", "body.steps[0].actions[3].target_roles[0]", "body.steps[0].actions[3].urgency",
		"body.steps[0].actions[4].status", "body.steps[0].actions[5].severity", "body.steps[0].actions[6].message", "body.steps[0].actions[6].target",
		"body.steps[1].delay_minutes", "body.steps[2].delay_minutes", "body.steps[3].delay_minutes", "body.steps[4].delay", "body.steps[5]", "body.team_id",
	}
	if diff := cmp.Diff(want, badFields(t, err)); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
}

func TestPoliciesHaveBounds(t *testing.T) {
	many := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	action := `{"type": "notify", "target": "team"}`
	for name, c := range map[string]struct{ document, field string }{
		"steps":       {`{"name": "n", "steps": ` + many(maxSteps+1, `{"actions": []}`) + `}`, "body.steps"},
		"actions":     {`{"name": "n", "steps": [{"actions": ` + many(maxActions+1, action) + `}]}`, "body.steps[0].actions"},
		"targets":     {`{"name": "n", "steps": [{"actions": [{"type": "notify", "recipients": ` + many(maxTargets+1, `"team"`) + `}]}]}`, "body.steps[0].actions[0].recipients"},
		"message":     {fmt.Sprintf(`{"name": "n", "steps": [{"actions": [{"type": "notify", "target": "team", "message": %q}]}]}`, strings.Repeat("ä", maxMessage+1)), "body.steps[0].actions[0].message"},
		"name":        {fmt.Sprintf(`{"name": %q}`, strings.Repeat("ä", maxName+1)), "body.name"},
		"description": {fmt.Sprintf(`{"name": "n", "description": %q}`, strings.Repeat("ä", maxDescription+1)), "body.description"},
		"delay":       {`{"name": "n", "steps": [{"delay_minutes": 43201, "actions": []}]}`, "body.steps[0].delay_minutes"},
	} {
		_, err := parse(c.document)
		if got := badFields(t, err); !slices.Equal(got, []string{c.field}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := parse(fmt.Sprintf(`{"name": %q, "steps": %s}`, strings.Repeat("ä", maxName), many(maxSteps, `{"actions": []}`))); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
}

func TestWhatIsNoObjectIsMalformed(t *testing.T) {
	for _, document := range []string{``, `[]`, `"x"`, `{`, `{} {}`, "\xff"} {
		if _, err := parse(document); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q: %v", document, err)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{
		ladder, twoSteps, `{}`, `null`, `{"name": null}`, `{"name": "x", "conditions": {"labels": {"a": [1]}}}`, `{"steps": [null]}`,
		`{"name": "x", "steps": [{"delay_minutes": 1e308, "actions": [{"type": "notify_", "target": ":"}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := parsePolicy(t.Context(), document, Policy{}, someWords)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Malformed {
				t.Fatalf("%q: %v", document, err)
			}
			return
		}
		kept, err := json.Marshal(p.Definition)
		if err != nil {
			t.Fatalf("%q cannot be kept: %v", document, err)
		}
		var again Definition
		if err := json.Unmarshal(kept, &again); err != nil || len(again.Steps) != len(p.Steps) {
			t.Fatalf("%q cannot be read again: %v", document, err)
		}
		for i, step := range p.Steps {
			if step.delay() < 0 || (i > 0 && step.delay() < p.Steps[i-1].delay()) {
				t.Fatalf("%q: the delays decrease: %+v", document, p.Steps)
			}
			for _, action := range step.Actions {
				for _, target := range action.targets() {
					if _, err := ParseTarget(target); err != nil {
						t.Fatalf("%q: saved with the target %q: %v", document, target, err)
					}
				}
			}
		}
	})
}
