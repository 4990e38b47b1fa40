package worlds_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

const (
	password     = "a good password 17"
	reopenWindow = 10 * time.Minute
)

// person is one of those who live in every world.
type person struct {
	name, role, team string
	second           bool // has ntfy beside e-mail
}

func (p person) email() string { return p.name + "@example.org" }

var root = person{name: "root", role: "admin"}

// people are everybody but root. Ann and Cat are the engineers of their teams, Ben and Dan the leads; Fay is the fallback contact.
var people = []person{
	{name: "ann", role: "oncall_engineer", team: "alpha"},
	{name: "ben", role: "team_lead", team: "alpha", second: true},
	{name: "cat", role: "oncall_engineer", team: "beta"},
	{name: "dan", role: "team_lead", team: "beta"},
	{name: "eve", role: "manager", second: true},
	{name: "fay", role: "user"},
}

// services are those of every world, with the team that owns them.
var services = []struct{ name, team string }{{"shop", "alpha"}, {"bank", "beta"}}

// template is the database that every world begins with, and what its objects are called there.
type template struct {
	file     []byte
	ids      map[string]int64 // of people, by name
	tokens   map[string]string
	key      string // of the integration
	fallback int64  // the organisation's fallback policy
}

// theTemplate is made once, with the doors that everybody uses.
var theTemplate = sync.OnceValues(func() (*template, error) {
	dir, err := nursery()
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t := &template{ids: map[string]int64{}, tokens: map[string]string{}}
	path := filepath.Join(dir, "template.db")
	h := newHouse(path, dbtest.Start, &diary{})
	if err = h.open(); err == nil {
		err = errors.Join(t.furnish(h), h.close())
	}
	if err != nil {
		return nil, err
	}
	t.file, err = os.ReadFile(path)
	return t, err
})

// withTemplate has the template made in a bubble of its own.
func withTemplate(t *testing.T) *template {
	t.Helper()
	var made *template
	synctest.Test(t, func(t *testing.T) {
		var err error
		if made, err = theTemplate(); err != nil {
			t.Fatal(err)
		}
	})
	return made
}

func (t *template) furnish(h *house) error {
	if err := t.signIn(h, root.name); err != nil {
		return err
	}
	teams := map[string]int64{}
	for _, s := range services {
		var team, service object
		if err := t.create(h, "/v1/teams", map[string]any{"name": s.team}, &team); err != nil {
			return err
		}
		teams[s.team] = team.ID
		if err := t.create(h, "/v1/services", map[string]any{"name": s.name, "team_id": team.ID}, &service); err != nil {
			return err
		}
	}
	for _, p := range people {
		if err := t.addPerson(h, p, teams); err != nil {
			return err
		}
	}
	settings := map[string]any{"fallback_contacts": []int64{t.ids["fay"]}, "ack_timeout_minutes": 0}
	if err := h.call(http.MethodPut, "/v1/settings", t.tokens[root.name], settings, nil); err != nil {
		return err
	}
	var integration struct{ Key string }
	if err := t.create(h, "/v1/integrations", map[string]any{"name": "senders", "kind": "generic"}, &integration); err != nil {
		return err
	}
	t.key = integration.Key
	var policies []struct {
		ID         int64 `json:"id"`
		IsFallback bool  `json:"is_fallback"`
	}
	if err := h.call(http.MethodGet, "/v1/escalation/policies", t.tokens[root.name], nil, &policies); err != nil {
		return err
	}
	for _, p := range policies {
		if p.IsFallback {
			t.fallback = p.ID
		}
	}
	return nil
}

func (t *template) addPerson(h *house, p person, teams map[string]int64) error {
	body := map[string]any{"email": p.email(), "password": password, "full_name": p.name, "role": p.role}
	if p.team != "" {
		body["team_id"] = teams[p.team]
	}
	var made object
	if err := t.create(h, "/v1/users", body, &made); err != nil {
		return err
	}
	t.ids[p.name] = made.ID
	if err := t.signIn(h, p.name); err != nil || !p.second {
		return err
	}
	method := map[string]any{"channel": "ntfy", "address": p.email()}
	return h.call(http.MethodPost, "/v1/contact-methods", t.tokens[p.name], method, nil)
}

type object struct {
	ID int64 `json:"id"`
}

func (t *template) create(h *house, path string, body, out any) error {
	return h.call(http.MethodPost, path, t.tokens[root.name], body, out)
}

func (t *template) signIn(h *house, name string) error {
	var said struct {
		Token string `json:"access_token"`
	}
	err := h.call(http.MethodPost, "/v1/auth/login/access-token", "", map[string]any{"username": person{name: name}.email(), "password": password}, &said)
	if err != nil {
		return fmt.Errorf("%s signs in: %w", name, err)
	}
	t.tokens[name] = said.Token
	return nil
}
