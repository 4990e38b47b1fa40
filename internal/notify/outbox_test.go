package notify

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// office is the outbox of one organisation with real accounts and incidents, and two channels that do as they are told.
type office struct {
	t          *testing.T
	d          *db.DB
	clk        *clock.Fake
	deps       Deps
	accounts   *account.Service
	incidents  *incident.Service
	post       *Service
	mail, push *wire
	settled    *settled
}

func eachOffice(t *testing.T, story func(t *testing.T, o *office)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) { story(t, newOffice(t, d, clk)) })
}

func newOffice(t *testing.T, d *db.DB, clk *clock.Fake) *office {
	t.Helper()
	hub, logger := live.New(d, "test"), slog.New(slog.DiscardHandler)
	keys := account.NewKeys(bytes.Repeat([]byte("k"), 32))
	o := &office{t: t, d: d, clk: clk, mail: newWire("email"), push: newWire("ntfy"), settled: &settled{}}
	o.accounts = account.New(account.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, HashCost: bcrypt.MinCost, Secret: keys})
	o.incidents = incident.New(incident.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, People: o.accounts})
	o.deps = Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: o.accounts, Incidents: o.incidents, Secret: keys, PublicURL: "http://tocsin.test",
		Channels: map[string]Channel{"email": o.mail, "ntfy": o.push}, Node: "one",
	}
	o.post = o.node("one")
	o.incidents.AddFollower(o.post)
	o.accounts.SetWelcomer(o.post)
	return o
}

// node is one more process on the same database.
func (o *office) node(name string) *Service {
	deps := o.deps
	deps.Node = name
	s := New(deps)
	s.SetSettler(o.settled)
	return s
}

func (o *office) person(name string) account.User {
	o.t.Helper()
	u, err := o.accounts.CreateUserDirect(o.t.Context(), account.NewUser{
		Email: name + "@example.org", FullName: strings.ToUpper(name[:1]) + name[1:], Role: account.RoleOncallEngineer, Password: "a good password 17",
	}, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

func (o *office) actor(u account.User) account.Actor {
	return account.Actor{Kind: account.ActorUser, Org: u.OrgID, UserID: u.ID, Name: u.Name(), Email: u.Email, Role: u.Role}
}

func (o *office) incident(title string) incident.Incident {
	o.t.Helper()
	i, err := o.incidents.Create(o.t.Context(), account.System(dbtest.Org, "test"), incident.NewIncident{Title: title, Severity: incident.SeverityCritical})
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

// page enqueues a page of the incident to the person by routes.
func (o *office) page(i incident.Incident, u account.User, key string, routes ...Route) {
	o.t.Helper()
	p := Page{
		UserID: u.ID, IncidentID: i.ID, Episode: i.Episode, Title: i.Title, Urgency: incident.UrgencyHigh, Action: ActionPage,
		WantedUntil: WantedUntilAcknowledged, Key: key, Routes: routes,
	}
	o.write(func(tx *db.Tx) error { return o.post.Enqueue(tx, i.OrgID, []Page{p}) })
}

func mailTo(u account.User) Route { return Route{Channel: "email", Address: u.Email} }

func (o *office) write(fn func(tx *db.Tx) error) {
	o.t.Helper()
	if err := o.d.Write(o.t.Context(), fn); err != nil {
		o.t.Fatal(err)
	}
}

// dispatch has a node send what is due, wait for the answers, and go on as long as there are any: what has landed leaves its place
// to others, and what failed or was put aside brings others forward.
func (o *office) dispatch(s *Service) {
	o.t.Helper()
	for idle := 0; idle < 2; idle++ {
		before := s.Stats()
		o.pass(s)
		o.drain(s)
		if s.Stats() != before {
			idle = 0
		}
	}
}

func (o *office) pass(s *Service) {
	o.t.Helper()
	for {
		_, more, err := s.Dispatch(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// due are the notifications that are due, each with a place in its lane.
func (o *office) due(want int) (due []candidate) {
	o.t.Helper()
	if err := o.d.Read(o.t.Context(), func(tx *db.Tx) (err error) {
		due, err = dueNotifications(tx, dbtest.Org, o.clk.Now(), barred{}, 1000)
		return err
	}); err != nil || len(due) != want {
		o.t.Fatalf("%d are due, want %d: %v", len(due), want, err)
	}
	for i := range due {
		due[i].placed = true
	}
	return due
}

func (o *office) drain(s *Service) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		o.t.Fatal(err)
	}
}

// all are the notifications with their attempts, oldest first.
func (o *office) all() (list []Delivery) {
	o.t.Helper()
	page, err := o.post.ListNotifications(o.t.Context(), account.System(dbtest.Org, "test"), NotificationFilter{Limit: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, v := range slices.Backward(page.Notifications) {
		list = append(list, v)
	}
	return list
}

// stands wants the only notification to have the status and reason.
func (o *office) stands(status Status, reason string) Delivery {
	o.t.Helper()
	list := o.all()
	if len(list) != 1 {
		o.t.Fatalf("%d notifications, want 1", len(list))
	}
	if list[0].Status != status || list[0].Reason != reason {
		o.t.Errorf("it is %s (%q), want %s (%q)", list[0].Status, list[0].Reason, status, reason)
	}
	return list[0]
}

// settled records which events had a page accepted, and fails as it is told.
type settled struct {
	mu     sync.Mutex
	events []int64
	fail   func(eventID int64) error
}

func (s *settled) PagesSettled(_ *db.Tx, _ int64, list []Settlement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, settlement := range list {
		if s.fail != nil {
			if err := s.fail(settlement.EventID); err != nil {
				return err
			}
		}
	}
	for _, settlement := range list {
		s.events = append(s.events, settlement.EventID)
	}
	return nil
}

// wire is a channel that does as it is told. Its provider is the domain of the address.
type wire struct {
	kind     string
	mu       sync.Mutex
	sent     []Message
	answer   func(m Message) Outcome
	gate     chan struct{} // while it is there, nothing is answered before it is closed
	began    chan Message
	describe func()
	info     Info // what differs from the usual
}

func newWire(kind string) *wire { return &wire{kind: kind, began: make(chan Message, 1000)} }

func (w *wire) Kind() string { return w.kind }

func (w *wire) Describe() Info {
	w.mu.Lock()
	do, info := w.describe, w.info
	w.mu.Unlock()
	if do != nil {
		do()
	}
	return Info{Title: w.kind, Timeout: 10 * time.Second, Parallel: max(info.Parallel, 2), PerSecond: info.PerSecond, HTML: info.HTML}
}

func (w *wire) Reaches() bool { return true }

func (w *wire) CheckAddress(address string) (string, error) {
	if address == "" {
		return "", errors.New("is empty")
	}
	return address, nil
}

func (w *wire) Provider(address string) string { return address[strings.IndexByte(address, '@')+1:] }

func (w *wire) Send(ctx context.Context, m Message) Outcome {
	w.mu.Lock()
	gate, answer := w.gate, w.answer
	w.mu.Unlock()
	w.began <- m
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return Outcome{Result: Retry, Detail: "cut off"}
		}
	}
	if answer != nil {
		if o := answer(m); !o.Accepted() {
			return o
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, m)
	return Outcome{Result: Sent, Detail: "250 taken", Ref: "r1"}
}

func (w *wire) set(change func(w *wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}
