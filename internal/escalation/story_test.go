package escalation

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/oncall"
)

// house is escalation with its real neighbours on a fresh database; only the pager is a recorder.
type house struct {
	*Service
	t         *testing.T
	clk       *clock.Fake
	accounts  *account.Service
	services  *catalog.Catalog
	incidents *incident.Service
	pager     *recorder
	root      account.Actor
	people    map[string]account.User
	teams     map[string]int64
	seen      int // pages that a story has looked at
	alerts    int
}

// eachHouse runs a story on both databases.
func eachHouse(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) { story(t, newHouse(t, d, clk)) })
}

func newHouse(t *testing.T, d *db.DB, clk *clock.Fake) *house {
	t.Helper()
	hub, logger := live.New(d, "test"), slog.New(slog.DiscardHandler)
	h := &house{t: t, clk: clk, root: account.System(account.DefaultOrg, "test"), people: map[string]account.User{}, teams: map[string]int64{}}
	h.accounts = account.New(account.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, HashCost: bcrypt.MinCost, Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)),
	})
	h.services = catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger})
	h.incidents = incident.New(incident.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: h.accounts, ServiceOwner: h.services.Owner,
	})
	h.pager = newRecorder()
	h.Service = h.node(hub)
	h.incidents.SetHolds(h.AckHolds)
	h.incidents.AddFollower(h.Service)
	h.services.SetPolicies(h.Service)
	h.holds(0) // Stories about time limits of acknowledgements set their own.
	return h
}

// holds sets how long the acknowledgement of an urgent incident holds; 0 is for ever.
func (h *house) holds(minutes int) {
	h.t.Helper()
	must[account.Settings](h.t)(h.accounts.UpdateSettings(h.t.Context(), h.root, account.SettingsPatch{AckTimeoutMinutes: &minutes}))
}

// node is one more server process on the house's database: an engine of its own.
func (h *house) node(hub *live.Hub) *Service {
	d := h.incidents.DB
	return New(Deps{
		DB: d, Clock: h.clk, Hub: hub, Logger: slog.New(slog.DiscardHandler), Incidents: h.incidents, People: h.accounts, Pager: h.pager,
		Roster: oncall.New(oncall.Deps{Account: h.accounts}), Channels: someWords.channels, Services: h.services,
		Posts: someWords.posts,
	})
}

// must stops the story on an unexpected error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func (h *house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.DB.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// person makes a user of a role, with the first team as home.
func (h *house) person(name string, role account.Role, teams ...string) account.User {
	h.t.Helper()
	n := account.NewUser{Email: strings.ToLower(name) + "@example.com", FullName: name, Role: role, Password: "testpass123"}
	if len(teams) > 0 {
		id := h.team(teams[0])
		n.TeamID = &id
	}
	u := must[account.User](h.t)(h.accounts.CreateUserDirect(h.t.Context(), n, ""))
	h.people[name] = u
	return u
}

// team is the id of a team, which is made when it is first named.
func (h *house) team(name string) int64 {
	h.t.Helper()
	if h.teams[name] == 0 {
		h.teams[name] = must[account.Team](h.t)(h.accounts.CreateTeam(h.t.Context(), h.root, account.NewTeam{Name: name})).ID
	}
	return h.teams[name]
}

// as is a person as one who acts.
func (h *house) as(name string) account.Actor {
	u := h.people[name]
	a := account.Actor{Kind: account.ActorUser, Org: u.OrgID, UserID: u.ID, Name: u.Name(), Email: u.Email, Role: u.Role, Teams: map[int64]account.Role{}}
	if u.TeamID != nil {
		a.Teams[*u.TeamID] = ""
	}
	return a
}

// service is a service of a team, with a policy of its own when one is given.
func (h *house) service(name, team string, policy ...Policy) catalog.Service {
	h.t.Helper()
	n := catalog.NewService{Name: name}
	if team != "" {
		id := h.team(team)
		n.TeamID = &id
	}
	if len(policy) > 0 {
		n.PolicyID = &policy[0].ID
	}
	return must[catalog.Service](h.t)(h.services.Create(h.t.Context(), h.root, n))
}

// policy saves a policy from its document.
func (h *house) policy(document string) Policy {
	h.t.Helper()
	return must[Policy](h.t)(h.CreatePolicy(h.t.Context(), h.root, json.RawMessage(document)))
}

// alert is a firing alert of a tool: a new incident, or more of one with the same title.
func (h *house) alert(title string, severity incident.Severity, change ...func(r *incident.Report)) int64 {
	h.t.Helper()
	h.alerts++
	r := incident.Report{
		Source: "generic", Key: title, GroupKey: title, Title: title, Severity: severity, Status: incident.AlertFiring, ReopenWindow: 10 * time.Minute,
	}
	for _, do := range change {
		do(&r)
	}
	var id int64
	h.write(func(tx *db.Tx) error {
		receipts, err := h.incidents.Receive(tx, account.DefaultOrg, []incident.Report{r})
		if err == nil {
			id = receipts[0].IncidentID
		}
		return err
	})
	return id
}

// of makes the alert one of a service, as intake routes it.
func of(s catalog.Service) func(r *incident.Report) {
	return func(r *incident.Report) { r.Service, r.ServiceID, r.TeamID = s.Name, &s.ID, s.TeamID }
}

func ofTeam(id int64) func(r *incident.Report) { return func(r *incident.Report) { r.TeamID = &id } }

func (h *house) incident(id int64) incident.Incident {
	h.t.Helper()
	return must[incident.Detail](h.t)(h.incidents.Get(h.t.Context(), h.root, id)).Incident
}

// passes are what the node does by itself, in the order of this list when several are due.
func (h *house) passes() []func(ctx context.Context) (time.Time, bool, error) {
	return []func(ctx context.Context) (time.Time, bool, error){h.incidents.Course, h.Steps, h.Unreached}
}

// settle does what is due now, and lets the providers take what was sent; it returns when the next thing is due.
func (h *house) settle() (next time.Time) {
	h.t.Helper()
	for range 1000 {
		next = time.Time{}
		busy := false
		for _, pass := range h.passes() {
			at, more, err := pass(h.t.Context())
			if err != nil {
				h.t.Fatal(err)
			}
			busy = busy || more
			if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
		if accepted := h.pager.take(); len(accepted) > 0 {
			h.write(func(tx *db.Tx) error { return h.PagesSettled(tx, account.DefaultOrg, accepted) })
			busy = true
		}
		if !busy {
			return next
		}
	}
	h.t.Fatal("the passes never rest")
	return next
}

// after lets time go by, doing everything at its time.
func (h *house) after(d time.Duration) {
	h.t.Helper()
	end := h.clk.Now().Add(d)
	for {
		next := h.settle()
		if next.IsZero() || next.After(end) {
			break
		}
		if !next.After(h.clk.Now()) {
			h.t.Fatalf("due at %v is not done at %v", next, h.clk.Now())
		}
		h.clk.Set(next)
	}
	h.clk.Set(end)
	h.settle()
}

// isPaged wants exactly these people to have been paged since the story looked last, in this order.
func (h *house) isPaged(when string, names ...string) {
	h.t.Helper()
	h.settle()
	var got []string
	for _, page := range h.pager.since(&h.seen) {
		for name, u := range h.people {
			if u.ID == page.UserID {
				got = append(got, name)
			}
		}
	}
	if !slices.Equal(got, names) {
		h.t.Errorf("%s: paged are %v, want %v", when, got, names)
	}
}

// runs are the runs of an incident, oldest first.
func (h *house) runs(id int64) (list []Run) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		list = nil
		found, err := runsOf(tx, account.DefaultOrg, id)
		for _, r := range found {
			list = append(list, *r)
		}
		return err
	})
	return list
}

// events are the steps taken on an incident, oldest first.
func (h *house) events(id int64) []Event {
	h.t.Helper()
	page := must[EventPage](h.t)(h.ListEvents(h.t.Context(), h.root, EventFilter{IncidentID: &id, Limit: maxLimit}))
	slices.Reverse(page.Events)
	return page.Events
}

// tells wants the incident's timeline to hold a line of the kind with the text in it.
func (h *house) tells(id int64, kind, text string) {
	h.t.Helper()
	lines := must[[]incident.TimelineEvent](h.t)(h.incidents.Timeline(h.t.Context(), h.root, id, 0, maxLimit))
	if !slices.ContainsFunc(lines, func(e incident.TimelineEvent) bool {
		return e.EventType == kind && strings.Contains(e.Description, text)
	}) {
		h.t.Errorf("no %s on the timeline says %q: %v", kind, text, lines)
	}
}

func text(id int64) string { return strconv.FormatInt(id, 10) }
