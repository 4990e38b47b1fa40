package door_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestEachDoorTakesItsOwnCredentialOnly(t *testing.T) {
	f := newFront(t, nil)
	cookie := "__Host-tocsin_session=ann-session"
	cases := []struct {
		path    string
		headers []string
		want    account.Credential
	}{
		{"/v1/users", []string{"Authorization", "Bearer ann-token", "Cookie", cookie}, account.Credential{Bearer: "ann-token"}},
		{"/v1/users", []string{"Authorization", "bearer  ann-token "}, account.Credential{Bearer: "ann-token"}},
		{"/v1/users", []string{"Cookie", cookie}, account.Credential{}},
		{"/v1/users", []string{"Authorization", "Basic YTpi"}, account.Credential{}},
		{"/v1/users", []string{"Authorization", "ann-token"}, account.Credential{}},
		{"/incidents", []string{"Authorization", "Bearer ann-token", "Cookie", cookie}, account.Credential{Session: "ann-session"}},
		{"/incidents", []string{"Authorization", "Bearer ann-token"}, account.Credential{}},
		{"/v1x", []string{"Cookie", cookie}, account.Credential{Session: "ann-session"}},
	}
	for _, c := range cases {
		if got := f.Identify(get(c.path, c.headers...)); got != c.want {
			t.Errorf("%s with %v is identified by %+v, want %+v", c.path, c.headers, got, c.want)
		}
	}
}

func TestActorIsAskedForOnce(t *testing.T) {
	f := newFront(t, nil)
	serve(f.api(func(_ http.ResponseWriter, r *http.Request) {
		for range 3 {
			if actor, err := f.Actor(r); err != nil || actor.UserID != 7 {
				t.Errorf("actor %+v, error %v", actor, err)
			}
		}
	}), get("/v1/x", "Authorization", "Bearer ann-token"))
	if f.desk.asked != 1 {
		t.Errorf("asked %d times who it is", f.desk.asked)
	}
	if !strings.Contains(f.log.String(), `"user_id":7`) {
		t.Errorf("the log does not say who it was: %s", f.log)
	}
	if _, err := f.Actor(get("/v1/x")); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody is %v", err)
	}
}

func TestSessionCookie(t *testing.T) {
	for url, want := range map[string]string{
		"https://tocsin.example": "__Host-tocsin_session=ann-session; Path=/; Expires=Wed, 04 Mar 2026 13:00:00 GMT; Max-Age=3600; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8000":  "tocsin_session=ann-session; Path=/; Expires=Wed, 04 Mar 2026 13:00:00 GMT; Max-Age=3600; HttpOnly; SameSite=Lax",
	} {
		f := newFront(t, func(d *door.Deps) { d.PublicURL = url })
		w := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f.SetSession(w, "ann-session", noon.Add(time.Hour)) }), get("/"))
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("cookie %q, want %q", got, want)
		}
		w = serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f.ClearSession(w) }), get("/"))
		if got := w.Header().Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") || strings.Contains(got, "ann") {
			t.Errorf("cookie %q does not end the session", got)
		}
	}
}
