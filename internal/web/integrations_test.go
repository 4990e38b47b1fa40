package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func integrationOf(name string, team int64) url.Values {
	return url.Values{
		"name": {name}, "kind": {"generic"}, "team_id": {idText(team)}, "severity": {"high"}, "reopen_minutes": {"10"}, "service": {""}, "severities": {""},
	}
}

var keyInAddress = regexp.MustCompile(`http://tocsin\.test/v1/intake/generic/(1-[a-z2-7]{32})`)

// keyOn is the key that a page shows.
func keyOn(t *testing.T, page answer) string {
	t.Helper()
	found := keyInAddress.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatalf("no key on the page: %.300s", page.body)
	}
	return found[1]
}

func (h *house) sends(key, body string) {
	h.t.Helper()
	if _, err := h.deps.Intake.Receive(h.t.Context(), "generic", key, intake.Request{Body: []byte(body)}); err != nil {
		h.t.Fatalf("send %q: %v", body, err)
	}
}

func TestAKeyIsShownOnceWithHowToUseIt(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.get("/integrations").shows("No integration of your teams yet", "curl -H", "New integration")
	lead.get("/integrations/new").shows("Alertmanager", "Generic").hides(">No team<")
	form := integrationOf("Backups", shop)
	form.Set("severities", "P1 = critical\nnote = info")
	made := lead.post("/integrations", form).shows("shown this once", "curl -d")
	if made.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page with the key may be kept: %q", made.header.Get("Cache-Control"))
	}
	key := keyOn(t, made)
	lead.get("/integrations/1").shows("/v1/intake/generic/KEY", key[:8]+"…", "p1 = critical", "Nothing has come in yet").hides("shown this once", key)
	lead.get("/integrations").shows("Backups", "Shop", "Never", "Waiting")
	lead.post("/integrations", form).is(http.StatusUnprocessableEntity).says("exists already", `value="Backups"`)
}

func TestWhatCameInStandsOnThePage(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	key := keyOn(t, lead.post("/integrations", integrationOf("Backups", shop)))
	h.sends(key, `{"title": "db1 <script>alert(1)</script>", "key": "a", "severity": "weird"}`)
	h.sends(key, "caf\xe9")
	h.sends(key, " \n ")
	lead.get("/integrations/1").shows("Taken", "Unreadable", "The message is empty.", "#1 created", "Incident #1", "caf\uFFFD",
		"db1 &lt;script&gt;alert(1)&lt;/script&gt;").hides("<script>alert")
	lead.get("/integrations").shows("Unreadable")
	h.sends(key, strings.Repeat("long ", 4000))
	lead.get("/integrations/1").shows("Only the beginning is shown.")
}

func TestATestAlertLeadsToItsIncident(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.post("/integrations", integrationOf("Backups", shop))
	lead.post("/integrations/1/test", nil).goesTo("/incidents/1?done=test_alert")
	lead.get("/incidents/1?done=test_alert").shows("Test alert of Backups, sent by Lea", "A test alert was sent")
}

func TestAnIntegrationIsChangedRotatedAndDeleted(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	key := keyOn(t, lead.post("/integrations", integrationOf("Backups", shop)))
	form := integrationOf("", shop)
	form.Set("reopen_minutes", "soon")
	form.Set("severities", "P1 = dreadful\n")
	form.Set("service", "typed before")
	page := lead.post("/integrations/1", form).is(http.StatusUnprocessableEntity).
		says("Is required.", "Must be between 0 and 1440.", "Must be one of critical", "P1 = dreadful")
	if n := strings.Count(page.body, `aria-invalid="true"`); n != 3 {
		t.Errorf("%d inputs are marked, want 3", n)
	}
	form.Set("severities", "nonsense")
	lead.post("/integrations/1", form).is(http.StatusUnprocessableEntity).says("rite one word a line", "nonsense")
	form = integrationOf("Night backups", shop)
	lead.post("/integrations/1", form).goesTo("/integrations/1?done=saved")
	lead.get("/integrations").shows("Night backups", "Inactive")
	form.Set("is_active", "on")
	lead.post("/integrations/1", form).goesTo("/integrations/1?done=saved")

	drawn := url.Values{"prefix": {key[:8]}}
	lead.get("/integrations/1").shows(`name="prefix" value="` + key[:8] + `"`)
	rotated := lead.post("/integrations/1/rotate", drawn).shows("shown this once", "works until", "another new key ends it at once")
	next := keyOn(t, rotated)
	lead.post("/integrations/1/rotate", drawn).goesTo("/integrations/1?done=key_made")
	lead.post("/integrations/1/rotate", nil).goesTo("/integrations/1?done=key_made")
	lead.get("/integrations/1?done=key_made").shows("shown already", next[:8]+"…", "works until").hides("shown this once")
	h.clk.Advance(time.Minute)
	h.sends(key, "the old key still works")
	if next == key {
		t.Error("the key is the same as before")
	}
	h.clk.Advance(25 * time.Hour)
	lead = h.signIn(account.User{Email: "lea@example.com"})
	lead.get("/integrations/1").hides("works until")
	lead.post("/integrations/1/delete", nil).goesTo("/integrations?done=deleted")
	lead.get("/integrations/1").is(http.StatusNotFound)
	if err := h.deps.Intake.Opens(t.Context(), next); err == nil {
		t.Error("the key of a deleted integration opens something")
	}
}

func TestIntegrationsOfOthersAreNotTouched(t *testing.T) {
	h := newHouse(t)
	shop, payments := h.team("Shop"), h.team("Payments")
	manager := h.signIn(h.person("mia", account.RoleManager))
	manager.post("/integrations", integrationOf("Backups", payments)).is(http.StatusOK)
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.get("/integrations").hides("Backups")
	form := integrationOf("Mine", payments)
	lead.post("/integrations", form).is(http.StatusForbidden)
	for _, path := range []string{"/integrations/1", "/integrations/1/rotate", "/integrations/1/delete", "/integrations/1/test", "/integrations/99"} {
		if a := lead.post(path, form); a.code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, a.code)
		}
	}
	member := h.signIn(h.person("paul", account.RoleUser, payments))
	member.get("/incidents").hides(`<a class="place" href="/integrations"`)
	member.get("/integrations/1").shows("Payments", "Waiting").hides("/integrations/1/test", "Make a new key", "Save")
	plain := h.signIn(h.person("ulla", account.RoleUser))
	plain.get("/integrations").shows("None that you may see", "Team leads make them").hides("curl", "New integration", "No integration yet")
	member.get("/integrations/new").is(http.StatusForbidden)
	member.post("/integrations", form).is(http.StatusForbidden)
	for _, path := range []string{"/integrations/1", "/integrations/1/rotate", "/integrations/1/delete", "/integrations/1/test"} {
		if a := member.post(path, form); a.code != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, a.code)
		}
	}
}
