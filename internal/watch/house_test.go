package watch

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/oncall"
)

// house is the rooms on a fresh database, whose loops run when a test says so, so that a test can leave one out.
type house struct {
	*Service
	t          *testing.T
	clk        *clock.Fake
	mail, push *box
	root, ann  account.User
}

func eachHouse(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) { story(t, newHouse(t, d, clk)) })
}

func newHouse(t *testing.T, d *db.DB, clk *clock.Fake) *house {
	t.Helper()
	hub, logger, keys := live.New(d, "test"), slog.New(slog.DiscardHandler), account.NewKeys(bytes.Repeat([]byte("k"), 32))
	accounts := account.New(account.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, HashCost: bcrypt.MinCost, Secret: keys})
	services := catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger})
	incidents := incident.New(incident.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger, People: accounts, ServiceOwner: services.Owner})
	h := &house{t: t, clk: clk, mail: &box{kind: "email"}, push: &box{kind: "ntfy"}}
	notifications := notify.New(notify.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: accounts, Incidents: incidents, Secret: keys, PublicURL: "http://tocsin.test",
		Channels: map[string]notify.Channel{"email": h.mail, "ntfy": h.push}, Node: "one",
	})
	escalations := escalation.New(escalation.Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, Incidents: incidents, People: accounts, Pager: notifications,
		Roster: oncall.New(oncall.Deps{Account: accounts}), Services: services, Channels: []string{"email", "ntfy"},
	})
	incidents.AddFollower(escalations)
	incidents.AddFollower(notifications)
	notifications.SetSettler(escalations)
	accounts.SetWelcomer(notifications)
	h.Service = New(Deps{
		DB: d, Logger: logger, Incidents: incidents, Escalations: escalations, Notifications: notifications,
		Self: Node{Name: "one", Version: "v1", StartedAt: dbtest.Start},
	})
	h.root, h.ann = h.person(accounts, "root", account.RoleAdmin), h.person(accounts, "ann", account.RoleOncallEngineer)
	h.policy("ann@example.org")
	return h
}

func (h *house) person(accounts *account.Service, name string, role account.Role) account.User {
	h.t.Helper()
	u, err := accounts.CreateUserDirect(h.t.Context(), account.NewUser{
		Email: name + "@example.org", FullName: strings.ToUpper(name[:1]) + name[1:], Role: role, Password: "a good password 17",
	}, "")
	h.ok(err)
	return u
}

// policy makes one that pages somebody at once, and again after ten minutes.
func (h *house) policy(target string) {
	h.t.Helper()
	_, err := h.Escalations.CreatePolicy(h.t.Context(), account.System(dbtest.Org, "test"), []byte(`{"name": "All", "repeat": {"times": 3, "every_minutes": 10},
		"conditions": {}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "`+target+`"}]}]}`))
	h.ok(err)
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	h.ok(h.DB.Write(h.t.Context(), fn))
}

// spoils changes the books behind everybody's back.
func (h *house) spoils(statement string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		n, err := tx.Exec(statement, args...)
		if n == 0 {
			h.t.Errorf("nothing is spoilt by %s", statement)
		}
		return err
	})
}

// alert opens an incident.
func (h *house) alert(title string) (id int64) {
	h.t.Helper()
	return h.alertOf(title, incident.SeverityCritical)
}

func (h *house) alertOf(title string, severity incident.Severity) (id int64) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		receipts, err := h.Incidents.Receive(tx, dbtest.Org, []incident.Report{{
			Source: "test", Key: title, Status: incident.AlertFiring, Title: title, Severity: severity,
			Labels: map[string]string{}, Annotations: map[string]string{}, Metadata: map[string]any{},
		}})
		if err == nil {
			id = receipts[0].IncidentID
		}
		return err
	})
	return id
}

// pass runs a loop until nothing is due.
func (h *house) pass(once func(context.Context) (time.Time, bool, error)) {
	h.t.Helper()
	for range 100 {
		_, more, err := once(h.t.Context())
		h.ok(err)
		if !more {
			return
		}
	}
	h.t.Fatal("it never comes to rest")
}

func (h *house) steps()     { h.t.Helper(); h.pass(h.Escalations.Steps) }
func (h *house) unreached() { h.t.Helper(); h.pass(h.Escalations.Unreached) }

func (h *house) sends() {
	h.t.Helper()
	for range 2 { // What failed may have brought something forward.
		h.pass(h.Notifications.Dispatch)
		h.ok(h.Notifications.Drain(h.t.Context()))
	}
}

// works has every loop do what is due.
func (h *house) works() {
	h.t.Helper()
	h.steps()
	h.sends()
	h.unreached()
}

// finds wants the auditor to find these kinds, and no other, when it looks next.
func (h *house) finds(when string, kinds ...Kind) {
	h.t.Helper()
	h.clk.Advance(AuditEvery)
	h.pass(h.Audit)
	var found []string
	for _, f := range h.Picture().Findings {
		found = append(found, string(f.Check.Kind))
	}
	var want []string
	for _, k := range kinds {
		want = append(want, string(k))
	}
	if strings.Join(found, " ") != strings.Join(want, " ") {
		h.t.Errorf("%s the auditor finds %v, want %v", when, found, want)
	}
}

func (h *house) ledgerOf(id int64) Ledger {
	h.t.Helper()
	l, err := h.Ledger(h.t.Context(), account.System(dbtest.Org, "test"), id)
	h.ok(err)
	return l
}

// box is a channel that keeps what it is sent, unless it is down.
type box struct {
	kind string
	mu   sync.Mutex
	down bool
	got  []notify.Message
}

func (b *box) Kind() string { return b.kind }

func (b *box) Describe() notify.Info {
	return notify.Info{Title: b.kind, Timeout: 10 * time.Second, Parallel: 2}
}

func (b *box) Reaches() bool { return true }

func (b *box) CheckAddress(address string) (string, error) { return address, nil }

func (b *box) Send(_ context.Context, m notify.Message) notify.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return notify.Outcome{Result: notify.Retry, Detail: "451 later"}
	}
	b.got = append(b.got, m)
	return notify.Outcome{Result: notify.Sent, Detail: "250 taken"}
}

func (b *box) set(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// pages are how many pages with the title went to an address.
func (b *box) pages(to, title string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.got {
		if m.To == to && m.Action == notify.ActionPage && strings.Contains(m.Title, title) {
			n++
		}
	}
	return n
}
