package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestPeopleChangeTheirOwnProfile(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleOncallEngineer))
	b.get("/me").shows("Ann", "ann@example.com", "On-call engineer", `value="UTC"`)
	b.post("/me", url.Values{"full_name": {"Ann <Lee>"}, "phone_number": {"+49 30 1234567"}, "timezone": {"Europe/Berlin"}}).goesTo("/me?done=saved")
	b.get("/me?done=saved").shows("Saved.", "Ann &lt;Lee&gt;", `data-zone="Europe/Berlin"`)
	b.post("/me", url.Values{"full_name": {"Ann"}, "timezone": {"Mars/Olympus"}, "role": {"admin"}}).is(http.StatusUnprocessableEntity).
		says(`value="Mars/Olympus"`, "profile-timezone-bad")
	b.get("/me").shows("On-call engineer", "Ann &lt;Lee&gt;")
	h.browser().get("/me").goesTo("/login.html")
}

func TestANewPasswordNeedsThePresentOneAndEndsOtherSessions(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleUser)
	here, there := h.signIn(ann), h.signIn(ann)
	change := url.Values{"email": {ann.Email}, "password": {"a better password"}, "old_password": {"wrong"}}
	here.post("/me/sign-in", change).is(http.StatusUnprocessableEntity).says("signin-old_password-bad").hides("a better password")
	change.Set("old_password", goodPassword)
	here.post("/me/sign-in", change).goesTo("/me?done=password")
	here.get("/me").is(http.StatusOK)
	there.get("/me").goesTo("/login.html")
	here.post("/me/sign-in", url.Values{"email": {"ann@new.example"}, "old_password": {"a better password"}}).goesTo("/me?done=saved")
	here.get("/me").shows("ann@new.example")
	h.browser().post("/login", url.Values{"email": {"ann@new.example"}, "password": {"a better password"}}).goesTo("/incidents")
}

func TestPeopleEndTheirOwnSessionsOnly(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.RoleUser), h.person("bob", account.RoleUser)
	here := h.signIn(ann)
	here.get("/me").shows("This browser").hides("End all others")
	other := h.browser()
	other.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	other.post("/login", url.Values{"email": {ann.Email}, "password": {goodPassword}}).goesTo("/incidents")
	theirs := h.signIn(bob)
	end := between(here.get("/me").shows("Firefox on Linux").body, `action="/me/sessions/`, `/end"`)
	theirs.post("/me/sessions/"+end+"/end", nil).is(http.StatusNotFound)
	other.get("/me").is(http.StatusOK)
	here.post("/me/sessions/"+end+"/end", nil).goesTo("/me?done=ended")
	other.get("/me").goesTo("/login.html")
	here.post("/me/sessions/nonsense/end", nil).is(http.StatusNotFound)
	third := h.signIn(ann)
	here.post("/me/sessions/end-others", nil).goesTo("/me?done=ended_others")
	third.get("/me").goesTo("/login.html")
	here.get("/me").is(http.StatusOK)
	theirs.get("/me").is(http.StatusOK)
}

func TestABrowserIsCalledByItsName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E148 Safari/604.1":      "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36":              "Chrome on Android",
		"curl/8.14.1": "curl/8.14.1",
		"":            "A browser",
	} {
		if got := browserWords(agent); got != want {
			t.Errorf("%q is called %q, want %q", agent, got, want)
		}
	}
}
