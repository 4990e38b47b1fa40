package testkit

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// PublicURL is where the story's server seems to be.
const PublicURL = "http://tocsin.test"

// settleLimit bounds the waiting for the nodes to come to rest, in real time.
const settleLimit = 60 * time.Second

// Harness is one installation: its nodes share a database and a clock.
type Harness struct {
	T       *testing.T
	Clock   *clock.Fake
	Mail    *Recorder // the e-mail channel
	Push    *Recorder // the ntfy channel
	nodes   []*node
	cfg     app.Config
	admin   *Person
	keys    map[string]string // integration keys by kind
	kills   int
	started int
	turn    int // of the nodes, for requests
}

type node struct {
	name string
	app  *app.App
	dead bool
}

// Option changes how the installation is made.
type Option func(*Harness)

// Nodes has so many nodes run on one PostgreSQL.
func Nodes(n int) Option { return func(h *Harness) { h.started = n } }

// Each tells a story on SQLite with one node and on PostgreSQL with the nodes that the options ask for. At its end every incident
// must have got what it was owed.
func Each(t *testing.T, story func(h *Harness), options ...Option) {
	t.Helper()
	if dbtest.OnSQLite() {
		t.Run("sqlite", func(t *testing.T) { tell(SQLite(t), story) })
	}
	t.Run("postgres", func(t *testing.T) { tell(Postgres(t, options...), story) })
}

func tell(h *Harness, story func(h *Harness)) {
	story(h)
	h.balances()
}

// SQLite is an installation of one node on a file.
func SQLite(t *testing.T) *Harness {
	t.Helper()
	return build(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
}

// Postgres is an installation on PostgreSQL.
func Postgres(t *testing.T, options ...Option) *Harness {
	t.Helper()
	return build(t, dbtest.PostgresURL(t), options...)
}

// PostgresAt is an installation on a database of the story's own, which the story may take away.
func PostgresAt(t *testing.T, url string, options ...Option) *Harness {
	t.Helper()
	return build(t, url, options...)
}

const (
	adminEmail    = "root@tocsin.example"
	adminPassword = "correct horse battery"
	storySecret   = "the secret of a story, long enough for the rules"
)

func build(t *testing.T, url string, options ...Option) *Harness {
	t.Helper()
	h := &Harness{T: t, Clock: clock.NewFake(dbtest.Start), keys: map[string]string{}, started: 1}
	for _, o := range options {
		o(h)
	}
	h.Mail, h.Push = newRecorder(h, "email", false), newRecorder(h, "ntfy", false)
	h.cfg = app.Config{
		DB: url, PublicURL: PublicURL, SecretKey: storySecret, AdminEmail: adminEmail, AdminPassword: adminPassword, Signup: "open",
		LogLevel: "debug", LogFormat: "text",
	}
	h.cfg.AuthRate.N, h.cfg.Rate.N, h.cfg.MaxConnections.N, h.cfg.StopTimeout.D = 1_000_000, 1_000_000, 12, 20*time.Second
	for range h.started {
		h.addNode()
	}
	t.Cleanup(h.stop)
	h.admin = &Person{h: h, Name: "root", Email: adminEmail, password: adminPassword}
	h.Settle()
	h.AcknowledgementsHold(0)
	return h
}

// AcknowledgementsHold sets for how many minutes an acknowledgement of an urgent incident holds; stories begin with 0, for ever.
func (h *Harness) AcknowledgementsHold(minutes int) {
	h.T.Helper()
	h.admin.Do(http.MethodPut, "/v1/settings", map[string]any{"ack_timeout_minutes": minutes}).Must(http.StatusOK)
}

func (h *Harness) addNode() {
	h.T.Helper()
	n := &node{name: fmt.Sprintf("node-%d", len(h.nodes)+1)}
	h.start(n)
	h.nodes = append(h.nodes, n)
}

// start brings a node up, for the first time or again.
func (h *Harness) start(n *node) {
	h.T.Helper()
	cfg := h.cfg
	cfg.Node = fmt.Sprintf("%s-%d", n.name, h.kills)
	a, err := app.New(h.T.Context(), cfg, app.Host{
		Version: "story", Clock: h.Clock, Logger: h.logger(n.name), Out: io.Discard, HashCost: bcrypt.MinCost,
		Channels: []notify.Channel{h.Mail, h.Push},
	})
	if err != nil {
		h.T.Fatalf("start %s: %v", n.name, err)
	}
	a.Start(context.WithoutCancel(h.T.Context()))
	n.app, n.dead = a, false
}

// logger keeps the nodes' logs for a story that fails.
func (h *Harness) logger(name string) *slog.Logger {
	return slog.New(slog.NewTextHandler(testLog{h.T}, &slog.HandlerOptions{Level: slog.LevelWarn})).With("node", name)
}

// testLog writes to the log of the test, which is shown only when it fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil { // After the test has ended, nobody reads it.
		l.t.Log(strings.TrimRight(string(p), "\n"))
	}
	return len(p), nil
}

func (h *Harness) stop() {
	for _, n := range h.nodes {
		if !n.dead {
			h.stopNode(n)
		}
	}
}

func (h *Harness) stopNode(n *node) {
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	if err := n.app.Stop(ctx); err != nil && !n.dead {
		h.T.Errorf("stop %s: %v", n.name, err)
	}
}

// Kill ends a node as SIGKILL would; its number counts from 1.
func (h *Harness) Kill(number int) {
	h.T.Helper()
	n := h.nodes[number-1]
	h.kills++
	n.app.Kill()
	n.dead = true
	h.stopNode(n)
}

// Restart starts a node that was killed.
func (h *Harness) Restart(number int) {
	h.T.Helper()
	h.start(h.nodes[number-1])
	h.Settle()
}

// alive is a node that serves; requests of a story go round them.
func (h *Harness) alive() *node {
	for range h.nodes {
		h.turn++
		if n := h.nodes[h.turn%len(h.nodes)]; !n.dead {
			return n
		}
	}
	h.T.Fatal("no node is alive")
	return nil
}
