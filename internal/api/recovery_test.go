package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
)

// tokens is who sends recovery mails: it keeps the tokens.
type tokens []string

func (k *tokens) PasswordRecovery(_ context.Context, _ account.User, token string, _ time.Duration) error {
	*k = append(*k, token)
	return nil
}

func TestAForgottenPasswordIsSetAnew(t *testing.T) {
	h := newHouse(t)
	var sent tokens
	h.deps.Accounts.SetMailer(&sent)
	h.person("ann", account.RoleUser, 0)
	known := h.nobody().post("/v1/auth/password-recovery/ann@example.org", nil).is(200)
	unknown := h.nobody().post("/v1/password-recovery/nobody@example.org/", nil).is(200)
	if string(known.body) != string(unknown.body) || len(sent) != 1 {
		t.Fatalf("%d mails, %s and %s", len(sent), known.body, unknown.body)
	}
	login := func(password string) int {
		return h.nobody().post("/v1/login/access-token", m{"username": "ann@example.org", "password": password}).status
	}
	if p := h.nobody().post("/v1/auth/reset-password", m{"token": sent[0], "new_password": "short"}).is(422).problem(); len(p.Errors) != 1 {
		t.Errorf("a short password is answered %+v", p)
	}
	for _, token := range []string{"", "made.up.token", sent[0] + "x"} {
		if p := h.nobody().post("/v1/auth/reset-password", m{"token": token, "new_password": "a better password"}).is(400).problem(); p.Code != "bad_recovery_token" {
			t.Errorf("the token %q is answered %+v", token, p)
		}
	}
	h.nobody().post("/v1/auth/reset-password", m{"token": sent[0], "new_password": "a better password"}).is(200)
	if login(password) != http.StatusBadRequest || login("a better password") != http.StatusOK {
		t.Error("the new password does not hold")
	}
	h.nobody().post("/v1/auth/reset-password", m{"token": sent[0], "new_password": "another password"}).is(400)

	h.nobody().post("/v1/auth/password-recovery/ANN@example.org", nil).is(200)
	query := url.Values{"token": {sent[1]}, "new_password": {"of an old client"}}.Encode()
	h.nobody().post("/v1/reset-password/?"+query, nil).is(200)
	if login("of an old client") != http.StatusOK {
		t.Error("the password in the query does not hold")
	}
	if log := h.log.String(); strings.Contains(log, sent[1]) || strings.Contains(log, "ann@example") || strings.Contains(log, "old+client") {
		t.Errorf("the log says %s", log)
	}
}

func TestRecoveringCountsAsSigningIn(t *testing.T) {
	for path, want := range map[string]door.Class{
		"/v1/auth/password-recovery/ann@example.org": door.SignIn, "/v1/password-recovery/a/": door.SignIn, "/v1/reset-password/": door.SignIn,
		"/v1/auth/reset-password": door.SignIn, "/v1/users/me": door.Ordinary,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := classify(r); got != want {
			t.Errorf("%s is of class %v, want %v", path, got, want)
		}
	}
}
