package door_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/door"
)

// counted is a door with small limits whose handler asks who is there.
func counted(t *testing.T, limits door.Limits) (*front, http.Handler) {
	f := newFront(t, func(d *door.Deps) { d.Limits = limits })
	routes := door.NewRoutes(door.WriteProblem)
	routes.HandleFunc("/v1/{rest...}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := f.Actor(r); err != nil {
			door.WriteProblem(w, r, err)
		}
	})
	return f, f.API(routes, func(r *http.Request) door.Class {
		switch r.URL.Path {
		case "/v1/login":
			return door.SignIn
		case "/v1/free":
			return door.Unlimited
		}
		return door.Ordinary
	})
}

func from(address, path, token string) *http.Request {
	r := get(path)
	r.RemoteAddr = address + ":4711"
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func TestOrdinaryRequestsAreCountedPerToken(t *testing.T) {
	f, h := counted(t, door.Limits{OrdinaryPerMinute: 60})
	// The first accepted request is counted against the address and makes the token known.
	for i := range 60 {
		w := serve(h, from("192.0.2.1", "/v1/x", "ann-token"))
		if w.Code != http.StatusOK {
			t.Fatalf("request %d answers %d", i, w.Code)
		}
		if w.Header().Get("RateLimit-Limit") != "60" || w.Header().Get("RateLimit-Remaining") == "" || w.Header().Get("RateLimit-Reset") == "" {
			t.Fatalf("headers %v do not tell the limit", w.Header())
		}
	}
	// The token is used up wherever it comes from, but the address is not.
	w := serve(h, from("192.0.2.2", "/v1/x", "ann-token"))
	if p := problem(t, w); p.Status != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || p.Code != "rate_limited" {
		t.Errorf("answer %+v with headers %v", p, w.Header())
	}
	if w := serve(h, from("192.0.2.1", "/v1/x", "")); w.Code != http.StatusUnauthorized {
		t.Errorf("without the token the address is answered %d, want 401", w.Code)
	}
	f.clock.Advance(time.Second)
	if w := serve(h, from("192.0.2.1", "/v1/x", "ann-token")); w.Code != http.StatusOK {
		t.Errorf("a second later the answer is %d", w.Code)
	}
}

func TestMadeUpTokensCountAgainstTheAddress(t *testing.T) {
	_, h := counted(t, door.Limits{OrdinaryPerMinute: 60})
	last := 0
	for i := range 61 {
		last = serve(h, from("192.0.2.1", "/v1/x", fmt.Sprintf("made-up-%d", i))).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 61st made-up token is answered %d", last)
	}
	if w := serve(h, from("192.0.2.1", "/v1/free", "")); w.Code != http.StatusUnauthorized {
		t.Errorf("what is not limited answers %d", w.Code)
	}
}

func TestSignInIsCountedPerAddress(t *testing.T) {
	f, h := counted(t, door.Limits{})
	for i := range door.DefaultSignInPerMinute + 1 {
		// One client of an IPv6 network may use any of its addresses.
		w := serve(h, from(fmt.Sprintf("[2001:db8::%d]", i+1), "/v1/login", ""))
		if want := i == door.DefaultSignInPerMinute; (w.Code == http.StatusTooManyRequests) != want {
			t.Fatalf("try %d answers %d", i+1, w.Code)
		}
	}
	f.clock.Advance(3 * time.Second)
	if w := serve(h, from("[2001:db8::1]", "/v1/login", "")); w.Code == http.StatusTooManyRequests {
		t.Error("the next try's share of the minute has passed, but it is refused")
	}
}

func TestNoLimit(t *testing.T) {
	_, h := counted(t, door.Limits{OrdinaryPerMinute: -1, SignInPerMinute: -1})
	for range 2000 {
		if w := serve(h, from("192.0.2.1", "/v1/login", "")); w.Code == http.StatusTooManyRequests || w.Header().Get("RateLimit-Limit") != "" {
			t.Fatalf("answer %d with %v", w.Code, w.Header())
		}
	}
}
