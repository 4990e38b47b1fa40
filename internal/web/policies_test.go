package web

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
)

// policyForm is the editor filled in as somebody would for a first policy.
func policyForm(name string) url.Values {
	return url.Values{
		"name": {name}, "description": {""}, "team_id": {"0"}, "priority": {"0"}, "is_active": {"on"},
		"steps.0.delay_minutes": {"0"}, "steps.0.actions.0.type": {"notify"}, "steps.0.actions.0.target": {"oncall_engineer"},
	}
}

// written saves a document as the API takes it.
func (h *house) written(document string) escalation.Policy {
	h.t.Helper()
	p, err := h.deps.Escalations.CreatePolicy(h.t.Context(), h.root, []byte(document))
	if err != nil {
		h.t.Fatalf("create policy: %v", err)
	}
	return p
}

func (h *house) savedPolicy(id int64) escalation.Policy {
	h.t.Helper()
	p, err := h.deps.Escalations.GetPolicy(h.t.Context(), h.root, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

var (
	controls   = regexp.MustCompile(`(?s)<input\s([^>]*)>|<select\s([^>]*)>(.*?)</select>|<textarea\s([^>]*)>(.*?)</textarea>`)
	options    = regexp.MustCompile(`<option\s([^>]*)>`)
	attributes = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
)

// filledIn is the editor's form as a browser would send it.
func (a answer) filledIn() url.Values {
	form := url.Values{}
	add := func(name, value string) {
		form.Add(name, strings.ReplaceAll(value, "\n", "\r\n"))
	}
	page := between(a.body, `<form id="policy"`, "</form>")
	for _, m := range controls.FindAllStringSubmatch(page, -1) {
		in := attributesOf(m[1] + m[2] + m[4])
		_, checked := in["checked"]
		switch {
		case in["name"] == "":
		case m[2] != "":
			chosen := ""
			for i, o := range options.FindAllStringSubmatch(m[3], -1) {
				option := attributesOf(o[1])
				if _, selected := option["selected"]; selected || i == 0 {
					chosen = option["value"]
				}
			}
			add(in["name"], chosen)
		case m[4] != "":
			add(in["name"], strings.TrimPrefix(html.UnescapeString(m[5]), "\n"))
		case in["type"] != "checkbox" || checked:
			add(in["name"], in["value"])
		}
	}
	return form
}

func attributesOf(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range attributes.FindAllStringSubmatch(tag, -1) {
		found[m[1]] = html.UnescapeString(m[2])
	}
	return found
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAPolicyIsWrittenReadAndDeleted(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	manager := h.signIn(h.person("mia", account.RoleManager))
	manager.get("/policies").shows("Fallback", "when no other policy pages anybody", "New policy")
	manager.get("/policies/new").shows("Step 1", "the on-call engineer", `name="steps.0.actions.0.target"`)
	form := policyForm("Day and night")
	form.Set("conditions.team_id.add", idText(shop))
	form.Set("conditions.service.add", `checkout, cart`)
	form["conditions.severity"] = []string{"critical", "high"}
	form.Set("conditions.labels.add", "env=prod, staging")
	form.Set("repeat.times", "2")
	form.Set("repeat.every_minutes", "15")
	form.Set("steps.1.delay_minutes", "7,5")
	form.Set("steps.1.actions.0.type", "notify")
	form.Set("steps.1.actions.0.whom.add", "the team lead of shop")
	form["steps.1.actions.0.channels"] = []string{"email", "ntfy"}
	form.Set("steps.1.actions.1.type", "change_severity")
	form.Set("steps.1.actions.1.severity", "critical")
	manager.post("/policies", form).goesTo("/policies/2?done=created")
	page := manager.get("/policies/2").shows(
		`value="7.5"`, "pages the team lead of Shop by email, ntfy, makes it critical", `name="conditions.service" value="checkout" checked`,
		"env = prod", "env = staging", `value="critical" checked`, "version 1", "by Mia", "Delete policy",
	)
	if got := page.filledIn(); got.Get("repeat.times") != "2" || got.Get("conditions.team_id") != idText(shop) {
		t.Errorf("the form holds %v", got)
	}
	manager.get("/policies").shows("Day and night", "severity critical or high, service checkout or cart, team Shop, env = prod or staging", "2 steps")
	form = page.filledIn()
	form.Set("name", "Night")
	form.Del("is_active")
	manager.post("/policies/2", form).goesTo("/policies/2?done=saved")
	manager.get("/policies/2").shows("version 2", "It is inactive", "as Day and night.")
	manager.get("/teams/" + idText(shop)).shows("Night (inactive)")
	manager.post("/policies/2/delete", nil).goesTo("/policies?done=deleted")
	manager.get("/policies/2").is(http.StatusNotFound)
	manager.get("/policies/x").is(http.StatusNotFound)
}

func TestTheFallbackPolicyChangesItsStepsOnly(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	page := manager.get("/policies/1").shows("Fallback", "cannot be deleted").hides("Delete policy", `name="is_active"`, `name="conditions.service.add"`)
	form := page.filledIn()
	form.Set("name", "Last resort")
	form.Set("conditions.service", "checkout")
	form.Del("is_active")
	manager.post("/policies/1", form).goesTo("/policies/1?done=saved")
	saved := h.savedPolicy(1)
	if !saved.IsActive || !saved.IsFallback || saved.Name != "Last resort" || len(saved.Conditions.Service) != 0 || saved.Priority == 0 {
		t.Errorf("the fallback became %+v", saved)
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
	owners := between(lead.get("/policies/new").shows(">Shop<").body, `name="team_id"`, "</select>")
	if strings.Contains(owners, "All teams") || strings.Contains(owners, "Payments") {
		t.Error("a team lead may give the policy away:", owners)
	}
	lead.get("/policies/1").hides("Save policy", `name="steps.0`)
	lead.post("/policies/1", form).is(http.StatusForbidden)
	h.written(`{"name": "Everybody's"}`)
	lead.post("/policies/3/delete", nil).is(http.StatusForbidden)
	lead.get("/policies/3").shows("Without steps nobody is paged").hides("Delete policy")
	lead.post("/policies/shape", url.Values{"policy_id": {"3"}, "op": {"step:add"}}).is(http.StatusForbidden)

	engineer := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	engineer.get("/policies").shows("Ours", `href="/policies"`).hides("New policy")
	engineer.get("/policies/2").shows("pages the on-call engineer").hides("Save policy", "Delete policy", `name="steps.0`)
	engineer.get("/policies/new").is(http.StatusForbidden)
	engineer.post("/policies", form).is(http.StatusForbidden)
	engineer.post("/policies/shape", form).is(http.StatusForbidden)
	engineer.post("/policies/2/versions/1/restore", nil).is(http.StatusForbidden)

	plain := h.signIn(h.person("ulla", account.RoleUser, shop))
	plain.get("/incidents").hides(`href="/policies"`)
	for _, path := range []string{"/policies", "/policies/2", "/policies/2/versions", "/policies/2/versions/1", "/policies/2/diff?from=1&to=1"} {
		plain.get(path).is(http.StatusForbidden)
	}
	plain.post("/policies/try", url.Values{"policy_id": {"2"}}).is(http.StatusForbidden)
	h.browser().get("/policies/2").goesTo("/login.html?next=%2Fpolicies%2F2")
}
