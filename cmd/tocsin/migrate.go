package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

type migrateCommand struct {
	Up     migrateUp     `cmd:"" default:"1" hidden:"" help:"Take every step that is missing."`
	Status migrateStatus `cmd:"" help:"List the steps; exit 1 when some are missing."`
}

type migrateUp struct{}

// Run takes the missing steps.
func (*migrateUp) Run(ctx context.Context, cfg app.Config, term terminal) error {
	if err := checked(cfg); err != nil {
		return err
	}
	taken, err := app.Migrate(ctx, cfg, host(cfg, term))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.out, "%d steps taken, the database is at this version\n", taken)
	return err
}

type migrateStatus struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the steps.
func (m *migrateStatus) Run(ctx context.Context, cfg app.Config, term terminal) error {
	if err := checked(cfg); err != nil {
		return err
	}
	steps, err := app.MigrationStatus(ctx, cfg, host(cfg, term))
	if err != nil {
		return err
	}
	if err := m.print(term.out, steps); err != nil {
		return err
	}
	missing := 0
	for _, step := range steps {
		if !step.Applied {
			missing++
		}
	}
	if missing > 0 {
		return fault.New(fault.Unavailable, "migrations_pending", "%d steps are missing: run tocsin migrate", missing)
	}
	return nil
}

func (m *migrateStatus) print(out io.Writer, steps []db.MigrationStatus) error {
	type line struct {
		Version int64  `json:"version"`
		Name    string `json:"name"`
		Taken   bool   `json:"taken"`
	}
	lines := make([]line, 0, len(steps))
	for _, step := range steps {
		lines = append(lines, line{step.Version, step.Name, step.Applied})
	}
	if m.JSON {
		return json.NewEncoder(out).Encode(lines)
	}
	for _, l := range lines {
		state := "taken"
		if !l.Taken {
			state = "missing"
		}
		if _, err := fmt.Fprintf(out, "%-8s %5d  %s\n", state, l.Version, l.Name); err != nil {
			return err
		}
	}
	return nil
}
