package door

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Authenticator turns a credential into who is asking; account.Service does.
type Authenticator interface {
	// Authenticate returns Unauthenticated for a credential that is unknown or has ended, Forbidden for an inactive user.
	Authenticate(ctx context.Context, credential account.Credential) (account.Actor, error)
}

// Identify reads the credential of a request without judging it: under /v1 the bearer token and never a cookie, elsewhere the
// session cookie and never a token, so that neither door can be used with the other's credential.
func (d *Door) Identify(r *http.Request) account.Credential {
	if forMachines(r.URL.Path) {
		return account.Credential{Bearer: bearer(r)}
	}
	if cookie, err := r.Cookie(d.sessionCookie()); err == nil {
		return account.Credential{Session: cookie.Value}
	}
	return account.Credential{}
}

func forMachines(path string) bool { return path == "/v1" || strings.HasPrefix(path, "/v1/") }

// bearer is the token of "Authorization: Bearer …" (RFC 6750), "" without one.
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func credentialKey(c account.Credential) string {
	switch {
	case c.Bearer != "":
		return "bearer " + c.Bearer
	case c.Session != "":
		return "session " + c.Session
	}
	return ""
}

// Actor says who is asking. It asks the accounts once per request. Without a credential it is Unauthenticated, else whatever
// Authenticate says.
func (d *Door) Actor(r *http.Request) (account.Actor, error) {
	x := exchangeFrom(r.Context())
	if x == nil {
		return d.authenticate(r)
	}
	if !x.asked {
		x.actor, x.actorErr = d.authenticate(r)
		x.asked, x.recognised = true, x.actorErr == nil
	}
	return x.actor, x.actorErr
}

// ActorFrom is who Actor said is asking, once it was called for the request of ctx; before, nobody.
func ActorFrom(ctx context.Context) account.Actor {
	if x := exchangeFrom(ctx); x != nil && x.recognised {
		return x.actor
	}
	return account.Actor{}
}

func (d *Door) authenticate(r *http.Request) (account.Actor, error) {
	credential := d.Identify(r)
	if credentialKey(credential) == "" {
		return account.Actor{}, fault.New(fault.Unauthenticated, "not_authenticated", "Not authenticated: sign in first.")
	}
	return d.accounts.Authenticate(r.Context(), credential)
}

// sessionCookie is the cookie's name. The prefix makes browsers refuse it from any other host or without TLS.
func (d *Door) sessionCookie() string {
	if d.secure {
		return "__Host-tocsin_session"
	}
	return "tocsin_session"
}

// SetSession gives the browser its session. Max-Age counts on the browser's own clock, so that one that is wrong ends no session.
func (d *Door) SetSession(w http.ResponseWriter, token string, expires time.Time) {
	cookie := d.cookie(token, expires)
	cookie.MaxAge = int(expires.Sub(d.clock.Now()).Seconds())
	http.SetCookie(w, cookie)
}

// ClearSession takes it away.
func (d *Door) ClearSession(w http.ResponseWriter) {
	cookie := d.cookie("", time.Unix(0, 0))
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

func (d *Door) cookie(value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: d.sessionCookie(), Value: value, Path: "/", Expires: expires,
		HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode,
	}
}
