package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// soon is far less than a send may take, and far more than a notice needs.
const soon = 5 * time.Second

// slow is the mail server of one node: it takes a message and answers nothing.
type slow struct {
	node     int
	began    chan<- int
	ended    chan<- int
	answered <-chan struct{}
}

func (*slow) Kind() string { return "email" }

func (*slow) Describe() notify.Info {
	return notify.Info{Title: "E-mail", AddressLabel: "Address", Timeout: 5 * time.Minute, Parallel: 4}
}

func (*slow) Reaches() bool { return true }

func (*slow) CheckAddress(address string) (string, error) { return address, nil }

func (s *slow) Send(ctx context.Context, _ notify.Message) notify.Outcome {
	s.began <- s.node
	select {
	case <-ctx.Done():
		s.ended <- s.node
		return notify.Outcome{Result: notify.Retry, Detail: "cut off"}
	case <-s.answered:
		return notify.Outcome{Result: notify.Sent}
	}
}

const (
	email    = "root@tocsin.example"
	password = "correct horse battery"
)

// twoNodes are two on one database, each with a mail server of its own. Their clock stands still, so that no loop looks by itself: what a
// node learns from the other it learns from a notice.
type twoNodes struct {
	t            *testing.T
	nodes        [2]*app.App
	token        string
	began, ended chan int
}

func startTwo(t *testing.T) *twoNodes {
	t.Helper()
	n := &twoNodes{t: t, began: make(chan int, 10), ended: make(chan int, 10)}
	cfg := app.Config{
		DB: dbtest.PostgresURL(t), PublicURL: "http://tocsin.test", SecretKey: strings.Repeat("k", 32), AdminEmail: email, AdminPassword: password,
	}
	cfg.AuthRate.N, cfg.Rate.N, cfg.MaxConnections.N, cfg.StopTimeout.D = 1000, 1000, 8, 20*time.Second
	answered := make(chan struct{})
	still := clock.NewFake(dbtest.Start)
	for i := range n.nodes {
		cfg.Node = fmt.Sprint("node-", i)
		a, err := app.New(t.Context(), cfg, app.Host{
			Version: "test", Clock: still, Logger: slog.New(slog.DiscardHandler), Out: io.Discard, HashCost: bcrypt.MinCost,
			Channels: []notify.Channel{&slow{i, n.began, n.ended, answered}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a.Start(context.WithoutCancel(t.Context()))
		t.Cleanup(func() {
			if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		n.nodes[i] = a
	}
	t.Cleanup(func() { close(answered) }) // Before the nodes stop, which wait for what they send.
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	n.do(0, "/v1/auth/login/access-token", map[string]any{"username": email, "password": password}, &tokens)
	n.token = tokens.AccessToken
	return n
}

func (n *twoNodes) do(node int, path string, body, target any) {
	n.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		n.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(n.t.Context(), http.MethodPost, path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	if n.token != "" {
		r.Header.Set("Authorization", "Bearer "+n.token)
	}
	w := httptest.NewRecorder()
	n.nodes[node].Handler().ServeHTTP(w, r)
	if w.Code/100 != 2 {
		n.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	if target != nil {
		if err := json.Unmarshal(w.Body.Bytes(), target); err != nil {
			n.t.Fatal(err)
		}
	}
}

// comes waits for what a node does.
func (n *twoNodes) comes(what string, from <-chan int, within time.Duration) (node int) {
	n.t.Helper()
	select {
	case node = <-from:
		return node
	case <-time.After(within):
		n.t.Fatalf("nobody %s within %s", what, within)
		return 0
	}
}

func TestAnAcknowledgementAtOneNodeCutsOffWhatAnotherIsSending(t *testing.T) {
	n := startTwo(t)
	n.do(0, "/v1/escalation/policies", map[string]any{"name": "All", "conditions": map[string]any{}, "steps": []any{
		map[string]any{"delay_minutes": 0, "actions": []any{map[string]any{"type": "notify", "recipients": []string{email}}}},
	}}, nil)
	var incident struct{ ID int64 }
	n.do(0, "/v1/incidents", map[string]any{"title": "db down", "severity": "critical"}, &incident)
	sends := n.comes("sends", n.began, 30*time.Second)
	other := 1 - sends
	n.do(other, fmt.Sprintf("/v1/incidents/%d/acknowledge", incident.ID), nil, nil)
	if node := n.comes("is cut off", n.ended, soon); node != sends {
		t.Errorf("node %d was cut off, and node %d was sending", node, sends)
	}
}

// What begins at one node wakes the others: whichever is free does it, without waiting until it looks by itself.
func TestWhatIsDueAtOneNodeIsKnownToTheOthers(t *testing.T) {
	n := startTwo(t)
	sub := n.nodes[1].Hub().Subscribe(live.TopicDue)
	defer sub.Close()
	n.do(0, "/v1/incidents", map[string]any{"title": "db down", "severity": "critical"}, nil)
	select {
	case <-sub.C:
	case <-time.After(soon):
		t.Errorf("the other node hears nothing")
	}
}
