package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestSigningInGolden(t *testing.T) {
	h := newHouse(t)
	h.person("ann", account.RoleOncallEngineer, 0)
	s := &script{h: h}
	login := m{"username": "Ann@example.org", "password": password}
	tokens := into[Tokens](s.do("Ann signs in", h.nobody(), "POST", "/v1/auth/login/access-token", login).is(200))
	s.do("with a wrong password", h.nobody(), "POST", "/v1/auth/login/access-token", m{"username": "ann@example.org", "password": "wrong password"}).is(400)
	s.do("without one", h.nobody(), "POST", "/v1/auth/login/access-token", m{"username": "ann@example.org"}).is(422)
	ann := &person{h: h, token: tokens.AccessToken}
	s.do("whose token is it", ann, "POST", "/v1/auth/login/test-token", nil).is(200)
	s.do("without a token", h.nobody(), "POST", "/v1/auth/login/test-token", nil).is(401)
	s.do("with a made-up one", &person{h: h, token: "made.up.token"}, "GET", "/v1/users/me", nil).is(401)
	next := into[Tokens](s.do("new tokens", h.nobody(), "POST", "/v1/auth/token/refresh", m{"refresh_token": tokens.RefreshToken}).is(200))
	s.do("the old one again", h.nobody(), "POST", "/v1/auth/token/refresh", m{"refresh_token": tokens.RefreshToken}).is(401)
	s.do("which ended the family", &person{h: h, token: next.AccessToken}, "GET", "/v1/users/me", nil).is(401)
	tokens = into[Tokens](h.nobody().post("/v1/login/access-token", login).is(200))
	ann = &person{h: h, token: tokens.AccessToken}
	s.do("sign out", ann, "POST", "/v1/auth/logout", m{"refresh_token": tokens.RefreshToken}).is(200)
	s.do("and the token has ended", ann, "GET", "/v1/users/me", nil).is(401)
	s.do("Bob signs up", h.nobody(), "POST", "/v1/auth/signup", m{
		"email": "bob@example.org", "password": "testpass123", "full_name": "Bob", "role": "admin", "is_superuser": true, "nickname": "b",
	}).is(201)
	s.do("twice", h.nobody(), "POST", "/v1/auth/signup", m{"email": "BOB@example.org", "password": "testpass123"}).is(400)
	s.do("badly", h.nobody(), "POST", "/v1/auth/signup", m{"email": "bob", "password": "short", "phone_number": 7}).is(422)
	s.do("an administrator makes a lead by it", h.admin, "POST", "/v1/signup", m{
		"email": "lea@example.org", "password": "testpass123", "role": "team_lead",
	}).is(201)
	s.is("auth")
}

func TestSigningInByForm(t *testing.T) {
	h := newHouse(t)
	h.person("ann", account.RoleUser, 0)
	form := url.Values{"username": {"ann@example.org"}, "password": {password}, "grant_type": {"password"}}.Encode()
	for _, path := range []string{"/v1/auth/login/access-token", "/v1/login/access-token", "/v1/login/access-token/"} {
		got := h.nobody().call("POST", path, form, "Content-Type", "application/x-www-form-urlencoded")
		if tokens := into[Tokens](got.is(200)); tokens.AccessToken == "" || tokens.TokenType != "bearer" || tokens.ExpiresIn != 1800 {
			t.Errorf("%s answers %+v", path, tokens)
		}
	}
	for _, form := range []string{"username=ann%40example.org", "password=x", "", "username=%00&password=x", "username=a&password=%ff"} {
		if got := h.nobody().call("POST", "/v1/login/access-token", form, "Content-Type", "application/x-www-form-urlencoded"); got.wrong() == "" {
			t.Errorf("form %q answers %s", form, got.body)
		}
	}
	if got := h.nobody().call("POST", "/v1/login/access-token", "%zz", "Content-Type", "application/x-www-form-urlencoded"); got.status != 400 {
		t.Errorf("a form that cannot be read answers %d", got.status)
	}
	// No other operation takes a form: a page of another site could post one.
	got := h.nobody().call("POST", "/v1/auth/signup", "email=a%40example.org&password=testpass123", "Content-Type", "application/x-www-form-urlencoded")
	if p := got.is(http.StatusUnsupportedMediaType).problem(); p.Code != "unknown_media_type" {
		t.Errorf("a form for signing up answers %+v", p)
	}
}

func TestNoAnswerRepeatsAPassword(t *testing.T) {
	h := newHouse(t)
	for _, body := range []any{
		m{"password": "hunter2hunter2"},
		m{"username": 7, "password": "hunter2hunter2"},
		m{"email": 7, "password": "hunter2hunter2"},
		`{"password": "hunter2hunter2"`, `"hunter2hunter2"`,
		m{"email": "a@example.org", "password": []string{"hunter2hunter2"}},
	} {
		for _, path := range []string{"/v1/auth/login/access-token", "/v1/auth/signup"} {
			if got := h.nobody().post(path, body); strings.Contains(string(got.body), "hunter2") || got.status < 400 {
				t.Errorf("POST %s with %v answers %d %s", path, body, got.status, got.body)
			}
		}
	}
	if strings.Contains(h.log.String(), "hunter2") {
		t.Errorf("the log has the password: %s", h.log)
	}
}

func TestNamesOfAnotherCaseAreNotRead(t *testing.T) {
	h := newHouse(t)
	got := h.nobody().post("/v1/auth/signup", m{"email": "bob@example.org", "password": "testpass123", "FULL_NAME": strings.Repeat("x", 300)})
	if user := into[User](got.is(201)); user.FullName != "" {
		t.Errorf("a name that nothing has validated was taken: %q", user.FullName)
	}
	if got := h.nobody().post("/v1/auth/signup", m{"Email": "bob2@example.org", "password": "testpass123"}); got.wrong() != "body.email" {
		t.Errorf("an address under another name answers %s", got.body)
	}
}

func TestTokensExpire(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleUser, 0)
		ann.get("/v1/users/me").is(200)
		h.clk.Advance(31 * time.Minute)
		if p := ann.get("/v1/users/me").is(401).problem(); p.Code != "token_expired" {
			t.Errorf("an expired token is told %+v", p)
		}
	})
}

func TestWhoIsDeactivatedIsRefused(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleUser, 0)
	h.admin.put(path("/v1/users/%d", ann.id), m{"is_active": false}).is(200)
	ann.get("/v1/users/me").is(403)
	h.nobody().post("/v1/login/access-token", m{"username": "ann@example.org", "password": password}).is(403)
}

func TestCookiesDoNotCount(t *testing.T) {
	h := newHouse(t)
	token := h.person("ann", account.RoleUser, 0).session()
	h.nobody().call("GET", "/v1/users/me", nil, "Cookie", "__Host-tocsin_session="+token).is(401)
	h.nobody().call("GET", "/v1/users/me", nil, "Authorization", "Bearer "+token).is(401)
}
