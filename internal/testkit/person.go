package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Person is somebody of the installation, with a client of the API.
type Person struct {
	h        *Harness
	ID       int64
	Name     string
	Email    string
	password string
	token    string
}

// Answer is what the server said.
type Answer struct {
	t      *testing.T
	what   string
	Code   int
	Header http.Header
	Body   []byte
}

// Must fails the story unless the status is one of these; none means any 2xx.
func (a Answer) Must(codes ...int) Answer {
	a.t.Helper()
	if len(codes) == 0 && a.Code/100 == 2 {
		return a
	}
	if slices.Contains(codes, a.Code) {
		return a
	}
	a.t.Fatalf("%s: %d, want %v: %s", a.what, a.Code, codes, a.Body)
	return a
}

// Into decodes the answer.
func (a Answer) Into(target any) Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, target); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.Body)
	}
	return a
}

// ID is the member "id" of the answer.
func (a Answer) ID() int64 {
	a.t.Helper()
	var object struct {
		ID int64 `json:"id"`
	}
	a.Into(&object)
	return object.ID
}

// Do calls the API as the person.
func (p *Person) Do(method, path string, body any) Answer {
	p.h.T.Helper()
	return p.h.request(method, path, p.bearer(), "application/json", encode(p.h.T, body))
}

func (p *Person) bearer() string {
	p.h.T.Helper()
	if p.password == "" {
		return ""
	}
	if p.token == "" {
		form := url.Values{"username": {p.Email}, "password": {p.password}}
		var tokens struct {
			AccessToken string `json:"access_token"`
		}
		p.h.request(http.MethodPost, "/v1/auth/login/access-token", "", "application/x-www-form-urlencoded", []byte(form.Encode())).
			Must(http.StatusOK).Into(&tokens)
		p.token = tokens.AccessToken
	}
	return p.token
}

// Path is the person's address in the API.
func (p *Person) Path() string { return "/v1/users/" + strconv.FormatInt(p.ID, 10) }

// SignsInAgain forgets the token, for one that has expired with the story's time.
func (p *Person) SignsInAgain() { p.token = "" }

func encode(t *testing.T, body any) []byte {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// request calls a living node without a socket.
func (h *Harness) request(method, path, token, contentType string, body []byte) Answer {
	h.T.Helper()
	return h.requestOf(h.alive(), method, path, token, contentType, body)
}

func (h *Harness) requestOf(n *node, method, path, token, contentType string, body []byte) Answer {
	h.T.Helper()
	r := httptest.NewRequestWithContext(h.T.Context(), method, PublicURL+path, bytes.NewReader(body))
	if body != nil {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	n.app.Handler().ServeHTTP(w, r)
	return Answer{t: h.T, what: method + " " + path, Code: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
}

// Probe asks a living node for one of its probes: "/readyz".
func (h *Harness) Probe(path string) Answer {
	h.T.Helper()
	return h.request(http.MethodGet, path, "", "", nil)
}

// Serve opens the installation to a browser and returns its address; requests go round the living nodes.
func (h *Harness) Serve() string {
	h.T.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.alive().app.Handler().ServeHTTP(w, r) }))
	h.T.Cleanup(func() {
		server.CloseClientConnections() // Live streams end only so.
		server.Close()
	})
	return server.URL
}

// Password is what the person signs in with.
func (p *Person) Password() string { return p.password }

// Nobody is somebody who is not signed in.
func (h *Harness) Nobody() *Person { return &Person{h: h, Name: "Nobody"} }

// Admin is the installation's administrator.
func (h *Harness) Admin() *Person { return h.admin }

const personPassword = "a good password 17"

// Person makes somebody with a role, in the team ("" for none), reached by e-mail at name@example.org.
func (h *Harness) Person(name, role, team string) *Person {
	h.T.Helper()
	p := &Person{h: h, Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@example.org", password: personPassword}
	body := map[string]any{"email": p.Email, "password": personPassword, "full_name": p.Name, "role": role}
	if team != "" {
		body["team_id"] = h.Team(team)
	}
	p.ID = h.admin.Do(http.MethodPost, "/v1/users", body).Must(http.StatusCreated).ID()
	return p
}

// Team is the id of the team of that name, which is made when there is none.
func (h *Harness) Team(name string) int64 {
	h.T.Helper()
	var teams []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	h.admin.Do(http.MethodGet, "/v1/teams?limit=1000", nil).Must().Into(&teams)
	for _, team := range teams {
		if team.Name == name {
			return team.ID
		}
	}
	return h.admin.Do(http.MethodPost, "/v1/teams", map[string]any{"name": name}).Must(http.StatusCreated).ID()
}

// Service makes a service that the team owns.
func (h *Harness) Service(name, team string, aliases ...string) int64 {
	h.T.Helper()
	body := map[string]any{"name": name, "team_id": h.Team(team), "aliases": aliases}
	return h.admin.Do(http.MethodPost, "/v1/services", body).Must(http.StatusCreated).ID()
}

// Policy makes an escalation policy of steps, each "minutes: target, target …", as in "0: oncall_engineer".
func (h *Harness) Policy(name string, more map[string]any, steps ...string) int64 {
	h.T.Helper()
	var list []any
	for _, s := range steps {
		delay, targets, _ := strings.Cut(s, ":")
		var minutes float64
		if _, err := fmt.Sscan(delay, &minutes); err != nil {
			h.T.Fatalf("the step %q does not begin with minutes: %v", s, err)
		}
		var recipients []string
		for target := range strings.SplitSeq(targets, ",") {
			recipients = append(recipients, strings.TrimSpace(target))
		}
		list = append(list, map[string]any{
			"delay_minutes": minutes, "actions": []any{map[string]any{"type": "notify", "recipients": recipients}},
		})
	}
	body := map[string]any{"name": name, "steps": list, "conditions": map[string]any{}}
	maps.Copy(body, more)
	return h.admin.Do(http.MethodPost, "/v1/escalation/policies", body).Must(http.StatusCreated).ID()
}
