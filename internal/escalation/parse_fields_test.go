package escalation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestAPolicyIsReadWithAllItsFields(t *testing.T) {
	p, err := parse(`{
		"name": "Shop",
		"conditions": {"expression": "incident.alert_count > 1", "time": {"days": ["Friday", "weekend"], "from": "9:05", "to": "24:00", "timezone": "Europe/Berlin"}},
		"steps": [
			{"delay_minutes": 0.25, "until": "resolved", "acknowledge": "all", "wait_until": "on_call",
			 "condition": {"severity": "Critical", "labels": {"env": "prod"}, "alert_count": {"at_least": 3, "within_minutes": 10}},
			 "actions": [{"type": "notify", "target": "team", "pick": "round_robin", "urgency": "low", "message": "Please look"}]},
			{"delay_minutes": 5, "wait_until": {"days": "weekdays", "timezone": "UTC"}, "until": "acknowledged", "acknowledge": "one", "condition": {}, "actions": [
				{"type": "notify", "target": "team", "pick": "all"},
				{"type": "webhook", "url": "https://example.org/hook", "headers": {"X-Team": "shop"}, "body": "{\"title\": {{json .What}}}"},
				{"type": "channel", "kind": "ntfy", "destination": "https://ntfy.example.org/shop"},
				{"type": "instructions", "text": "1. Look at the dashboard"},
				{"type": "policy", "policy": 12}, {"type": "policy", "policy": " Bank "}]}
		]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := Definition{
		Conditions: Conditions{
			Expression: "incident.alert_count > 1",
			Time:       &Window{Days: Words{"fri", "sat", "sun"}, From: "09:05", To: "00:00", Timezone: "Europe/Berlin"},
		},
		Steps: []Step{
			{
				DelayMinutes: 0.25, Until: UntilResolved, Acknowledge: AcknowledgeAll, WaitUntil: &Wait{OnCall: true},
				Condition: &StepCondition{
					Conditions: Conditions{Severity: Words{"critical"}, Labels: map[string]Words{"env": {"prod"}}},
					AlertCount: &AlertCount{AtLeast: 3, WithinMinutes: 10},
				},
				Actions: []Action{{Type: ActionNotify, Target: "team", Pick: PickRoundRobin, Urgency: "low", Message: "Please look"}},
			},
			{
				DelayMinutes: 5, WaitUntil: &Wait{Window: &Window{Days: Words{"mon", "tue", "wed", "thu", "fri"}, Timezone: "UTC"}},
				Actions: []Action{
					{Type: ActionNotify, Target: "team"},
					{Type: ActionWebhook, URL: "https://example.org/hook", Headers: map[string]string{"X-Team": "shop"}, Body: `{"title": {{json .What}}}`},
					{Type: ActionChannel, Kind: "ntfy", Destination: "https://ntfy.example.org/shop"},
					{Type: ActionInstructions, Text: "1. Look at the dashboard"},
					{Type: ActionPolicy, Policy: "12"},
					{Type: ActionPolicy, Policy: "Bank"},
				},
			},
		},
	}
	if diff := cmp.Diff(want, p.Definition); diff != "" {
		t.Error(diff)
	}
}

// TestEachBadFieldHasASentence names every field that can be wrong, each with what the answer says of it.
func TestEachBadFieldHasASentence(t *testing.T) {
	step := func(members string) string { return `{"name": "n", "steps": [{` + members + `}]}` }
	action := func(members string) string { return step(`"actions": [{` + members + `}]`) }
	when := func(members string) string { return `{"name": "n", "conditions": {` + members + `}}` }
	window := func(members string) string { return when(`"time": {` + members + `}`) }
	hook := func(members string) string {
		return action(`"type": "webhook", "url": "https://example.org", ` + members)
	}
	for document, want := range map[string]string{
		when(`"expression": "incident.titel == 'x'"`):                                    "body.conditions.expression line 1, column 9: undefined field 'titel'",
		when(`"expression": ""`):                                                         "body.conditions.expression must name at least one value",
		when(`"expression": 5`):                                                          "body.conditions.expression must be a text, not number",
		when(`"time": null`):                                                             "body.conditions.time must name at least one value",
		when(`"time": []`):                                                               "body.conditions.time must name at least one value",
		when(`"time": "night"`):                                                          "body.conditions.time must be an object, not string",
		when(`"alert_count": {"at_least": 2}`):                                           "body.conditions.alert_count is no condition; known are expression, labels, service",
		window(`"timezone": "UTC", "day": "mon"`):                                        "body.conditions.time.day is no field of a window; known are days, from, timezone, to",
		window(`"timezone": "UTC", "days": ["mon", "moonday"]`):                          "body.conditions.time.days[1] must be mon, tue",
		window(`"timezone": "Europe/Atlantis"`):                                          "body.conditions.time.timezone must be a time zone name",
		window(`"timezone": "Local"`):                                                    "body.conditions.time.timezone must be a time zone name",
		window(`"days": "mon"`):                                                          "body.conditions.time.timezone is needed",
		window(`"timezone": "UTC", "from": "08:00"`):                                     "body.conditions.time needs both from and to",
		window(`"timezone": "UTC", "from": "8 o'clock", "to": "09:00"`):                  "body.conditions.time.from must be a time such as 08:30",
		window(`"timezone": "UTC", "from": "08:00", "to": "25:00"`):                      "body.conditions.time.to must be a time such as 08:30",
		window(`"timezone": "UTC", "from": "24:00", "to": "08:00"`):                      "body.conditions.time.from must be a time such as 08:30",
		step(`"condition": {"alert_count": {"at_least": 0}}`):                            "body.steps[0].condition.alert_count.at_least must be 1 to 100000",
		step(`"condition": {"alert_count": {"atleast": 1}}`):                             "body.steps[0].condition.alert_count.atleast is no field of an alert count",
		step(`"condition": {"alert_count": {"at_least": 1, "within_minutes": -1}}`):      "body.steps[0].condition.alert_count.within_minutes must be 0",
		step(`"condition": {"serverity": "high"}`):                                       "body.steps[0].condition.serverity is no condition; known are alert_count, expression",
		step(`"condition": {"severity": "awful"}`):                                       "body.steps[0].condition.severity[0] must be critical",
		step(`"condition": {"expression": "incident.title"}`):                            "body.steps[0].condition.expression must be true or false",
		step(`"condition": []`):                                                          "body.steps[0].condition must be an object, not array",
		step(`"wait_until": "tomorrow"`):                                                 `body.steps[0].wait_until must be "on_call" or a window`,
		step(`"wait_until": 5`):                                                          "body.steps[0].wait_until must be an object, not number",
		step(`"wait_until": {"timezone": "Nowhere"}`):                                    "body.steps[0].wait_until.timezone must be a time zone name",
		step(`"until": "forever"`):                                                       "body.steps[0].until must be resolved or acknowledged",
		step(`"acknowledge": "some"`):                                                    "body.steps[0].acknowledge must be all or one",
		step(`"delay": 5`):                                                               "body.steps[0].delay is no field of a step; known are acknowledge, actions",
		action(`"type": "notify", "target": "team", "pick": "some"`):                     "body.steps[0].actions[0].pick must be all, round_robin or random",
		action(`"type": "notify", "target": "team", "colour": "red"`):                    "body.steps[0].actions[0].colour is no field of an action",
		action(`"type": "policy"`):                                                       "body.steps[0].actions[0].policy is needed",
		action(`"type": "policy", "policy": [1]`):                                        "body.steps[0].actions[0].policy must be a text, not array",
		action(`"type": "instructions", "text": " "`):                                    "body.steps[0].actions[0].text is needed",
		action(`"type": "webhook"`):                                                      "body.steps[0].actions[0].url is needed",
		action(`"type": "webhook", "url": "http://localhost/x"`):                         "body.steps[0].actions[0].url lies in an internal network",
		action(`"type": "channel", "destination": "x"`):                                  "body.steps[0].actions[0].kind must be one of email, ntfy",
		action(`"type": "channel", "kind": "pigeon", "destination": "x"`):                "body.steps[0].actions[0].kind must be one of email, ntfy",
		action(`"type": "channel", "kind": "ntfy"`):                                      "body.steps[0].actions[0].destination is needed",
		action(`"type": "channel", "kind": "ntfy", "destination": "http://localhost/x"`): "body.steps[0].actions[0].destination lies in an internal network",
		hook(`"headers": {"Host": "x"}`):                                                 "body.steps[0].actions[0].headers have Host, which is the server's own to set",
		hook(`"headers": {"X-A": 5}`):                                                    "body.steps[0].actions[0].headers must be a text, not number",
		hook(`"body": "{{.Title"`):                                                       "body.steps[0].actions[0].body line 1: ",
		hook(`"body": "{{if .Title}}"`):                                                  "body.steps[0].actions[0].body line 1: ",
		hook(`"body": "{{.Title}}"`):                                                     "body.steps[0].actions[0].body fails for a rich incident: line 1: there is no .Title",
		hook(`"body": "{\"a\": \"{{.What}}\"}"`):                                         "body.steps[0].actions[0].body fails for an incident full of marks: is not JSON",
		hook(`"headers": {"X-A": "…"}`):                                                  "body.steps[0].actions[0].headers.X-A is hidden here",
	} {
		_, err := parse(document)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", document, err)
			continue
		}
		fields := fault.From(err).Fields
		if said := fields[0].Location + " " + fields[0].Message; len(fields) > 2 || !strings.HasPrefix(said, want) {
			t.Errorf("%s:\n  %v\n  want %s", document, fields, want)
		}
	}
}

func TestAStormOfBadStepsIsAnsweredShortly(t *testing.T) {
	for name, document := range map[string]string{
		"10 000 steps":   `{"name": "n", "steps": [` + strings.TrimSuffix(strings.Repeat(`{"actions": []},`, 10_000), ",") + `]}`,
		"a huge body":    `{"name": "n", "steps": [{"actions": [{"type": "webhook", "url": "https://example.org", "body": "` + strings.Repeat("x", maxBody+1) + `"}]}]}`,
		"a huge address": `{"name": "n", "steps": [{"actions": [{"type": "webhook", "url": "https://example.org/` + strings.Repeat("x", maxDestination) + `"}]}]}`,
	} {
		_, err := parse(document)
		if got := badFields(t, err); len(got) != 1 || len(err.Error()) > 300 {
			t.Errorf("%s: %v", name, got)
		}
	}
}
