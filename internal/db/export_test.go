package db

import (
	"context"

	"github.com/pressly/goose/v3"
)

// MigrateTo brings the schema up to a version and no further, as an older program did.
func (d *DB) MigrateTo(ctx context.Context, version int64) error {
	err := d.withMigrations(ctx, func(steps *goose.Provider) error {
		_, err := steps.UpTo(ctx, version)
		return err
	})
	if err != nil {
		return err
	}
	return d.seed(ctx)
}
