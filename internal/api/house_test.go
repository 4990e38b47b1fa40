package api

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/channel"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/oncall"
	"github.com/tocsinhq/tocsin/internal/source"
	"github.com/tocsinhq/tocsin/internal/watch"
)

const password = "correct horse battery"

// house is a whole server behind the REST door, without a socket and without loops.
type house struct {
	t       *testing.T
	clk     *clock.Fake
	deps    Deps
	server  *server
	handler http.Handler
	log     *bytes.Buffer
	other   int64        // another organisation on the same database
	cut     func() error // takes the database away
	admin   *person
}

// person is somebody who calls the API.
type person struct {
	h     *house
	id    int64
	email string
	token string
}

// nobody calls without a token.
func (h *house) nobody() *person { return &person{h: h} }

// eachHouse runs a story on both databases.
func eachHouse(t *testing.T, story func(t *testing.T, h *house)) {
	if dbtest.OnSQLite() {
		t.Run("sqlite", func(t *testing.T) { story(t, newHouse(t)) })
	}
	t.Run("postgres", func(t *testing.T) {
		d, clk := dbtest.Postgres(t)
		story(t, furnish(t, clk, live.New(d, "test"), account.Deps{DB: d}, dbtest.Organization(t, d, "elsewhere")))
	})
}

func newHouse(t *testing.T) *house {
	d, clk := dbtest.SQLite(t)
	return furnish(t, clk, live.New(d, "test"), account.Deps{DB: d}, dbtest.Organization(t, d, "elsewhere"))
}

// furnish builds the rooms on the database that the account room was given.
func furnish(t *testing.T, clk *clock.Fake, hub *live.Hub, a account.Deps, other int64) *house {
	h := &house{t: t, clk: clk, log: &bytes.Buffer{}, other: other, cut: a.DB.Close}
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	a.Clock, a.Hub, a.Logger, a.HashCost = clk, hub, logger, bcrypt.MinCost
	a.Secret, a.Signup = account.NewKeys(bytes.Repeat([]byte("k"), 32)), account.SignupOpen
	accounts := account.New(a)
	services := catalog.New(catalog.Deps{DB: a.DB, Clock: clk, Hub: hub, Logger: logger})
	incidents := incident.New(incident.Deps{DB: a.DB, Clock: clk, Hub: hub, Logger: logger, People: accounts, ServiceOwner: services.Owner})
	channels, err := channel.Open(channel.Setup{
		Values: map[string]string{"smtp_url": "smtp://mail.example?from=pages@tocsin.example"}, Key: []byte("k"), Clock: clk, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	notifications := notify.New(notify.Deps{
		DB: a.DB, Clock: clk, Hub: hub, Logger: logger, People: accounts, Incidents: incidents, Channels: channels, Secret: a.Secret,
		PublicURL: "https://tocsin.example", Node: "test",
	})
	escalations := escalation.New(escalation.Deps{
		DB: a.DB, Clock: clk, Hub: hub, Logger: logger, Incidents: incidents, People: accounts, Roster: oncall.New(oncall.Deps{Account: accounts}),
		Services: services, Channels: []string{"email"}, Pager: notifications, Posts: notifications,
	})
	incidents.AddFollower(notifications)
	accounts.SetWelcomer(notifications)
	accounts.SetPolicies(escalations)
	services.SetPolicies(escalations)
	inbox := intake.New(intake.Deps{
		DB: a.DB, Clock: clk, Hub: hub, Logger: logger, Incidents: incidents, Teams: accounts, Catalog: services, Sources: source.All(),
	})
	h.deps = Deps{
		Door:     h.doorOf(accounts, logger, door.Limits{OrdinaryPerMinute: -1, SignInPerMinute: -1}),
		Accounts: accounts, Incidents: incidents, Catalog: services, Escalations: escalations, Notifications: notifications,
		Watch: watch.New(watch.Deps{
			DB: a.DB, Logger: logger, Incidents: incidents, Escalations: escalations, Notifications: notifications,
			Self: watch.Node{Name: "test", Version: "test", StartedAt: dbtest.Start},
		}),
		Intake: inbox, Clock: clk, Logger: logger, Version: "test", PublicURL: "https://tocsin.example",
	}
	h.server = newServer(h.deps)
	h.handler = New(h.deps)
	h.admin = h.person("admin", account.RoleAdmin, 0)
	return h
}

func (h *house) doorOf(accounts *account.Service, logger *slog.Logger, limits door.Limits) *door.Door {
	return door.New(door.Deps{Accounts: accounts, Clock: h.clk, Logger: logger, PublicURL: "https://tocsin.example", Limits: limits})
}

// limited is the same house behind a door with the limits that hold by default.
func (h *house) limited() *house {
	deps := h.deps
	deps.Door = h.doorOf(deps.Accounts, deps.Logger, door.Limits{})
	h.handler = New(deps)
	return h
}

// person makes a user of the organisation, in a home team unless it is 0, and signs in.
func (h *house) person(name string, role account.Role, team int64) *person {
	return h.personOf(1, name, role, team)
}

func (h *house) personOf(org int64, name string, role account.Role, team int64) *person {
	h.t.Helper()
	email := name + "@example.org"
	fresh := account.NewUser{Email: email, Password: password, FullName: strings.ToUpper(name[:1]) + name[1:], Role: role}
	if team != 0 {
		fresh.TeamID = &team
	}
	user, err := h.deps.Accounts.CreateUser(h.t.Context(), account.System(org, "test"), fresh)
	if err != nil {
		h.t.Fatalf("create %s: %v", name, err)
	}
	p := &person{h: h, id: user.ID, email: email}
	p.signIn()
	return p
}

// signIn gets a token, also when the one before has ended.
func (p *person) signIn() {
	p.h.t.Helper()
	tokens, err := p.h.deps.Accounts.Login(p.h.t.Context(), account.LoginRequest{Email: p.email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		p.h.t.Fatalf("sign in %s: %v", p.email, err)
	}
	p.token = tokens.AccessToken
}

// session signs a browser in and returns its token.
func (p *person) session() string {
	p.h.t.Helper()
	token, _, _, err := p.h.deps.Accounts.StartSession(p.h.t.Context(), account.LoginRequest{Email: p.email, Password: password})
	if err != nil {
		p.h.t.Fatal(err)
	}
	return token
}

// replied is what came back.
type replied struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// call sends a request; a body that is no string is sent as JSON.
func (p *person) call(method, path string, body any, headers ...string) replied {
	p.h.t.Helper()
	var content io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			p.h.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.h.handler.ServeHTTP(w, r)
	got := replied{t: p.h.t, what: method + " " + path, status: w.Code, header: w.Header(), body: w.Body.Bytes()}
	p.h.checkDocumented(r, got)
	return got
}

func (p *person) get(path string) replied { p.h.t.Helper(); return p.call("GET", path, nil) }
func (p *person) post(path string, body any) replied {
	p.h.t.Helper()
	return p.call("POST", path, body)
}

func (p *person) put(path string, body any) replied { p.h.t.Helper(); return p.call("PUT", path, body) }

// is ends the test unless the status is the wanted one.
func (r replied) is(status int) replied {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s answers %d, want %d: %s", r.what, r.status, status, r.body)
	}
	return r
}

// into decodes the body.
func into[T any](r replied) (v T) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("%s answers %q: %v", r.what, r.body, err)
	}
	return v
}

// id is the id of the object in the answer.
func (r replied) id() int64 {
	r.t.Helper()
	return into[struct {
		ID int64 `json:"id"`
	}](r).ID
}

// problem is the body as a problem document.
func (r replied) problem() Problem { r.t.Helper(); return into[Problem](r) }

// wrong are the locations of the wrong fields.
func (r replied) wrong() string {
	r.t.Helper()
	var locations []string
	for _, f := range r.is(http.StatusUnprocessableEntity).problem().Errors {
		locations = append(locations, f.Location)
	}
	return strings.Join(locations, " ")
}
