package door_test

import (
	"net/http"
	"testing"

	"github.com/tocsinhq/tocsin/internal/door"
)

func TestSecurityHeadersOnEverything(t *testing.T) {
	f := newFront(t, nil)
	routes := door.NewRoutes(door.WriteProblem)
	handlers := map[string]http.Handler{
		"api": f.API(routes, ordinary), "pages": f.Pages(routes, ordinary, door.WriteProblem), "lane": f.Lane(routes),
	}
	for name, h := range handlers {
		// Two requests: the sets are shared, so the first must not have changed them.
		for range 2 {
			w := serve(h, get("/missing", "Origin", "https://evil.example"))
			w.Header().Add("X-Frame-Options", "ALLOW")
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
				"Strict-Transport-Security": "max-age=31536000", "Access-Control-Allow-Origin": "",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s: %s is %q, want %q", name, header, got, want)
				}
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Referrer-Policy") == "" {
				t.Errorf("%s: no policy in %v", name, w.Header())
			}
		}
	}
	plain := newFront(t, func(d *door.Deps) { d.PublicURL = "http://localhost:8000" })
	if got := serve(plain.Lane(routes), get("/")).Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS browsers are told %q", got)
	}
}

func TestCORSIsForConfiguredOriginsOnly(t *testing.T) {
	f := newFront(t, func(d *door.Deps) { d.AllowedOrigins = []string{"https://app.example"} })
	h := f.api(hello)
	w := serve(h, request(http.MethodOptions, "/v1/x", nil, "Origin", "https://app.example", "Access-Control-Request-Method", "PUT"))
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" ||
		w.Header().Get("Access-Control-Allow-Credentials") != "" || w.Header().Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("preflight answers %d %v", w.Code, w.Header())
	}
	w = serve(h, get("/v1/x", "Origin", "https://app.example"))
	if w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" || w.Header().Get("Vary") != "Origin" {
		t.Errorf("a configured origin gets %v", w.Header())
	}
	for _, origin := range []string{"https://evil.example", "https://app.example.evil.example", "null", "http://app.example"} {
		if got := serve(h, get("/v1/x", "Origin", origin)).Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("origin %s is allowed as %q", origin, got)
		}
	}
}
