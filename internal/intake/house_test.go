package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
)

// house is intake with everything below it, a shop team and a storage team, and a manager.
type house struct {
	*intake.Service
	t             *testing.T
	db            *db.DB
	clock         *clock.Fake
	hub           *live.Hub
	accounts      *account.Service
	catalog       *catalog.Catalog
	incidents     *incident.Service
	port          *port
	shop, storage int64
}

// port stands between intake and the incidents and can be told to fail.
type port struct {
	intake.Incidents
	fail func(reports []incident.Report) error
}

func (p *port) Receive(tx *db.Tx, org int64, reports []incident.Report) ([]incident.Receipt, error) {
	if p.fail != nil {
		if err := p.fail(reports); err != nil {
			return nil, err
		}
	}
	return p.Incidents.Receive(tx, org, reports)
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) { test(t, newHouse(t, d, clk)) })
}

func newHouse(t *testing.T, d *db.DB, clk *clock.Fake) *house {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	hub := live.New(d, "node")
	h := &house{t: t, db: d, clock: clk, hub: hub}
	h.accounts = account.New(account.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger})
	h.catalog = catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger})
	h.incidents = incident.New(incident.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: h.accounts, ServiceOwner: h.catalog.Owner,
	})
	h.port = &port{Incidents: h.incidents}
	h.Service = h.node(hub)
	h.shop, h.storage = h.team("Shop"), h.team("Storage")
	return h
}

// node is another server on the same database.
func (h *house) node(hub *live.Hub) *intake.Service {
	return intake.New(intake.Deps{
		DB: h.db, Clock: h.clock, Hub: hub, Logger: slog.New(slog.DiscardHandler), Incidents: h.port, Teams: h.accounts,
		Catalog: h.catalog, Sources: map[string]intake.Source{"plain": plain{"plain"}, "other": dialect{plain{"other"}}},
	})
}

func (h *house) team(name string) int64 {
	h.t.Helper()
	team, err := h.accounts.CreateTeam(context.Background(), account.System(dbtest.Org, "test"), account.NewTeam{Name: name})
	if err != nil {
		h.t.Fatal(err)
	}
	return team.ID
}

func manager() account.Actor { return account.System(dbtest.Org, "test") }

func lead(team int64) account.Actor {
	return account.Actor{
		Kind: account.ActorUser, Org: dbtest.Org, UserID: 2, Role: account.RoleTeamLead, Teams: map[int64]account.Role{team: ""},
	}
}

// integration makes one and returns its key.
func (h *house) integration(n intake.NewIntegration) (intake.Integration, string) {
	h.t.Helper()
	if n.Name == "" {
		n.Name = "prod"
	}
	if n.Kind == "" {
		n.Kind = "plain"
	}
	in, key, err := h.Create(context.Background(), manager(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return in, key
}

// send sends signals by a key and expects them to be stored.
func (h *house) send(key string, signals ...intake.Signal) intake.Result {
	h.t.Helper()
	body, err := json.Marshal(signals)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.sendBody(key, string(body))
}

func (h *house) sendBody(key, body string) intake.Result {
	h.t.Helper()
	result, err := h.Receive(context.Background(), "plain", key, intake.Request{Body: []byte(body), Query: url.Values{}})
	if err != nil {
		h.t.Fatalf("the message was refused: %v", err)
	}
	return result
}

// incident is the incident that the first outcome of a result is about.
func (h *house) incident(r intake.Result) incident.Incident {
	h.t.Helper()
	if len(r.Outcomes) == 0 || r.Outcomes[0].IncidentID == 0 {
		h.t.Fatalf("no incident: %+v", r)
	}
	detail, err := h.incidents.Get(context.Background(), manager(), r.Outcomes[0].IncidentID)
	if err != nil {
		h.t.Fatal(err)
	}
	return detail.Incident
}

// unresolved are the titles of the incidents that are not resolved, newest first.
func (h *house) unresolved() []string {
	h.t.Helper()
	page, err := h.incidents.List(context.Background(), manager(), incident.Filter{
		Statuses: []incident.Status{incident.StatusOpen, incident.StatusAcknowledged, incident.StatusSnoozed}, Limit: 1000,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	titles := []string{}
	for _, i := range page.Incidents {
		titles = append(titles, i.Title)
	}
	return titles
}

func (h *house) messages(in intake.Integration) []intake.InboundMessage {
	h.t.Helper()
	list, err := h.Messages(context.Background(), manager(), in.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func fires(key string) intake.Signal {
	return intake.Signal{Key: key, Title: key, Status: incident.AlertFiring, StartsAt: at(0)}
}

func ends(key string) intake.Signal {
	s := fires(key)
	s.Status = incident.AlertResolved
	return s
}

func at(after time.Duration) *time.Time {
	moment := dbtest.Start.Add(after)
	return &moment
}

// plain is a source whose messages are the signals themselves as JSON; "panic" shows a mistake in a source.
type plain struct{ kind string }

func (p plain) Kind() string { return p.kind }

func (p plain) Setup(url string) string { return p.kind + " sends to " + url }

func (plain) Parse(r intake.Request) ([]intake.Signal, error) {
	switch string(r.Body) {
	case "panic":
		panic("a mistake")
	case "wrong":
		return nil, errors.New("secret inside")
	}
	var signals []intake.Signal
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	if err := decoder.Decode(&signals); err != nil {
		return nil, fault.New(fault.Malformed, "not_json", "The body is not JSON.")
	}
	return signals, nil
}

// dialect is plain with an answer of its own.
type dialect struct{ plain }

func (dialect) Answer(intake.Result) (int, any) { return 299, "own words" }
