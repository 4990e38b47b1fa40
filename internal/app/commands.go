package app

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
)

// Migrate takes the schema's missing steps and says how many there were. Faults: Unavailable when the database is away,
// Conflict when the schema is newer than this program.
func Migrate(ctx context.Context, cfg Config, host Host) (taken int, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		before, err := d.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		for _, step := range before {
			if !step.Applied {
				taken++
			}
		}
		return d.Migrate(ctx)
	})
	return taken, err
}

// MigrationStatus lists the schema's steps. Faults as for Migrate.
func MigrationStatus(ctx context.Context, cfg Config, host Host) (steps []db.MigrationStatus, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		steps, err = d.MigrationStatus(ctx)
		return err
	})
	return steps, err
}

// withDB opens the database for one command. It takes no lock: commands run beside the server.
func withDB(ctx context.Context, cfg Config, host Host, fn func(d *db.DB) error) error {
	d, err := openDB(ctx, cfg, host, 2)
	if err != nil {
		return err
	}
	defer d.Close()
	return fn(d)
}
