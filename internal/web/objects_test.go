package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestServicesAreNamedOwnedAndDeleted(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.get("/services").shows("No service yet", "New service")
	lead.post("/services", url.Values{"name": {""}, "team_id": {idText(shop)}, "runbook_url": {"nowhere"}, "description": {"keep"}}).
		is(http.StatusUnprocessableEntity).says("Is required.", "Must be an http or https address.", "keep")
	lead.post("/services", url.Values{"name": {"checkout"}, "aliases": {"cart, basket"}, "team_id": {idText(shop)}}).goesTo("/services/1?done=created")
	lead.get("/services").shows("checkout", "also cart, basket", "Shop")
	lead.post("/services", url.Values{"name": {"Basket"}, "team_id": {idText(shop)}}).is(http.StatusUnprocessableEntity).says("belongs to the service")
	lead.post("/services/1", url.Values{"name": {"checkout"}, "aliases": {""}, "team_id": {idText(shop)}, "policy_id": {"0"}}).goesTo("/services/1?done=saved")
	lead.get("/services/1").shows(`value="checkout"`, "Delete service").hides("basket")
	lead.post("/services", url.Values{"name": {"other"}, "team_id": {"0"}}).is(http.StatusForbidden)
	plain := h.signIn(h.person("ulla", account.RoleUser))
	plain.get("/services").shows("checkout").hides("New service")
	plain.get("/services/1").shows("checkout").hides("<form class=\"form\"", "Delete service")
	plain.get("/services/new").is(http.StatusForbidden)
	lead.post("/services/1/delete", nil).goesTo("/services?done=deleted")
	lead.get("/services/1").is(http.StatusNotFound)
}

func TestTeamsHaveMembersWithRoles(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	bob := h.person("bob", account.RoleUser)
	manager.post("/teams", url.Values{"name": {"Payments"}, "description": {"Money"}}).goesTo("/teams/1?done=created")
	manager.post("/teams", url.Values{"name": {"Payments"}}).is(http.StatusUnprocessableEntity).says(`value="Payments"`)
	manager.post("/teams/1/members", url.Values{"user": {idText(bob.ID)}, "role": {"oncall_engineer"}}).goesTo("/teams/1")
	manager.get("/teams/1").shows("Bob", "bob@example.com", `<option value="oncall_engineer" selected`)
	manager.get("/teams").shows("Payments", "1 person", "Money")
	manager.post("/teams/1/members", url.Values{"user": {idText(bob.ID)}, "role": {"emperor"}}).is(http.StatusUnprocessableEntity)
	manager.post("/teams/1/members", url.Values{"user": {"x"}}).is(http.StatusUnprocessableEntity)
	manager.post("/teams/1", url.Values{"name": {"Payments"}, "description": {"All money"}, "is_active": {"on"}, "default_policy_id": {"0"}}).goesTo("/teams/1")
	plain := h.signIn(bob)
	plain.get("/teams/1").shows("Bob").hides("/members", "Save")
	plain.post("/teams/1/members", url.Values{"user": {idText(bob.ID)}, "role": {"admin"}}).is(http.StatusForbidden)
	manager.post("/teams/1/members/"+idText(bob.ID)+"/remove", nil).goesTo("/teams/1?done=removed")
	manager.post("/teams/1/delete", nil).goesTo("/teams?done=deleted")
}

func TestATeamsPageShowsWhatItOwns(t *testing.T) {
	h := newHouse(t)
	shop, other := h.team("Shop"), h.team("Other")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.post("/services", url.Values{"name": {"checkout"}, "team_id": {idText(shop)}}).goesTo("/services/1")
	form := policyForm("Shop nights")
	form.Set("team_id", idText(shop))
	lead.post("/policies", form).goesTo("/policies/2")
	lead.post("/integrations", integrationOf("Backups", shop)).is(http.StatusOK)
	lead.get("/teams/1").shows("checkout", "Shop nights", "Backups", `href="/incidents?team=1"`)
	lead.get("/teams/" + idText(other)).shows("Other").hides("What it owns")
	lead.get("/services/1").shows(`href="/incidents?service=checkout"`)
	h.signIn(h.person("ulla", account.RoleUser, shop)).get("/teams/1").shows("checkout").hides("Shop nights")
	h.signIn(h.person("olga", account.RoleUser)).get("/teams").shows("Shop").hides(`href="/teams/1"`)
}

func TestUsersAreMadeChangedAndSwitchedOff(t *testing.T) {
	h := newHouse(t)
	admin := h.signIn(h.person("root", account.RoleAdmin))
	form := url.Values{"email": {"new@example.com"}, "full_name": {"New Person"}, "role": {"oncall_engineer"}, "team_id": {"0"}, "timezone": {"UTC"}, "password": {"short"}}
	admin.post("/users", form).is(http.StatusUnprocessableEntity).says("New Person", `value="new@example.com"`).hides(`value="short"`)
	form.Set("password", goodPassword)
	admin.post("/users", form).goesTo("/users/2?done=created")
	admin.post("/users", form).is(http.StatusUnprocessableEntity)
	admin.get("/users").shows("New Person", "new@example.com", "On-call engineer")
	newcomer := h.signIn(account.User{Email: "new@example.com"})
	form.Set("role", "team_lead")
	form.Set("is_active", "on")
	admin.post("/users/2", form).goesTo("/users/2?done=saved")
	newcomer.get("/users").is(http.StatusForbidden).says("Not enough permissions")
	newcomer.get("/incidents").shows("New Person").hides(`href="/users"`)
	newcomer.post("/users/2", form).is(http.StatusForbidden)
	admin.post("/users/2/password", url.Values{"password": {"another-good-1"}}).goesTo("/users/2")
	newcomer.get("/incidents").goesTo("/login.html")
	admin.post("/users/2/deactivate", nil).goesTo("/users/2?done=deactivated")
	h.browser().post("/login", url.Values{"email": {"new@example.com"}, "password": {"another-good-1"}}).is(http.StatusForbidden).says("new@example.com")
}

func TestMessagesFindTheirInputs(t *testing.T) {
	var c fault.Checks
	c.Add("body.steps[0].actions[1].target", "is no target")
	c.Add("query.limit", "must be 1 to 1000.")
	byField, rest := faults(c.Err())
	if byField["steps.0.actions.1.target"] != "Is no target." || byField["limit"] != "Must be 1 to 1000." || rest != "" {
		t.Errorf("the messages are %v, %q", byField, rest)
	}
	if _, rest := faults(fault.New(fault.Duplicate, "taken", "The name is taken.")); rest != "The name is taken." {
		t.Errorf("the rest is %q", rest)
	}
}
