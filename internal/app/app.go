package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/oncall"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/work"
)

// App is one node: the rooms, wired, and what runs them.
type App struct {
	cfg     Config
	host    Host
	name    string
	keys    account.Keys
	started time.Time
	undo    *stack

	db      *db.DB
	probes  *db.DB // a small handle of its own, so that probes wait for nobody
	hub     *live.Hub
	prober  *prober
	metrics *metrics
	pulse   pulse
	offset  func() time.Duration // of the database's clock from this node's
	loops   []*work.Loop
	wakes   []wakeUp
	// heartbeat is nil unless an address is set.
	heartbeat *heartbeat

	accounts      *account.Service
	duty          *oncall.Service
	services      *catalog.Catalog
	incidents     *incident.Service
	notifications *notify.Service
	escalations   *escalation.Service
	intake        *intake.Service
	watch         *watch.Service

	handler http.Handler
	server  *server
	kill    context.CancelFunc
}

// How long each part may take to stop; requests and work under way have the configured time.
const (
	closeBound = 5 * time.Second
	leaveBound = 2 * time.Second
)

// New opens the database, brings it to this version, takes the address and wires the rooms. Nothing runs yet. What was opened
// is closed again when something fails. Faults: Unavailable when the database or the address cannot be had; Conflict when the
// database is held, too new, lacks migrations that may not be taken, or was set up with another secret.
func New(ctx context.Context, cfg Config, host Host) (*App, error) {
	a := &App{cfg: cfg, host: host, name: cfg.nodeName(), started: host.Clock.Now(), undo: &stack{logger: host.Logger}}
	if err := a.build(ctx); err != nil {
		_ = a.undo.unwind(context.WithoutCancel(ctx)) // What went wrong first is what the caller hears.
		return nil, err
	}
	return a, nil
}

func (a *App) build(ctx context.Context) error {
	if err := a.openDatabase(ctx); err != nil {
		return err
	}
	if err := a.openKeys(ctx); err != nil {
		return err
	}
	if err := a.openListener(ctx); err != nil {
		return err
	}
	a.offset = a.db.ClockOffset
	a.hub = live.New(a.db, a.name)
	a.metrics = newMetrics(a.host.Version)
	exam := &examination{probes: a.probes, pulse: &a.pulse, inside: a.inside, clock: a.host.Clock}
	a.prober = &prober{clock: a.host.Clock, logger: a.host.Logger, version: a.host.Version, examine: exam.look}
	return a.wire(ctx)
}

func (a *App) openDatabase(ctx context.Context) error {
	if path := a.cfg.sqlitePath(); path != "" {
		release, err := lockFile(path+".lock", fmt.Sprintf("%s (process %d)", a.name, os.Getpid()))
		if err != nil {
			return err
		}
		a.undo.push("lock", closeBound, func(context.Context) error { return release() })
	}
	var err error
	if a.db, err = openDB(ctx, a.cfg, a.host, a.cfg.MaxConnections.N); err != nil {
		return err
	}
	a.undo.push("database", closeBound, func(context.Context) error { return a.db.Close() })
	if err := a.migrate(ctx); err != nil {
		return err
	}
	if a.probes, err = openDB(ctx, a.cfg, a.host, 1); err != nil {
		return err
	}
	a.undo.push("probes", closeBound, func(context.Context) error { return a.probes.Close() })
	return nil
}

func openDB(ctx context.Context, cfg Config, host Host, conns int) (*db.DB, error) {
	return db.Open(ctx, db.Options{URL: cfg.DB, Clock: host.Clock, Logger: host.Logger, MaxConns: conns})
}

func (a *App) migrate(ctx context.Context) error {
	if !a.cfg.NoMigrate.On {
		return a.db.Migrate(ctx)
	}
	pending, err := a.db.Pending(ctx)
	if err == nil && pending {
		err = errPending("run tocsin migrate, or start without --no-migrate")
	}
	return err
}

func errPending(remedy string) error {
	return fault.New(fault.Conflict, "migrations_pending", "The database needs migrations: %s.", remedy)
}

// openKeys takes the keys everything is signed with, once the database has agreed that they are its own.
func (a *App) openKeys(ctx context.Context) error {
	text, err := secret(a.cfg)
	if err != nil {
		return err
	}
	a.keys = account.NewKeys([]byte(text))
	check := fmt.Sprintf("%x", a.keys.Derive("key check"))
	return a.db.Write(ctx, func(tx *db.Tx) error { return keepKeyCheck(tx, check) })
}

// openListener takes the address before the rooms are wired, so that links know the port also when any free one was asked for.
// Without an address the node serves through Handler alone.
func (a *App) openListener(ctx context.Context) (err error) {
	if a.cfg.Listen == "" {
		return nil
	}
	if a.server, err = listen(ctx, a.cfg.Listen, a.host.Logger); err != nil {
		return err
	}
	a.undo.push("address", closeBound, func(context.Context) error { return a.server.release() })
	return nil
}

// Start begins to work and to serve, until Stop. When ctx ends, work under way is cut off.
func (a *App) Start(ctx context.Context) {
	ctx, a.kill = context.WithCancel(ctx)
	a.prober.look(ctx) // Before its loop, for one looks at a time: who asks at once must find a picture.
	var background sync.WaitGroup
	background.Go(func() { a.hub.Run(ctx, a.cfg.DB, a.host.Logger) })
	background.Go(func() { a.prober.run(ctx) })
	background.Go(func() { a.relay(ctx) })
	if a.heartbeat != nil {
		background.Go(func() { a.heartbeat.loop().Run(ctx) })
	}
	background.Go(func() { a.metrics.run(ctx, a.probes, a.host.Clock, a.host.Logger) })
	a.undo.push("background", closeBound, func(ctx context.Context) error {
		a.kill()
		return wait(ctx, &background)
	})
	a.undo.push("node", leaveBound, a.watch.SignOff)
	a.undo.push("sends", a.cfg.StopTimeout.D, a.notifications.Drain)
	var working sync.WaitGroup
	for _, loop := range a.loops {
		working.Go(func() { loop.Run(ctx) })
	}
	a.undo.push("loops", a.cfg.StopTimeout.D, func(ctx context.Context) error {
		for _, loop := range a.loops {
			loop.Halt()
		}
		return wait(ctx, &working)
	})
	if a.server != nil {
		a.server.serve(ctx, a.handler)
		a.undo.push("server", a.cfg.StopTimeout.D, a.server.stop)
	}
	a.host.Logger.InfoContext(ctx, "serving", "url", a.URL(), "version", a.host.Version, "node", a.name)
}

// Stop ends the node in good order: no new requests, what runs finishes within its bounds, nothing is left open.
func (a *App) Stop(ctx context.Context) error {
	a.prober.stopping.Store(true)
	return a.undo.unwind(ctx)
}

// Kill ends the node as SIGKILL would: its connections drop, and what was under way reaches the database no more. Stop then
// only releases what the kernel would take back from a dead process. Stories do this; the product never does.
func (a *App) Kill() {
	_ = a.db.Close() // It has no say in how it ends.
	_ = a.probes.Close()
	a.kill()
}

// Run starts the node and serves until ctx ends or the listener fails, then stops it in good order.
func (a *App) Run(ctx context.Context) error {
	detached := context.WithoutCancel(ctx)
	a.Start(detached)
	err := a.welcome(detached)
	if err == nil {
		select {
		case <-ctx.Done():
			a.host.Logger.InfoContext(ctx, "stopping")
		case err = <-a.server.failed:
		}
	}
	if stopErr := a.Stop(detached); err == nil {
		err = stopErr
	}
	return err
}

// Handler is everything the node serves; a story calls it without a socket.
func (a *App) Handler() http.Handler { return a.handler }

// Loops are what works in the background; a story waits until they have settled.
func (a *App) Loops() []*work.Loop { return a.loops }

// Drain returns when no message is being sent any more and what came of each is noted, or with the context's error.
func (a *App) Drain(ctx context.Context) error { return a.notifications.Drain(ctx) }

// Hub is where the node announces what has changed; a story counts on it to see whether anything still moves.
func (a *App) Hub() *live.Hub { return a.hub }

// URL is how people reach the server: as configured, else the port that is listened on.
func (a *App) URL() string {
	switch {
	case a.cfg.PublicURL != "":
		return strings.TrimSuffix(a.cfg.PublicURL, "/")
	case a.server != nil:
		return localURL(a.server.address())
	default:
		return localURL(a.cfg.Listen)
	}
}

// wait returns when the group has ended, or with the context's error.
func wait(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
