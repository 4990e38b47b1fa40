package door_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/tocsinhq/tocsin/internal/door"
)

func TestRoutes(t *testing.T) {
	f := newFront(t, nil)
	routes := door.NewRoutes(door.WriteProblem)
	routes.HandleFunc("GET /{$}", hello)
	routes.HandleFunc("POST /v1/users", hello)
	routes.HandleFunc("GET /v1/users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) })
	routes.HandleFunc("DELETE /v1/users/{id}", hello)
	h := f.API(routes, ordinary)
	cases := []struct {
		method, path string
		status       int
		allow, body  string
	}{
		{"GET", "/", 200, "", "hello"},
		{"POST", "/v1/users", 200, "", "hello"},
		{"POST", "/v1/users/", 200, "", "hello"},
		{"GET", "/v1/users/7/", 200, "", "7"},
		{"GET", "/v1/users/a%2Fb/", 200, "", "a/b"},
		{"GET", "/v1/users", 405, "POST", ""},
		{"PUT", "/v1/users/7/", 405, "GET, HEAD, DELETE", ""},
		{"BREW", "/v1/users/7", 405, "GET, HEAD, DELETE", ""},
		{"OPTIONS", "/v1/users/7", 405, "GET, HEAD, DELETE", ""},
		{"GET", "/v1/nothing", 404, "", ""},
		{"GET", "/v1//users", 404, "", ""},
		{"GET", "/v1/users/../users/7", 404, "", ""},
		{"GET", "/v1/./users", 404, "", ""},
		{"GET", "/v1/users/%2e%2e", 404, "", ""},
	}
	for _, c := range cases {
		w := serve(h, request(c.method, c.path, nil))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s answers %d with Allow %q, want %d with %q", c.method, c.path, w.Code, w.Header().Get("Allow"), c.status, c.allow)
		}
		if c.status == http.StatusOK && w.Body.String() != c.body {
			t.Errorf("%s %s answers %q, want %q", c.method, c.path, w.Body, c.body)
		}
		if c.status != http.StatusOK {
			problem(t, w)
		}
	}
}
