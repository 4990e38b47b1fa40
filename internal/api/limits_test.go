package api

import (
	"net/http"
	"testing"
	"time"
)

func TestPasswordsAreGuessedSlowly(t *testing.T) {
	for _, at := range []string{"/v1/auth/login/access-token", "/v1/login/access-token/", "/v1/auth/signup", "/v1/signup"} {
		h := newHouse(t).limited()
		for range 20 {
			h.nobody().post(at, m{"username": "nobody@example.org", "email": 7, "password": "x"})
		}
		got := h.nobody().post(at, m{"username": "nobody@example.org", "password": "x"}).is(http.StatusTooManyRequests)
		if got.header.Get("Retry-After") == "" || got.header.Get("RateLimit-Limit") != "20" || got.header.Get("RateLimit-Remaining") != "0" {
			t.Errorf("%s is slowed with %v", at, got.header)
		}
		// Whoever is signed in goes on.
		h.admin.get("/v1/users/me").is(200)
		h.clk.Advance(time.Minute)
		if got := h.nobody().post(at, m{"username": "nobody@example.org", "password": "x"}); got.status == http.StatusTooManyRequests {
			t.Errorf("a minute later %s is still slow", at)
		}
	}
}

func TestOtherRequestsAreCountedPerToken(t *testing.T) {
	h := newHouse(t)
	_, at := h.integration("generic")
	h.limited()
	for range 600 {
		h.admin.get("/v1/permissions").is(200)
	}
	h.admin.get("/v1/permissions").is(http.StatusTooManyRequests)
	h.nobody().get("/v1/openapi.json").is(200)
	for range 700 {
		h.nobody().call("HEAD", at, nil).is(204)
	}
}
