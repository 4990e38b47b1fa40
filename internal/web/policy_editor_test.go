package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
)

const pagesTeam = `{"type": "notify", "target": "team"}`

// everyOption are policies that together have every option of a policy, by what is special about each.
var everyOption = map[string]string{
	"words and numbers": `"description": "First Ann.\n\nThen Bob.", "is_active": false, "priority": -3, "exclusive": true,
		"repeat": {"times": 2, "every_minutes": 15}, "ack_timeout_minutes": 0`,
	"no repeat":      `"repeat": {"times": 0, "every_minutes": 0}`,
	"severities":     `"conditions": {"severity": ["critical", "low"]}`,
	"a comma":        `"conditions": {"service": ["shop, the", " cart "], "source": "manual"}`,
	"teams":          `"conditions": {"team_id": [1, 77]}`,
	"labels":         `"conditions": {"labels": {"env": ["prod", "a,b=c"], "region": "", "x=y": "<z>"}}`,
	"an expression":  `"conditions": {"expression": "incident.alert_count > 3 &&\n  incident.severity == \"high\""}`,
	"a time":         `"conditions": {"time": {"days": ["weekdays"], "from": "22:00", "to": "06:00", "timezone": "Europe/Berlin"}}`,
	"any time":       `"conditions": {"time": {"timezone": "UTC"}}`,
	"delays":         `"steps": [{"delay_minutes": 0.25, "actions": []}, {"delay_minutes": 1440}]`,
	"a condition":    withStep(`"condition": {"severity": "high", "service": "a", "labels": {"env": "prod"}, "team_id": 1, "source": "x", "expression": "true", "time": {"from": "08:00", "to": "24:00", "timezone": "UTC"}}`),
	"an alert count": withStep(`"condition": {"alert_count": {"at_least": 5, "within_minutes": 10}}`),
	"all alerts":     withStep(`"condition": {"alert_count": {"at_least": 5}}`),
	"waits":          withStep(`"wait_until": {"days": "mon", "from": "09:00", "to": "17:00", "timezone": "UTC"}`),
	"waits for one":  withStep(`"wait_until": "on_call"`),
	"until resolved": withStep(`"until": "resolved", "acknowledge": "all"`),
	"one target":     withAction(`{"type": "notify", "target": "schedule:Nights: one:next"}`),
	"many targets":   withAction(`{"type": "notify", "target": "team", "recipients": ["mia@example.com", "1", "managers"], "target_roles": ["vp"]}`),
	"by role":        withAction(`{"type": "notify_team_lead"}`),
	"how to page":    withAction(`{"type": "notify", "target": "team", "channels": ["ntfy"], "message": "\nCall\nme ", "urgency": "low", "pick": "round_robin"}`),
	"at random":      withAction(`{"type": "notify", "recipients": ["team"], "urgency": "high", "pick": "random"}`),
	"assign":         withAction(`{"type": "assign", "recipients": ["oncall_engineer", "1"]}`),
	"status":         withAction(`{"type": "status_change", "status": "resolved"}`),
	"severity":       withAction(`{"type": "change_severity", "severity": "low"}`),
	"a webhook":      withAction(`{"type": "webhook", "url": "https://hooks.example.org/s3cret", "headers": {"Authorization": "Bearer t0ken", "X-Team": "shop"}, "body": "{\"a\": {{json .What}}}", "message": "m"}`),
	"a channel":      withAction(`{"type": "channel", "kind": "email", "destination": "room@example.org", "message": "Hello"}`),
	"a hand-over":    withAction(`{"type": "policy", "policy": 1}`),
	"instructions":   withAction(`{"type": "instructions", "text": "1. Look\n2. Fix"}`),
	"no effect":      withAction(`{"type": "change_status", "status": "resolved", "target": "team", "recipients": ["vp", "cto"], "channels": ["email"], "url": "x", "headers": {"X-A": "b"}}`),
}

func withStep(members string) string {
	return `"steps": [{"actions": [` + pagesTeam + `]}, {"delay_minutes": 5, "actions": [` + pagesTeam + `], ` + members + `}]`
}

func withAction(document string) string {
	return `"steps": [{"actions": [` + pagesTeam + `, ` + document + `]}]`
}

func TestASaveInTheEditorLosesNothing(t *testing.T) {
	h := newHouse(t)
	h.team("Shop")
	manager := h.signIn(h.person("mia", account.RoleManager))
	for name, members := range everyOption {
		before := h.written(`{"name": "` + name + `", ` + members + `}`)
		at := policyPath(before.ID)
		form := manager.get(at).filledIn()
		form.Set("op", "settle")
		form = manager.post(at, form).is(http.StatusOK).filledIn()
		manager.post(at, form).goesTo(at + "?done=saved")
		after := h.savedPolicy(before.ID)
		after.Version, after.UpdatedAt, before.Warnings = before.Version, before.UpdatedAt, nil
		nothing := strings.NewReplacer("null", "[]") // A list that is absent and an empty one are the same nothing.
		if diff := cmp.Diff(nothing.Replace(jsonOf(t, before)), nothing.Replace(jsonOf(t, after))); diff != "" {
			t.Errorf("%s: a save without a change changed this:\n%s", name, diff)
		}
	}
}

func TestTheValueOfAHeaderIsKeptButNotShown(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	p := h.written(`{"name": "Hooks", ` + everyOption["a webhook"] + `}`)
	at := policyPath(p.ID)
	form := manager.get(at).hides("t0ken").filledIn()
	if form.Get("steps.0.actions.1.headers.0.value") != "…" {
		t.Fatalf("the form holds %v", form)
	}
	// It moves to another place, another header gets a new value, and a third comes; meanwhile somebody else saves.
	if _, err := h.deps.Escalations.UpdatePolicy(t.Context(), h.root, p.ID, 0, []byte(`{"steps": []}`)); err != nil {
		t.Fatal(err)
	}
	form.Set("op", "action:move:0:1:0")
	form = manager.post(at, form).shows("calls hooks.example.org, pages everybody in the team").hides("t0ken").filledIn()
	form.Set("steps.0.actions.0.headers.1.value", "cart")
	form.Set("steps.0.actions.0.headers.2.name", "X-New")
	form.Set("steps.0.actions.0.headers.2.value", "1")
	form = manager.post(at, form).is(http.StatusUnprocessableEntity).says("Somebody else has saved the policy since you opened it", at+"/diff?from=1&amp;to=2").filledIn()
	manager.post(at, form).goesTo(at)
	got := h.savedPolicy(p.ID).Steps[0].Actions[0].Headers
	if diff := cmp.Diff(map[string]string{"Authorization": "Bearer t0ken", "X-Team": "cart", "X-New": "1"}, got); diff != "" {
		t.Error(diff)
	}
	form = manager.get(at).filledIn()
	form.Set("steps.0.actions.0.headers.0.name", "X-Other")
	form.Set("steps.0.actions.0.headers.1.name", "")
	form.Set("steps.0.actions.0.headers.1.value", "")
	manager.post(at, form).goesTo(at)
	got = h.savedPolicy(p.ID).Steps[0].Actions[0].Headers
	if diff := cmp.Diff(map[string]string{"X-Other": "Bearer t0ken", "X-Team": "cart"}, got); diff != "" {
		t.Error("a header was renamed, another taken away:", diff)
	}

	// Nobody reads a stored value by asking for one of another policy, and what stands for a value is none.
	other := policyForm("Thief")
	for name, value := range map[string]string{
		"type": "webhook", "url": "https://thief.example.org", "stored": "1.0.1", "headers.0.name": "X", "headers.0.was": "Authorization", "headers.0.value": "…",
	} {
		other.Set("steps.0.actions.0."+name, value)
	}
	manager.post("/policies", other).is(http.StatusUnprocessableEntity).says("X: Is hidden here")
}

func TestEveryBadFieldOfAPolicyIsMarkedAndWhatWasTypedStays(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	bad := map[string]string{ // what is typed, and what is said beside it
		"name":                                         "" + "|Is needed: 1 to 255 characters.",
		"priority":                                     "soon|Must be a whole number.",
		"conditions.severity":                          "awful|Must be critical, high, medium, low or info.",
		"conditions.labels.add":                        "region|region: Must name at least one value.",
		"conditions.expression":                        "incident.nosuch == 1|undefined field",
		"conditions.time":                              "on|",
		"conditions.time.days":                         "mun|Must be mon, tue",
		"conditions.time.from":                         "25:00|Must be a time such as 08:30.",
		"conditions.time.timezone":                     "Mars/Olympus|Must be a time zone name",
		"repeat.times":                                 "often|Must be a whole number.",
		"repeat.every_minutes":                         "1.5|Must be a whole number.",
		"ack_timeout_minutes":                          "-1|Must be 0 to 43200.",
		"steps.0.delay_minutes":                        "later|Must be a number of minutes.",
		"steps.0.wait_until":                           "window|",
		"steps.0.wait_until.from":                      "9|Must be a time such as 08:30.",
		"steps.0.wait_until.timezone":                  "|Is needed, such as Europe/Berlin",
		"steps.0.condition":                            "on|",
		"steps.0.condition.expression":                 "1 +|Syntax error",
		"steps.0.condition.alert_count.at_least":       "0|Must be 1 to 100000.",
		"steps.0.actions.0.whom.add":                   "the moon|is no target",
		"steps.0.actions.0.channels":                   "pigeon|Must be one of email, ntfy.",
		"steps.0.actions.1.type":                       "webhook|",
		"steps.0.actions.1.url":                        "nowhere|",
		"steps.0.actions.1.headers.0.name":             "Host|Have Host, which is the server",
		"steps.0.actions.1.headers.0.value":            "x|",
		"steps.0.actions.1.body":                       "{{|Line 1: unclosed action",
		"steps.0.actions.2.type":                       "channel|",
		"steps.0.actions.2.destination":                "|Is needed: where to post.",
		"steps.0.actions.3.type":                       "policy|",
		"steps.0.actions.3.policy":                     "|Is needed: the id or name of the policy",
		"steps.0.actions.4.type":                       "instructions|",
		"steps.0.actions.4.text":                       " |Is needed: 1 to 10000 characters.",
		"steps.0.actions.5.type":                       "change_status|",
		"steps.0.actions.5.status":                     "open|Must be acknowledged or resolved.",
		"steps.0.actions.6.type":                       "dance|Must be notify",
		"steps.0.actions.7.type":                       "assign|Is needed: whom to assign.",
		"steps.1.delay_minutes":                        "-5|Must be 0 to 43200.",
		"steps.1.condition.alert_count.within_minutes": "7|",
	}
	form := policyForm("")
	form.Set("description", "keep <me>")
	form.Del("steps.0.actions.0.target")
	for name, entry := range bad {
		text, _, _ := strings.Cut(entry, "|")
		form.Set(name, text)
	}
	page := manager.post("/policies", form).is(http.StatusUnprocessableEntity).says("keep &lt;me&gt;")
	kept := page.filledIn()
	for name, entry := range bad {
		text, said, _ := strings.Cut(entry, "|")
		if !strings.Contains(page.body, said) {
			t.Errorf("%s: %q is not said", name, said)
		}
		if strings.HasSuffix(name, "whom.add") || strings.HasSuffix(name, "condition.alert_count.within_minutes") {
			continue
		}
		if got := kept.Get(name); got != text {
			t.Errorf("%s: %q was typed, and %q stands there", name, text, got)
		}
	}
	if kept.Get("steps.0.actions.0.target") != "the moon" {
		t.Error("the unknown target is gone")
	}
	for _, odd := range []string{"Steps.", "body.", "not string", "steps[0]"} {
		if strings.Contains(page.body, odd) {
			t.Errorf("%q: a message did not find its input, or speaks of the machine", odd)
		}
	}
	manager.get("/policies").hides("keep &lt;me&gt;")
	manager.post("/policies", policyForm("Fallback")).is(http.StatusUnprocessableEntity).says("already exists")
}

func TestABadExpressionIsSaidAtItsField(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("Odd")
	form.Set("conditions.expression", "incident.severity + 1")
	page := manager.post("/policies", form).is(http.StatusUnprocessableEntity).says(`id="f-conditions.expression-bad"`)
	if said := between(page.body, `id="f-conditions.expression-bad"`, "</p>"); !strings.Contains(said, "no matching overload") {
		t.Error("beside the expression stands", said)
	}
}

func TestACheckSavesNothing(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("Checked")
	form.Set("op", "check")
	manager.post("/policies", form).shows("It can be saved.")
	form.Set("conditions.service.add", "shoop")
	manager.post("/policies", form).shows("It can be saved.", `Conditions, service names &#34;shoop&#34;, which is in no catalogue`)
	form.Set("priority", "soon")
	manager.post("/policies/shape", form).shows("It cannot be saved yet: 1 input is marked below.", "Must be a whole number.").hides("It can be saved.", "<html")
	manager.get("/policies").hides("Checked")

	p := h.written(`{"name": "Silent", "steps": [{"actions": [{"type": "change_status", "status": "resolved", "pick": "random"}]}]}`)
	manager.get(policyPath(p.ID)).shows("No step pages anybody.", "Step 1, action 1, pick has no effect in an action change_status.")
	form = manager.get(policyPath(p.ID)).filledIn()
	form.Set("name", "Fallback")
	form.Set("op", "check")
	manager.post(policyPath(p.ID), form).shows("Is the name of another policy.")
}

func TestStepsAndActionsAreAddedMovedAndRemovedWithoutScript(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("Draft")
	press := func(op string) answer {
		t.Helper()
		form.Set("op", op)
		page := manager.post("/policies", form).is(http.StatusOK)
		form = page.filledIn()
		return page
	}
	press("step:add").says(`value="Draft"`, "Step 2").hides("Step 3")
	if form.Get("steps.1.delay_minutes") != "10" {
		t.Error("the new step is after", form.Get("steps.1.delay_minutes"))
	}
	form.Set("steps.1.actions.0.type", "assign")
	form.Set("steps.1.until", "resolved")
	moved := press("step:move:1:0").says("assigns the team lead")
	if first, second := strings.Index(moved.body, "<span>assigns"), strings.Index(moved.body, "<span>pages"); first < 0 || second < first {
		t.Error("the second step did not become the first")
	}
	if form.Get("steps.0.until") != "resolved" || form.Get("steps.1.delay_minutes") != "10" || form.Get("steps.0.delay_minutes") != "0" {
		t.Error("of a step all moves but its delay:", form)
	}
	press("action:add:1")
	form.Set("steps.1.actions.1.type", "instructions")
	form.Set("steps.1.actions.1.text", "Look")
	press("action:move:1:1:0").says("shows instructions, pages the on-call engineer")
	for _, op := range []string{"step:move:0:99", "step:remove:-1", "action:remove:0:9", "action:move:0:0", "step:move:x:y", "dance", "::", "action:add:7", "action:"} {
		press(op).says("assigns the team lead", "shows instructions, pages the on-call engineer")
	}
	press("action:remove:1:0").hides("shows instructions")
	press("step:remove:0").says(`name="steps.0.delay_minutes" value="10"`).hides("Step 2")
	manager.get("/policies").hides("Draft")
	form.Set("op", "step:add")
	manager.post("/policies/shape", form).shows(`id="policy-steps"`, "Step 2", `hx-target="#policy-plan"`).hides("<html")
}

func TestAnActionThatBecomesAnotherKeepsOnlyWhatCounts(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	p := h.written(`{"name": "Turned", ` + everyOption["how to page"] + `}`)
	form := manager.get(policyPath(p.ID)).filledIn()
	form.Set("steps.0.actions.1.type", "change_status")
	manager.post(policyPath(p.ID), form).goesTo(policyPath(p.ID))
	got := jsonOf(t, h.savedPolicy(p.ID).Steps[0].Actions[1])
	if diff := cmp.Diff("{\n \"type\": \"change_status\",\n \"status\": \"acknowledged\"\n}", got); diff != "" {
		t.Error(diff)
	}
}

func TestTargetsAreNamedAsPeopleDo(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	manager := h.signIn(h.person("mia", account.RoleManager))
	ann := h.person("ann", account.RoleUser, shop)
	twin, err := h.deps.Accounts.CreateUserDirect(t.Context(), account.NewUser{Email: "ann2@example.com", FullName: "Ann", Role: account.RoleUser, Password: goodPassword}, "")
	if err != nil {
		t.Fatal(err)
	}
	form := policyForm("Named")
	form.Del("steps.0.actions.0.target")
	for _, typed := range []string{"Mia, everybody in Shop", "Ann <ann2@example.com>", "ann@example.com", "schedule:Nights", `"schedule:a, b"`} {
		form.Set("steps.0.actions.0.whom.add", typed)
		form.Set("op", "add:steps.0.actions.0.whom")
		form = manager.post("/policies", form).is(http.StatusOK).filledIn()
	}
	form.Del("op")
	manager.post("/policies", form).goesTo("/policies/2")
	got := h.savedPolicy(2).Steps[0].Actions[0]
	want := []string{"team:" + idText(shop), idText(twin.ID), ann.Email, "schedule:Nights", "schedule:a, b"}
	if diff := cmp.Diff(want, got.Recipients); diff != "" || got.Target == "" {
		t.Errorf("%q and %s", got.Target, diff)
	}
}
