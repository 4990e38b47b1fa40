package main

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/clock"
)

type serveCommand struct{}

// Run serves until a signal or until the listener fails.
func (*serveCommand) Run(ctx context.Context, cfg app.Config, term terminal) error {
	if err := checked(cfg); err != nil {
		return err
	}
	node, err := app.New(ctx, cfg, host(cfg, term))
	if err != nil {
		return err
	}
	return node.Run(ctx)
}

// host is the machine as the program sees it.
func host(cfg app.Config, term terminal) app.Host {
	return app.Host{Version: version, Clock: clock.System, Logger: app.NewLogger(cfg, term.err), Out: term.out}
}
