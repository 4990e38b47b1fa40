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
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/work"
)

const (
	// Whether the schema is complete changes only when somebody restores or upgrades a database under a running node.
	schemaEvery = time.Minute
	// A fresh database fills up within seconds when it meets a storm.
	statisticsEvery = 5 * time.Second
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
	mu     sync.Mutex
	err    error
	others bool // Another node lives whose clock is right.
}

// set keeps the last beat's outcome.
func (p *pulse) set(others bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others, p.err = others, err
}

func (p *pulse) last() (others bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.others, p.err
}

// beatOnce tells the other nodes that this one lives and compares its clock with the database's.
func (a *App) beatOnce(ctx context.Context) (time.Time, bool, error) {
	others, err := false, a.db.MeasureClock(ctx)
	if err == nil {
		others, err = a.watch.Beat(ctx, a.loops)
	}
	if ctx.Err() == nil {
		a.pulse.set(others, err)
	}
	return time.Time{}, false, err
}

// aside reports whether this node leaves the work to others, for its clock is off. When there is none whose clock is right, it goes on:
// late by a wrong clock is better than never.
func (a *App) aside() bool {
	others, _ := a.pulse.last()
	return others && a.offset().Abs() > watch.ClockTolerance
}

// inTime has a pass that claims work wait while this node's clock is off.
func (a *App) inTime(pass work.Pass) work.Pass {
	return func(ctx context.Context) (time.Time, bool, error) {
		if a.aside() {
			return time.Time{}, false, nil
		}
		return pass(ctx)
	}
}

// statisticsOnce has the database look at tables that have filled up.
func (a *App) statisticsOnce(ctx context.Context) (time.Time, bool, error) {
	return time.Time{}, false, a.db.Statistics(ctx)
}

// examination looks at what a node needs. It remembers when it last compared the schema.
type examination struct {
	probes  *db.DB
	pulse   *pulse
	inside  func() map[string]component
	clock   clock.Clock
	schema  component
	checked time.Time
}

// look is called by the prober alone, never twice at a time.
func (e *examination) look(ctx context.Context) map[string]component {
	checks := e.inside()
	_, beat := e.pulse.last()
	checks["database"], checks["writing"] = verdict(e.probes.Ping(ctx)), verdict(beat)
	now := e.clock.Now()
	if e.schema.Status != statusOK || now.Sub(e.checked) > schemaEvery {
		e.schema, e.checked = e.compareSchema(ctx), now
	}
	checks["schema"] = e.schema
	return checks
}

func (e *examination) compareSchema(ctx context.Context) component {
	pending, err := e.probes.Pending(ctx)
	if err == nil && pending {
		return component{Status: statusFailed, Detail: "Migrations are pending."}
	}
	return verdict(err)
}

// verdict keeps the cause for the log: /health is open to everybody and shows the sentence alone.
func verdict(err error) component {
	if err != nil {
		return component{Status: statusFailed, Detail: fault.From(err).Detail, cause: err}
	}
	return component{Status: statusOK}
}
