package notify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

// letterbox is a channel of a test that keeps what is sent.
type letterbox struct {
	kind string
	info Info
	away bool // It is not configured.

	mu   sync.Mutex
	sent []Message
}

func (l *letterbox) Kind() string   { return l.kind }
func (l *letterbox) Describe() Info { return l.info }
func (l *letterbox) Reaches() bool  { return !l.away }

func (l *letterbox) CheckAddress(address string) (string, error) {
	if address == "" || address == "wrong" {
		return "", errors.New("is no address")
	}
	return strings.ToLower(address), nil
}

func (l *letterbox) Send(_ context.Context, m Message) Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, m)
	return Outcome{Result: Sent}
}

// hook is a letterbox whose addresses hold secrets and that signs.
type hook struct{ letterbox }

func (h *hook) Redact(string) string { return "hook://…" }

func (h *hook) Secret(_ int64, address string) string { return "secret of " + address }

// letterboxes are a channel of each sort: email (proof), hook (redacting, signing), call (loud), log (last resort).
func letterboxes() map[string]Channel {
	info := func(title string) Info { return Info{Title: title, Timeout: time.Second, Parallel: 2} }
	email, call, logged := info("E-mail"), info("Call"), info("Log")
	email.Proof, call.Loud, logged.LastResort = true, true, true
	return map[string]Channel{
		"email": &letterbox{kind: "email", info: email},
		"hook":  &hook{letterbox{kind: "hook", info: info("Hook")}},
		"call":  &letterbox{kind: "call", info: call},
		"log":   &letterbox{kind: "log", info: logged, away: true},
	}
}

// reachHouse is an office with such channels.
type reachHouse struct {
	*office
	*Service
	admin account.Actor
}

func eachReachHouse(t *testing.T, test func(t *testing.T, h *reachHouse)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		o := newOffice(t, d, clk)
		o.deps.Channels = letterboxes()
		o.post = o.node("one")
		o.accounts.SetWelcomer(o.post)
		h := &reachHouse{office: o, Service: o.post}
		h.admin = h.person("admin", account.RoleAdmin)
		test(t, h)
	})
}

// person makes a user and returns them as an actor.
func (h *reachHouse) person(name string, role account.Role) account.Actor {
	h.t.Helper()
	return h.personOf(dbtest.Org, name, role)
}

func (h *reachHouse) personOf(org int64, name string, role account.Role) account.Actor {
	h.t.Helper()
	u, err := h.accounts.CreateUser(h.t.Context(), account.System(org, "test"), account.NewUser{
		Email: name + "@example.org", Password: "correct horse battery", FullName: strings.ToUpper(name[:1]) + name[1:], Role: role,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.actor(u)
}

func (h *reachHouse) read(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.d.Read(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}
