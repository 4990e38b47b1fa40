package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
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
	"github.com/tocsinhq/tocsin/internal/testkit/pager"
	"github.com/tocsinhq/tocsin/internal/watch"
)

const goodPassword = "testpass123"

// house is the whole site on a fresh database.
type house struct {
	t       *testing.T
	clk     *clock.Fake
	deps    Deps
	handler http.Handler
	root    account.Actor
	paged   *pager.Recorder
	letters *letterbox
	spoil   func(query string, args ...any) // has the database hold what this program cannot read
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d, clk := dbtest.SQLite(t)
	hub, logger, keys := live.New(d, "test"), slog.New(slog.DiscardHandler), account.NewKeys(bytes.Repeat([]byte("k"), 32))
	accounts := account.New(account.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, HashCost: bcrypt.MinCost, Secret: keys})
	services := catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger})
	incidents := incident.New(incident.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, People: accounts, ServiceOwner: services.Owner})
	h := &house{
		t: t, clk: clk, spoil: dbtest.Spoils(t, d), root: account.System(account.DefaultOrg, "test"), paged: &pager.Recorder{}, letters: &letterbox{got: make(chan notify.Message, 100)},
	}
	notifications := notify.New(notify.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: accounts, Incidents: incidents, Channels: map[string]notify.Channel{"email": h.letters},
		Secret: keys, PublicURL: "http://tocsin.test", Node: "test",
	})
	h.paged.Through = notifications
	escalations := escalation.New(escalation.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, Incidents: incidents, People: accounts, Pager: h.paged, Services: services,
		Roster: oncall.New(oncall.Deps{Account: accounts}), Channels: []string{"email", "ntfy"},
		Posts: notify.New(notify.Deps{Channels: map[string]notify.Channel{"email": h.letters, "webhook": hook{h.letters}}, Secret: keys, PublicURL: "http://tocsin.test"}),
	})
	notifications.SetSettler(escalations)
	accounts.SetWelcomer(notifications)
	accounts.SetMailer(notifications)
	t.Cleanup(func() { _ = notifications.CloseRecovery(context.Background()) })
	accounts.SetPolicies(escalations)
	services.SetPolicies(escalations)
	incidents.SetHolds(escalations.AckHolds)
	incidents.AddFollower(escalations)
	incidents.AddFollower(notifications)
	if err := escalations.SeedFallback(t.Context()); err != nil {
		t.Fatal(err)
	}
	inbox := intake.New(intake.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, Incidents: incidents, Teams: accounts, Catalog: services, Sources: source.All(),
	})
	h.deps = Deps{
		Door: door.New(door.Deps{Accounts: accounts, Logger: logger, Clock: clk, PublicURL: "http://tocsin.test"}), Accounts: accounts,
		Incidents: incidents, Catalog: services, Escalations: escalations, Intake: inbox, Notifications: notifications,
		Watch: watch.New(watch.Deps{
			DB: d, Logger: logger, Incidents: incidents, Escalations: escalations, Notifications: notifications,
			Self: watch.Node{Name: "node-1", Version: "v1.2", StartedAt: dbtest.Start},
		}),
		Hub: hub, Clock: clk, Logger: logger, PublicURL: "http://tocsin.test",
	}
	h.handler = New(h.deps)
	return h
}

// hook is a channel for webhooks.
type hook struct{ *letterbox }

func (hook) Kind() string { return "webhook" }

func (hook) CheckAddress(address string) (string, error) {
	if !strings.HasPrefix(address, "https://") {
		return "", errors.New("must begin with https://")
	}
	return address, nil
}

func (hook) CheckHeaders(headers map[string]string) error {
	if _, there := headers["Host"]; there {
		return errors.New("have Host, which is the server's own to set")
	}
	return nil
}

// person makes a user of a role, in teams.
func (h *house) person(name string, role account.Role, teams ...int64) account.User {
	h.t.Helper()
	n := account.NewUser{Email: name + "@example.com", FullName: strings.ToUpper(name[:1]) + name[1:], Role: role, Password: goodPassword}
	if len(teams) > 0 {
		n.TeamID = &teams[0]
	}
	u, err := h.deps.Accounts.CreateUserDirect(h.t.Context(), n, "")
	if err != nil {
		h.t.Fatalf("create %s: %v", name, err)
	}
	return u
}

func (h *house) team(name string) int64 {
	h.t.Helper()
	team, err := h.deps.Accounts.CreateTeam(h.t.Context(), h.root, account.NewTeam{Name: name})
	if err != nil {
		h.t.Fatalf("create team %s: %v", name, err)
	}
	return team.ID
}

func (h *house) incident(n incident.NewIncident) incident.Incident {
	h.t.Helper()
	created, err := h.deps.Incidents.Create(h.t.Context(), h.root, n)
	if err != nil {
		h.t.Fatalf("create incident: %v", err)
	}
	return created
}

// browser is somebody's browser: it keeps cookies and follows nothing by itself.
type browser struct {
	*house
	cookies map[string]string
	header  http.Header
}

func (h *house) browser() *browser {
	return &browser{house: h, cookies: map[string]string{}, header: http.Header{}}
}

// signIn opens a browser and signs in with the good password.
func (h *house) signIn(u account.User) *browser {
	h.t.Helper()
	b := h.browser()
	if a := b.post("/login", url.Values{"email": {u.Email}, "password": {goodPassword}}); a.code != http.StatusSeeOther {
		h.t.Fatalf("sign in %s: %d %s", u.Email, a.code, a.body)
	}
	return b
}

// answer is what came back.
type answer struct {
	t        *testing.T
	code     int
	body     string
	location string
	header   http.Header
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do(http.MethodGet, path, nil) }

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (b *browser) do(method, path string, body io.Reader) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://tocsin.test"+path, body)
	maps.Copy(r.Header, b.header)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	for _, icon := range drawnIcon.FindAllStringSubmatch(w.Body.String(), -1) {
		if !strings.Contains(sprite(), `id="`+icon[1]+`"`) {
			b.t.Errorf("%s draws the icon %q, which is not in the sprite", path, icon[1])
		}
	}
	return answer{b.t, w.Code, w.Body.String(), w.Header().Get("Location"), w.Header()}
}

var drawnIcon = regexp.MustCompile(`icons\.svg#([\w-]*)`)

var sprite = sync.OnceValue(func() string {
	drawn, err := os.ReadFile("static/icons.svg")
	if err != nil {
		panic(err)
	}
	return string(drawn)
})

// shows wants status 200 and every text on the page.
func (a answer) shows(texts ...string) answer {
	a.t.Helper()
	return a.is(http.StatusOK).says(texts...)
}

func (a answer) is(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Errorf("status %d, want %d: %.300s", a.code, code, a.body)
	}
	return a
}

func (a answer) says(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%q is not on the page", text)
		}
	}
	return a
}

func (a answer) hides(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%q is on the page", text)
		}
	}
	return a
}

// goesTo wants a redirect after a form.
func (a answer) goesTo(path string) answer {
	a.t.Helper()
	if a.code != http.StatusSeeOther || !strings.HasPrefix(a.location, path) {
		a.t.Errorf("status %d to %q, want 303 to %q: %.300s", a.code, a.location, path, a.body)
	}
	return a
}

// between is what stands between two texts on a page; "" when they are not there.
func between(body, before, after string) string {
	_, rest, _ := strings.Cut(body, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}
