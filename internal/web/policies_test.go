package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

// policyForm is the editor filled in as somebody would for a first policy.
func policyForm(name string) url.Values {
	return url.Values{
		"name": {name}, "description": {""}, "team_id": {"0"}, "priority": {"0"}, "is_active": {"on"},
		"steps.0.delay_minutes": {"0"}, "steps.0.actions.0.type": {"notify"}, "steps.0.actions.0.target": {"oncall_engineer"},
	}
}

func TestAPolicyIsWrittenReadAndDeleted(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	manager := h.signIn(h.person("mia", account.RoleManager))
	manager.get("/policies").shows("Fallback", "when no other policy pages anybody", "New policy")
	manager.get("/policies/new").shows("Step 1", "the on-call engineer", `name="steps.0.actions.0.target"`)
	form := policyForm("Day and night")
	form.Set("conditions.team_id", "shop")
	form.Set("conditions.service", "checkout, cart")
	form["conditions.severity"] = []string{"critical", "high"}
	form.Set("conditions.labels", "env=prod, staging\nregion=eu\n")
	form.Set("repeat.times", "2")
	form.Set("repeat.every_minutes", "15")
	form.Set("steps.1.delay_minutes", "7,5")
	form.Set("steps.1.actions.0.type", "notify")
	form.Set("steps.1.actions.0.target", "team:"+idText(shop)+":team_lead")
	form.Set("steps.1.actions.0.channels", "Email, ntfy")
	form.Set("steps.1.actions.1.type", "change_severity")
	form.Set("steps.1.actions.1.severity", "critical")
	manager.post("/policies", form).goesTo("/policies/2?done=created")
	manager.get("/policies/2").shows(
		`value="7.5"`, "pages the team lead of Shop by email, ntfy, makes it critical", `value="checkout, cart"`, `value="Shop"`,
		"env=prod, staging\nregion=eu", `value="critical" checked`, `name="repeat.times" value="2"`, "version 1", "by Mia", "Delete policy",
	)
	manager.get("/policies").shows("Day and night", "severity critical or high, service checkout or cart, team Shop, env = prod or staging", "2 steps")
	form.Set("name", "Night")
	form.Del("is_active")
	manager.post("/policies/2", form).goesTo("/policies/2?done=saved")
	manager.get("/policies/2").shows("version 2", "It is inactive", "as Day and night.")
	manager.get("/teams/" + idText(shop)).shows("Night (inactive)")
	manager.post("/policies/2/delete", nil).goesTo("/policies?done=deleted")
	manager.get("/policies/2").is(http.StatusNotFound)
	manager.get("/policies/x").is(http.StatusNotFound)
}

func TestEveryBadFieldOfAPolicyIsMarked(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("")
	form.Set("description", "keep me")
	form.Set("priority", "soon")
	form["conditions.severity"] = []string{"awful"}
	form.Set("conditions.team_id", "Nowhere")
	form.Set("repeat.times", "99")
	form.Set("repeat.every_minutes", "x")
	form.Set("steps.0.delay_minutes", "later")
	form.Set("steps.1.delay_minutes", "10")
	form.Set("steps.1.actions.0.type", "notify")
	form.Set("steps.1.actions.0.target", "moon")
	form.Set("steps.1.actions.0.channels", "pigeon")
	form.Set("steps.2.delay_minutes", "5")
	form.Set("steps.2.actions.0.type", "change_status")
	form.Set("steps.2.actions.0.status", "open")
	page := manager.post("/policies", form).is(http.StatusUnprocessableEntity).says(
		"keep me", "Is needed: 1 to 255 characters.", "Must be a whole number.", "Must be a number of minutes.", "is no target", "Must be one of email, ntfy.",
		"Must not be less than the step before (10).", "Must be acknowledged or resolved.", "Must be critical, high, medium, low or info.",
		"Name teams as they are listed", `value="later"`, `value="moon"`, `value="pigeon"`,
	)
	if strings.Contains(page.body, "Steps.") || strings.Contains(page.body, "not string") {
		t.Error("a message did not find its input, or speaks of the machine")
	}
	manager.get("/policies").hides("keep me")
	manager.post("/policies", policyForm("Fallback")).is(http.StatusUnprocessableEntity).says("already exists")
}

func TestStepsAreAddedMovedAndRemovedWithoutScript(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("Draft")
	form.Set("op", "add-step")
	manager.post("/policies", form).shows(`value="Draft"`, `name="steps.1.delay_minutes" value="10"`, "Step 2").hides("Step 3")
	form.Set("steps.1.delay_minutes", "10")
	form.Set("steps.1.actions.0.type", "assign")
	form.Set("steps.1.actions.0.target", "assignees")
	form.Set("op", "up:1")
	moved := manager.post("/policies", form).shows("assigns the assignees")
	if first, second := strings.Index(moved.body, "<span>assigns"), strings.Index(moved.body, "<span>pages"); first < 0 || second < first {
		t.Error("the second step did not become the first")
	}
	form.Set("op", "remove-step:0")
	manager.post("/policies", form).shows(`name="steps.0.delay_minutes" value="10"`).hides("Step 2")
	form.Set("op", "add-action:1")
	manager.post("/policies", form).shows(`name="steps.1.actions.1.type"`)
	form.Set("op", "remove-action:1:0")
	manager.post("/policies", form).shows("nothing").hides(`name="steps.1.actions.0.type"`)
	for _, op := range []string{"up:0", "up:99", "remove-step:-1", "remove-action:0:9", "up-action:0:0", "dance", "::"} {
		form.Set("op", op)
		manager.post("/policies", form).shows("assigns the assignees", "pages the on-call engineer")
	}
	manager.get("/policies").hides("Draft")
	form.Set("op", "add-step")
	manager.post("/policies/shape", form).shows(`id="policy-steps"`, "Step 3", `hx-target="#policy-plan"`).hides("<html")
}

func TestTheEditorKeepsWhatItDoesNotShow(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	raw := `{"name": "Written", "steps": [{"delay_minutes": 0, "actions": [
		{"type": "notify", "target": "mia@example.com", "urgency": "low"},
		{"type": "notify", "target": "team", "recipients": ["managers"], "urgency": "high"}]}]}`
	if _, err := h.deps.Escalations.CreatePolicy(t.Context(), h.root, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	manager.get("/policies/2").shows("pages Mia", "everybody in the team, the manager", `&#34;urgency&#34;:&#34;low&#34;`)
	form := policyForm("Written")
	form.Set("steps.0.actions.0.rest", `{"urgency":"low"}`)
	form.Set("steps.0.actions.1.type", "notify")
	form.Set("steps.0.actions.1.target", "")
	form.Set("steps.0.actions.1.rest", `{"target":"team","recipients":["managers"],"urgency":"high"}`)
	manager.post("/policies/2", form).goesTo("/policies/2?done=saved")
	saved, err := h.deps.Escalations.GetPolicy(t.Context(), h.root, 2)
	if err != nil {
		t.Fatal(err)
	}
	first, second := saved.Steps[0].Actions[0], saved.Steps[0].Actions[1]
	if first.Urgency != "low" || second.Target != "team" || len(second.Recipients) != 1 || second.Urgency != "high" {
		t.Errorf("the actions became %+v and %+v", first, second)
	}
}

func TestTheFallbackPolicyChangesItsStepsOnly(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	manager.get("/policies/1").shows("Fallback", "cannot be deleted").hides("Delete policy", `name="is_active"`, `name="conditions.service"`)
	form := policyForm("Last resort")
	form.Set("conditions.service", "checkout")
	form.Del("is_active")
	manager.post("/policies/1", form).goesTo("/policies/1?done=saved")
	saved, err := h.deps.Escalations.GetPolicy(t.Context(), h.root, 1)
	if err != nil || !saved.IsActive || !saved.IsFallback || len(saved.Steps) != 1 || len(saved.Conditions.Service) != 0 || saved.Priority == 0 {
		t.Errorf("the fallback became %+v (%v)", saved, err)
	}
	manager.post("/policies/1/delete", nil).is(http.StatusConflict).says("cannot be deleted")
}

func TestWhoMayReadAndWritePolicies(t *testing.T) {
	h := newHouse(t)
	shop, payments := h.team("Shop"), h.team("Payments")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	form := policyForm("Ours")
	lead.post("/policies", form).is(http.StatusForbidden)
	form.Set("team_id", idText(payments))
	lead.post("/policies", form).is(http.StatusForbidden)
	form.Set("team_id", idText(shop))
	lead.post("/policies", form).goesTo("/policies/2?done=created")
	lead.get("/policies/new").shows(">Shop<").hides(">All teams<", `<option value="`+idText(payments)+`"`)
	lead.get("/policies/1").shows("<fieldset disabled").hides("Save policy")
	lead.post("/policies/1", form).is(http.StatusForbidden)
	if _, err := h.deps.Escalations.CreatePolicy(t.Context(), h.root, []byte(`{"name": "Everybody's"}`)); err != nil {
		t.Fatal(err)
	}
	lead.post("/policies/3/delete", nil).is(http.StatusForbidden)
	lead.get("/policies/3").shows("it pages nobody").hides("Delete policy")

	engineer := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	engineer.get("/policies").shows("Ours", `href="/policies"`).hides("New policy")
	engineer.get("/policies/2").shows("<fieldset disabled").hides("Save policy", "Delete policy")
	engineer.get("/policies/new").is(http.StatusForbidden)
	engineer.post("/policies", form).is(http.StatusForbidden)
	engineer.post("/policies/shape", form).is(http.StatusForbidden)

	plain := h.signIn(h.person("ulla", account.RoleUser, shop))
	plain.get("/incidents").hides(`href="/policies"`)
	plain.get("/policies").is(http.StatusForbidden)
	plain.get("/policies/2").is(http.StatusForbidden)
	h.browser().get("/policies/2").goesTo("/login.html?next=%2Fpolicies%2F2")
}
