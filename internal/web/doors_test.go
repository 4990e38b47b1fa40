package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestTheFirstAdministratorComesByALinkThatWorksOnce(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.get("/").shows("Incident Management</title>", "Nobody lives here yet")
	token, err := h.deps.Accounts.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.get("/setup/"+token).shows("The first administrator", `name="password"`)
	bad := url.Values{"email": {"no address"}, "full_name": {"Root <b>"}, "password": {"short"}}
	b.post("/setup/"+token, bad).is(http.StatusUnprocessableEntity).says(`value="no address"`, "Root &lt;b&gt;", `aria-invalid="true"`).hides("short")
	b.post("/setup/1-made-up", url.Values{"email": {"root@example.com"}, "password": {goodPassword}}).is(http.StatusUnprocessableEntity)
	b.post("/setup/"+token, url.Values{"email": {"root@example.com"}, "password": {goodPassword}, "timezone": {"Europe/Berlin"}}).goesTo("/incidents")
	b.get("/incidents").shows("All quiet", "root@example.com", `data-zone="Europe/Berlin"`)
	b.get("/setup/" + token).is(http.StatusNotFound)
	h.browser().get("/").shows("Sign in", "Incident Management</title>")
}

func TestSigningInAndOut(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleTeamLead)
	b := h.browser()
	b.get("/login.html").shows("Sign in", `autocomplete="current-password"`)
	b.get("/incidents?tab=team").goesTo("/login.html?next=%2Fincidents%3Ftab%3Dteam")
	b.post("/login", url.Values{"email": {"ann@example.com"}, "password": {"wrong"}}).
		is(http.StatusBadRequest).says(`value="ann@example.com"`).hides("wrong\"")
	b.post("/login", url.Values{"email": {ann.Email}, "password": {goodPassword}, "next": {"/incidents?tab=team"}}).goesTo("/incidents?tab=team")
	b.get("/").goesTo("/incidents")
	session := b.cookies["tocsin_session"]
	b.post("/logout", nil).goesTo("/login.html")
	b.cookies["tocsin_session"] = session
	b.get("/incidents").goesTo("/login.html")
}

func TestAForeignWayBackIsNotTaken(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleTeamLead)
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "evil", "/\tx"} {
		a := h.browser().post("/login", url.Values{"email": {ann.Email}, "password": {goodPassword}, "next": {next}})
		if a.location != "/incidents" {
			t.Errorf("next=%q leads to %q", next, a.location)
		}
	}
}

func TestTheSessionCookieIsOutOfReach(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleTeamLead)
	a := h.browser().post("/login", url.Values{"email": {ann.Email}, "password": {goodPassword}})
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie is %q, without %s", cookie, want)
		}
	}
}

func TestAFormOfAnotherSiteDoesNothing(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	ann.header.Set("Sec-Fetch-Site", "cross-site")
	ann.post("/logout", nil).is(http.StatusForbidden).says("another site")
	ann.header = http.Header{"Origin": {"https://evil.example"}}
	ann.post("/logout", nil).is(http.StatusForbidden)
	ann.header = http.Header{}
	ann.get("/incidents").is(http.StatusOK)
}

func TestPagesAreServedUnderAStrictPolicy(t *testing.T) {
	h := newHouse(t)
	a := h.signIn(h.person("ann", account.RoleTeamLead)).get("/incidents")
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q has no %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy allows what is unsafe: %q", policy)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}

func TestWhatIsNotThereSaysSo(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	ann.get("/nothing").is(http.StatusNotFound).says("Not found", "Back")
	ann.get("/incidents/999999").is(http.StatusNotFound)
	ann.get("/incidents/abc").is(http.StatusNotFound)
	ann.get("/incidents/99999999999999999999").is(http.StatusNotFound)
	h.browser().get("/nothing").is(http.StatusNotFound).says("Not found")
}
