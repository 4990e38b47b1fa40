package app

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	beatEvery = 10 * time.Second
	// Whether the schema is complete changes only when somebody restores or upgrades a database under a running node.
	schemaEvery = time.Minute
	// A fresh database fills up within seconds when it meets a storm.
	statisticsEvery = 5 * time.Second
	// A node whose clock is further off does not know when a lease of another node ends.
	clockTolerance = 10 * time.Second
)

// nodeName is the configured name, else the host's with the process id.
func (c Config) nodeName() string {
	if c.Node != "" {
		return c.Node
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// pulse is what the node's own beat found out.
type pulse struct {
	mu  sync.Mutex
	err error
}

// set keeps the last beat's outcome.
func (p *pulse) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *pulse) last() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// beatOnce tells the other nodes that this one lives and compares its clock with the database's.
func (a *App) beatOnce(ctx context.Context) (time.Time, bool, error) {
	err := a.db.MeasureClock(ctx)
	if err == nil {
		err = a.db.Write(ctx, func(tx *db.Tx) error {
			return beat(tx, a.name, a.host.Version, a.started, a.db.ClockOffset())
		})
	}
	if ctx.Err() == nil {
		a.pulse.set(err)
	}
	return time.Time{}, false, err
}

// statisticsOnce has the database look at tables that have filled up.
func (a *App) statisticsOnce(ctx context.Context) (time.Time, bool, error) {
	return time.Time{}, false, a.db.Statistics(ctx)
}

// signOff takes the node off the list.
func (a *App) signOff(ctx context.Context) error {
	return a.db.Write(ctx, func(tx *db.Tx) error { return leave(tx, a.name) })
}

// examination looks at what a node needs. It remembers when it last compared the schema.
type examination struct {
	probes  *db.DB
	pulse   *pulse
	offset  func() time.Duration
	clock   clock.Clock
	schema  component
	checked time.Time
}

// look is called by the prober alone, never twice at a time.
func (e *examination) look(ctx context.Context) map[string]component {
	checks := map[string]component{
		"database": verdict(e.probes.Ping(ctx)),
		"writing":  verdict(e.pulse.last()),
		"clock":    {Status: "ok"},
	}
	if offset := e.offset(); offset.Abs() > clockTolerance {
		checks["clock"] = component{Status: "failed", Detail: fmt.Sprintf("This node's clock is off by %s.", offset)}
	}
	now := e.clock.Now()
	if e.schema.Status != "ok" || now.Sub(e.checked) > schemaEvery {
		e.schema, e.checked = e.compareSchema(ctx), now
	}
	checks["schema"] = e.schema
	return checks
}

func (e *examination) compareSchema(ctx context.Context) component {
	pending, err := e.probes.Pending(ctx)
	if err == nil && pending {
		return component{Status: "failed", Detail: "Migrations are pending."}
	}
	return verdict(err)
}

// verdict keeps the cause for the log: /health is open to everybody and shows the sentence alone.
func verdict(err error) component {
	if err != nil {
		return component{Status: "failed", Detail: fault.From(err).Detail, cause: err}
	}
	return component{Status: "ok"}
}
