package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestAForgottenPasswordIsSetAnewByMail(t *testing.T) {
	h := newHouse(t)
	h.person("ann", account.RoleUser)
	b := h.browser()
	b.get("/login.html").shows("/forgot-password")
	b.get("/forgot-password").shows(`type="email"`)
	known := b.post("/forgot-password", url.Values{"email": {"ann@example.com"}}).shows("Look into your mail")
	unknown := b.post("/forgot-password", url.Values{"email": {"nobody@example.com"}}).shows("Look into your mail")
	ids := regexp.MustCompile(`(?s)<head>.*?</head>`)
	if ids.ReplaceAllString(known.body, "") != ids.ReplaceAllString(unknown.body, "") {
		t.Error("the answer tells whether the address is known")
	}
	path := regexp.MustCompile(`http://tocsin\.test(/reset-password\?token=\S+)`).FindStringSubmatch(h.letters.next(t).Text)
	if path == nil {
		t.Fatal("the mail has no link")
	}
	token, err := url.ParseQuery(path[1][len("/reset-password?"):])
	if err != nil {
		t.Fatal(err)
	}
	b.get(path[1]).shows(token.Get("token"), `autocomplete="new-password"`)
	b.post("/reset-password", url.Values{"token": {token.Get("token")}, "password": {"short"}}).is(http.StatusUnprocessableEntity).
		says("f-password-bad", token.Get("token"))
	b.post("/reset-password", url.Values{"token": {token.Get("token")}, "password": {"a better password"}}).goesTo("/login.html?done=password_reset")
	b.post("/login", url.Values{"email": {"ann@example.com"}, "password": {goodPassword}}).is(http.StatusBadRequest)
	b.post("/login", url.Values{"email": {"ann@example.com"}, "password": {"a better password"}}).goesTo("/incidents")
	b.post("/reset-password", url.Values{"token": {token.Get("token")}, "password": {"another password"}}).is(http.StatusUnprocessableEntity).
		says("This link is not valid")
}

func TestWithoutAMailServerAForgottenPasswordIsTheAdministrators(t *testing.T) {
	h := newHouse(t)
	h.letters.off = true
	h.browser().get("/forgot-password").shows("Ask an administrator").hides("<form")
}
