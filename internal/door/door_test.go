package door_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// desk knows two credentials.
type desk struct{ asked int }

func (d *desk) Authenticate(_ context.Context, c account.Credential) (account.Actor, error) {
	d.asked++
	switch {
	case c.Bearer == "ann-token", c.Session == "ann-session":
		return account.Actor{Kind: account.ActorUser, Org: 1, UserID: 7, Name: "Ann"}, nil
	}
	return account.Actor{}, fault.New(fault.Unauthenticated, "bad_token", "The token is not known.")
}

// front is a door with everything a test looks at.
type front struct {
	*door.Door
	clock *clock.Fake
	log   *bytes.Buffer
	desk  *desk
	seen  []door.Seen
}

func newFront(t *testing.T, change func(*door.Deps)) *front {
	t.Helper()
	f := &front{clock: clock.NewFake(noon), log: &bytes.Buffer{}, desk: &desk{}}
	deps := door.Deps{
		Accounts: f.desk, Clock: f.clock, PublicURL: "https://tocsin.example",
		Logger:  slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(s door.Seen) { f.seen = append(f.seen, s) },
	}
	if change != nil {
		change(&deps)
	}
	f.Door = door.New(deps)
	return f
}

func ordinary(*http.Request) door.Class { return door.Ordinary }

// api serves one handler under every path of the REST chain.
func (f *front) api(handler http.HandlerFunc) http.Handler {
	routes := door.NewRoutes(door.WriteProblem)
	routes.HandleFunc("/v1/{rest...}", handler)
	return f.API(routes, ordinary)
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(path string, headers ...string) *http.Request {
	return request(http.MethodGet, path, nil, headers...)
}

func request(method, path string, body io.Reader, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func problem(t *testing.T, w *httptest.ResponseRecorder) door.Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != door.ProblemType {
		t.Fatalf("status %d with Content-Type %q and body %q, want a problem document", w.Code, got, w.Body)
	}
	var p door.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("problem document %q: %v", w.Body, err)
	}
	if p.Status != w.Code || p.Title != http.StatusText(w.Code) || p.Type != "about:blank" || p.Detail == "" || p.Code == "" {
		t.Errorf("problem document %+v for status %d is not complete", p, w.Code)
	}
	if p.RequestID != w.Header().Get(door.RequestIDHeader) {
		t.Errorf("problem carries request id %q, the header %q", p.RequestID, w.Header().Get(door.RequestIDHeader))
	}
	return p
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestRequestIDIsKeptWhenSaneElseMade(t *testing.T) {
	f := newFront(t, nil)
	var inside string
	h := f.api(func(_ http.ResponseWriter, r *http.Request) { inside = door.RequestIDFrom(r.Context()) })
	w := serve(h, get("/v1/x", "X-Request-ID", "build-7.retry_1"))
	if got := w.Header().Get(door.RequestIDHeader); got != "build-7.retry_1" || inside != got {
		t.Errorf("request id %q, inside %q, want the client's", got, inside)
	}
	for _, odd := range []string{"", "a b", "x\"y", strings.Repeat("a", 65), "ümlaut"} {
		w := serve(h, get("/v1/x", "X-Request-ID", odd))
		if got := w.Header().Get(door.RequestIDHeader); got == odd || len(got) < 20 {
			t.Errorf("request id %q for %q, want a new one", got, odd)
		}
	}
}

func TestPanicBecomesAnInternalErrorWithoutItsText(t *testing.T) {
	f := newFront(t, nil)
	w := serve(f.api(func(http.ResponseWriter, *http.Request) { panic("secret pointer") }), get("/v1/x"))
	p := problem(t, w)
	if p.Status != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("answer %s tells too much or has the wrong status", w.Body)
	}
	if !strings.Contains(f.log.String(), "secret pointer") || !strings.Contains(f.log.String(), p.RequestID) {
		t.Errorf("the log does not tell what happened: %s", f.log)
	}
}

func TestAccessLogNamesTheRequestAndNoSecret(t *testing.T) {
	f := newFront(t, nil)
	routes := door.NewRoutes(door.WriteProblem)
	routes.HandleFunc("POST /v1/intake/{kind}/{key}", hello)
	routes.HandleFunc("GET /v1/users/{id}", hello)
	h := f.API(routes, ordinary)
	serve(h, request(http.MethodPost, "/v1/intake/generic/1-topsecret?key=alsosecret", nil))
	serve(h, request(http.MethodPost, "/v1/intake/generic/1-topsecret/x", nil))
	serve(h, get("/v1/users/12?q=alsosecret", "Authorization", "Bearer topsecret"))
	if log := f.log.String(); strings.Contains(log, "secret") {
		t.Errorf("the log has a secret: %s", log)
	}
	for _, want := range []string{`"path":"/v1/users/12"`, `"path":"/v1/intake/{kind}/{key}"`, `"status":404`, `"request_id":"`} {
		if !strings.Contains(f.log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, f.log)
		}
	}
	if len(f.seen) != 3 || f.seen[2].Route != "GET /v1/users/{id}" || f.seen[2].Status != http.StatusOK || f.seen[1].Route != "" {
		t.Errorf("metrics saw %+v", f.seen)
	}
}

func TestLaneLogsSuccessesAtDebugOnly(t *testing.T) {
	f := newFront(t, nil)
	serve(f.Lane(http.HandlerFunc(hello)), get("/livez"))
	if !strings.Contains(f.log.String(), `"level":"DEBUG"`) {
		t.Errorf("a success in the lane is logged as %s", f.log)
	}
	f.log.Reset()
	serve(f.Lane(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		door.WriteProblem(w, r, fault.New(fault.Unavailable, "database_away", "The database is away."))
	})), get("/livez"))
	if !strings.Contains(f.log.String(), `"level":"ERROR"`) || !strings.Contains(f.log.String(), "The database is away.") {
		t.Errorf("a failure in the lane is logged as %s", f.log)
	}
}

func TestDeadlineEndsTheRequest(t *testing.T) {
	f := newFront(t, func(d *door.Deps) { d.Deadline = time.Millisecond })
	w := serve(f.api(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		door.WriteProblem(w, r, r.Context().Err())
	}), get("/v1/x"))
	if p := problem(t, w); p.Status != http.StatusGatewayTimeout || p.Code != "timeout" {
		t.Errorf("a request past its deadline answers %+v", p)
	}
}
