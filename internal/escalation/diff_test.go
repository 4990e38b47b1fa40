package escalation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// version reads a document as a version of a policy.
func version(t *testing.T, document string) PolicyVersion {
	t.Helper()
	p, err := parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return PolicyVersion{Name: p.Name, Description: p.Description, IsActive: p.IsActive, TeamID: p.TeamID, Definition: p.Definition}
}

var someNames = words{
	users: map[int64]string{7: "Ann", 8: "Bob"}, teams: map[int64]string{5: "Shop", 6: "Bank"}, policies: map[int64]string{12: "Night"},
}

func TestWhatChangedBetweenTwoVersionsIsSaidInSentences(t *testing.T) {
	steps := func(list string) string { return `{"name": "n", "steps": [` + list + `]}` }
	pages := func(delay, whom string) string {
		return `{"delay_minutes": ` + delay + `, "actions": [{"type": "notify", "target": "` + whom + `"}]}`
	}
	step := func(members string) string {
		return steps(`{"actions": [{"type": "notify", "target": "team"}], ` + members + `}`)
	}
	action := func(action string) string {
		return steps(`{"actions": [{"type": "notify", "target": "team"}, ` + action + `]}`)
	}
	for _, c := range []struct {
		name, before, after string
		want                []string // path and sentence
	}{
		{"nothing", step(`"until": "resolved"`), step(`"until": "resolved"`), nil},
		{
			"the policy itself", `{"name": "Ladder", "team_id": 5, "repeat": {"times": 2, "every_minutes": 10}, "priority": 1}`,
			`{"name": "Ladder 2", "description": "New", "is_active": false, "priority": 4, "exclusive": true, "ack_timeout_minutes": 30}`,
			[]string{
				"name", "Name: Ladder → Ladder 2", "description", "Description: none → New", "is_active", "Active: yes → no", "team_id", "Team: Shop → none",
				"priority", "Priority: 1 → 4", "exclusive", "Exclusive: no → yes",
				"ack_timeout_minutes", "Acknowledgement holds as long as the organisation says → 30 minutes",
				"repeat", "Repeated 2 × every 10 minutes → as the organisation says",
			},
		},
		{
			"conditions", `{"name": "n", "conditions": {"severity": "high", "labels": {"env": "prod", "rack": "a"}, "team_id": 5}}`,
			`{"name": "n", "conditions": {"severity": ["high", "critical"], "service": "shop", "source": "grafana", "labels": {"env": "live"}, "team_id": [5, 6],
				"expression": "incident.alert_count > 1", "time": {"days": ["mon", "tue"], "from": "08:00", "to": "17:00", "timezone": "UTC"}}}`,
			[]string{
				"conditions.severity", "Condition: severity high → high, critical", "conditions.service", "Condition: service any → shop",
				"conditions.source", "Condition: source any → grafana", "conditions.team_id", "Condition: team Shop → Shop, Bank",
				"conditions.labels.env", "Condition: label env prod → live", "conditions.labels.rack", "Condition: label rack a → any",
				"conditions.expression", "Condition: expression none → incident.alert_count > 1",
				"conditions.time", "Condition: time any → mon, tue 08:00–17:00 UTC",
			},
		},
		{"a delay", steps(pages("0", "team") + "," + pages("10", "vp")), steps(pages("0", "team") + "," + pages("5", "vp")), []string{"steps[1].delay_minutes", "Step 2: delay 10 → 5 minutes"}},
		{"a target", steps(pages("0", "7")), steps(pages("0", "8")), []string{"steps[0].actions[0].target", "Step 1: pages Bob: target Ann → Bob"}},
		{"a role", steps(pages("0", "oncall_engineer")), steps(pages("0", "cto")), []string{"steps[0].actions[0].target", "Step 1: pages CTO: target on-call engineer → CTO"}},
		{
			"a step between two", steps(pages("0", "7") + "," + pages("10", "8")), steps(pages("0", "7") + "," + pages("5", "team") + "," + pages("10", "8")),
			[]string{"steps[1]", "Step 2 is new: after 5 minutes pages team"},
		},
		{
			"the first of three", steps(pages("0", "7") + "," + pages("5", "team") + "," + pages("10", "8")), steps(pages("5", "team") + "," + pages("10", "8")),
			[]string{"steps[0]", "Step 1 is gone: after 0 minutes pages Ann"},
		},
		{
			"an action of another type", steps(pages("0", "7")), steps(`{"actions": [{"type": "change_severity", "severity": "low"}]}`),
			[]string{"steps[0].actions[0]", "Step 1: no longer pages Ann", "steps[0].actions[0]", "Step 1: now makes it low"},
		},
		{
			"another action", action(`{"type": "assign", "target": "team"}`), action(`{"type": "policy", "policy": 12}`),
			[]string{"steps[0].actions[1]", "Step 1: no longer assigns team", "steps[0].actions[1]", "Step 1: now hands over to Night"},
		},
		{
			"the fields of an action", action(`{"type": "notify", "target": "7", "channels": ["email"]}`),
			action(`{"type": "notify", "target": "7", "urgency": "low", "message": "Look", "pick": "random"}`),
			[]string{
				"steps[0].actions[1].channels", "Step 1: pages one of Ann: channels email → all", "steps[0].actions[1].message", "Step 1: pages one of Ann: message none → Look",
				"steps[0].actions[1].pick", "Step 1: pages one of Ann: pick all → random", "steps[0].actions[1].urgency", "Step 1: pages one of Ann: urgency the incident's → low",
			},
		},
		{
			"a webhook, whose path stays unsaid", action(`{"type": "webhook", "url": "https://a.example/secret", "body": "1"}`),
			action(`{"type": "webhook", "url": "https://b.example/secret", "headers": {"X-Key": "secret"}, "body": "1"}`),
			[]string{"steps[0].actions[1].headers", "Step 1: calls b.example: headers none → X-Key", "steps[0].actions[1].url", "Step 1: calls b.example: url a.example → b.example"},
		},
		{
			"what holds a step back", step(`"delay_minutes": 0`), step(`"wait_until": "on_call", "until": "resolved", "acknowledge": "all",
				"condition": {"severity": "high", "alert_count": {"at_least": 3, "within_minutes": 5}}`),
			[]string{
				"steps[0].wait_until", "Step 1: waits for nothing → until somebody is on call", "steps[0].until", "Step 1: taken until acknowledged → resolved",
				"steps[0].acknowledge", "Step 1: acknowledged by one → all", "steps[0].condition.severity", "Step 1: condition severity any → high",
				"steps[0].condition.alert_count", "Step 1: condition alert count any → at least 3 within 5 minutes",
			},
		},
	} {
		var got []string
		for _, change := range compare(version(t, c.before), version(t, c.after), someNames) {
			got = append(got, change.Path, change.Sentence)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestAChangeKeepsWhatWasAndWhatIs(t *testing.T) {
	changes := compare(version(t, `{"name": "n", "conditions": {"severity": "high"}}`), version(t, `{"name": "n", "conditions": {}}`), words{})
	want := []Change{{Path: "conditions.severity", Before: []any{"high"}, Sentence: "Condition: severity high → any"}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Error(diff)
	}
}

// TestADiffIsEmptyExactlyForEqualVersions draws two versions of a few steps each.
func TestADiffIsEmptyExactlyForEqualVersions(t *testing.T) {
	someSteps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Step {
		return Step{
			DelayMinutes: float64(rapid.IntRange(0, 2).Draw(t, "delay")), Until: rapid.SampledFrom([]string{"", UntilResolved}).Draw(t, "until"),
			Actions: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Action {
				return Action{
					Type:   rapid.SampledFrom([]string{ActionNotify, ActionAssign}).Draw(t, "type"),
					Target: rapid.SampledFrom([]string{"team", "vp", "cto"}).Draw(t, "target"),
				}
			}), 0, 3).Draw(t, "actions"),
		}
	}), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		a := PolicyVersion{Definition: Definition{Steps: someSteps.Draw(t, "before")}}
		b := PolicyVersion{Definition: Definition{Steps: someSteps.Draw(t, "after")}}
		equal := same(a.Definition, b.Definition)
		changes := compare(a, b, words{})
		if (len(changes) == 0) != equal {
			t.Fatalf("equal: %v, changes: %+v", equal, changes)
		}
		added, removed := 0, 0
		for _, c := range changes {
			if c.Path[len(c.Path)-1] == ']' && c.Sentence[:4] == "Step" && !strings.Contains(c.Path, "actions") {
				if c.Before == nil {
					added++
				} else {
					removed++
				}
			}
		}
		if len(b.Definition.Steps)-len(a.Definition.Steps) != added-removed {
			t.Fatalf("%d steps became %d, but %d were added and %d removed", len(a.Definition.Steps), len(b.Definition.Steps), added, removed)
		}
		if _, err := json.Marshal(changes); err != nil {
			t.Fatal(err)
		}
	})
}
