package watch

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/work"
)

func (h *house) admin() account.Actor {
	return account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: h.root.ID, Name: "Root", Role: account.RoleAdmin}
}

func (h *house) system() System {
	h.t.Helper()
	sys, err := h.System(h.t.Context(), h.admin())
	h.ok(err)
	return sys
}

// beats has a node say that it lives, and returns whether it knows of another whose clock is right.
func (h *house) beats(name, version string, loops ...*work.Loop) bool {
	h.t.Helper()
	d := h.Deps
	d.Self = Node{Name: name, Version: version, StartedAt: dbtest.Start}
	others, err := New(d).Beat(h.t.Context(), loops)
	h.ok(err)
	return others
}

func (h *house) names() string {
	h.t.Helper()
	var names []string
	now := h.clk.Now()
	for _, n := range h.system().Nodes {
		if n.Gone(now) {
			names = append(names, n.Name+"(gone)")
		} else {
			names = append(names, n.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestNodesAreListedUntilTheyAreLongSilent(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.beats("a", "v1")
		h.beats("b", "v2")
		if n := h.system().Nodes; len(n) != 2 || n[0].Version != "v1" || n[1].Version != "v2" || !n[1].SeenAt.Equal(h.clk.Now()) {
			t.Errorf("the nodes: %+v", n)
		}
		is := func(when, want string) {
			t.Helper()
			if got := h.names(); got != want {
				t.Errorf("%s the nodes are %q, want %q", when, got, want)
			}
		}
		h.clk.Advance(50 * time.Second)
		h.beats("b", "v2")
		is("after 50 s", "a b")
		h.clk.Advance(15 * time.Second)
		is("when a is silent", "b a(gone)")
		h.clk.Advance(24 * time.Hour)
		h.beats("b", "v3")
		is("a day later", "b")
		h.beats("one", "v1")
		h.write(func(tx *db.Tx) error { _, err := tx.Lease("sweep", "one", time.Hour); return err })
		h.ok(h.SignOff(t.Context()))
		is("when one has left in good order", "b")
		h.write(func(tx *db.Tx) error {
			if held, err := tx.Lease("sweep", "b", time.Hour); err != nil || !held {
				t.Errorf("what the node that left did alone is still its own: %v", err)
			}
			return nil
		})
	})
}

func TestANodeSaysHowFarItsLoopsLagAndWhichProvidersFailIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		stuck := work.NewLoop("steps", time.Second, func(context.Context) (time.Time, bool, error) {
			return time.Time{}, false, errors.New("no")
		}, h.clk, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		began := make(chan struct{})
		gate := work.NewLoop("gate", time.Second, func(context.Context) (time.Time, bool, error) {
			close(began)
			<-ctx.Done()
			return time.Time{}, false, nil
		}, h.clk, slog.New(slog.DiscardHandler))
		go func() { defer close(ended); gate.Run(ctx) }()
		<-began
		h.clk.Advance(41 * time.Second)
		h.mail.set(true)
		h.alert("db down")
		h.works()
		h.beats("a", "v1", stuck, gate)
		cancel()
		<-ended
		n := h.system().Nodes[0]
		if n.Lag != 40*time.Second || len(n.Loops) != 2 || n.Loops[0] != (LoopReport{Name: "steps"}) ||
			n.Loops[1] != (LoopReport{Name: "gate", Behind: 40 * time.Second, Stuck: 40 * time.Second}) {
			t.Errorf("the lag: %v, %+v", n.Lag, n.Loops)
		}
		if b := n.Breakers; len(b) != 1 || b[0].Channel != "email" || b[0].Failures == 0 || b[0].Standing != notify.BreakerClosed {
			t.Errorf("the breakers: %+v", n.Breakers)
		}
	})
}

func TestANodeKnowsWhetherAnotherIsThereWhoseClockIsRight(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		if h.beats("a", "v1") {
			t.Error("a node that is alone knows of another")
		}
		if !h.beats("b", "v1") || !h.beats("a", "v1") {
			t.Error("two nodes do not know of each other")
		}
		h.spoils("UPDATE nodes SET clock_offset_ms = -10001 WHERE name = 'b'")
		if h.beats("a", "v1") {
			t.Error("a node whose clock is wrong counts")
		}
		h.beats("b", "v1")
		h.clk.Advance(31 * time.Second)
		if h.beats("a", "v1") {
			t.Error("a node that is silent counts")
		}
	})
}

func TestTheSystemTellsWhatWaitsInTheOrganisation(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		other := dbtest.Organization(t, h.DB, "other")
		h.mail.set(true)
		began := h.clk.Now()
		h.alert("db down")
		queue := func(i, waiting, due int, oldest *time.Time) {
			t.Helper()
			q := h.system().Queues[i]
			if q.Waiting != waiting || q.Due != due || (q.Oldest == nil) != (oldest == nil) || oldest != nil && !q.Oldest.Equal(*oldest) {
				t.Errorf("%s: %+v, want %d waiting, %d due since %v", q.Name, q, waiting, due, oldest)
			}
		}
		queue(0, 1, 1, &began)
		queue(1, 0, 0, nil)
		h.steps()
		queue(0, 1, 0, nil)
		queue(1, 1, 1, &began)
		stranger := h.admin()
		stranger.Org = other
		sys, err := h.System(t.Context(), stranger)
		h.ok(err)
		if sys.Queues[0].Waiting != 0 || sys.Queues[1].Waiting != 0 {
			t.Errorf("another organisation sees %+v", sys.Queues)
		}
		if want := map[bool]string{true: "postgres", false: "sqlite"}[h.DB.Postgres()]; sys.Database != want || sys.Version != "v1" {
			t.Errorf("database %q, version %q", sys.Database, sys.Version)
		}
	})
}

func TestTheSystemIsForAdministratorsAndKeepsOrganisationsApart(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for _, role := range []account.Role{account.RoleUser, account.RoleManager, account.RoleVP} {
			actor := h.admin()
			actor.Role = role
			if _, err := h.System(t.Context(), actor); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s is answered %v", role, err)
			}
		}
		h.mail.set(true)
		h.alert("db down")
		h.works()
		h.beats("a", "v1")
		h.spoils(`UPDATE nodes SET report = ?`, db.JSON(Report{Breakers: []Breaker{{Channel: "webhook", Provider: "secret.example"}}}))
		if p := h.system().Nodes[0].Breakers[0].Provider; p != "secret.example" {
			t.Errorf("where there is one organisation the provider is %q", p)
		}
		h.clk.Advance(31 * time.Second)
		h.alert("late")
		h.finds("in the first organisation", RunsOverdue)
		dbtest.Organization(t, h.DB, "other")
		if p := h.system().Nodes[0].Breakers[0].Provider; p != "" {
			t.Errorf("another organisation's provider is shown: %q", p)
		}
	})
}

// A node of an older version writes only what it knows.
func TestANodeOfAnOlderVersionIsListedToo(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.spoils("INSERT INTO nodes (name, version, started_at, seen_at, lag_ms) VALUES ('old', 'v0', ?, ?, 20)", dbtest.Start, h.clk.Now())
		if n := h.system().Nodes; len(n) != 1 || n[0].Version != "v0" || n[0].Gone(h.clk.Now()) || len(n[0].Loops) != 0 {
			t.Errorf("the nodes: %+v", n)
		}
	})
}
