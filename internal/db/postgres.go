package db

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	defaultConns = 16
	urgentConns  = 4
)

// openPostgres opens three pools, so that reading cannot starve writing and neither can starve what must go through: an
// acknowledgement and the claim of a page that is due.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return fault.New(fault.Invalid, "database_url", "The database URL cannot be read; it must look like postgres://USER:PASSWORD@HOST:PORT/NAME.")
	}
	// Compiling short statements costs more than it gives.
	config.RuntimeParams["jit"] = "off"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tocsin"
	}
	conns := o.MaxConns
	if conns <= 0 {
		conns = defaultConns
	}
	// Lists are asked with few texts and many values: a plan made for any value at all would read whole tables for a rare one.
	reading := config.Copy()
	reading.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	d.reader = postgresPool(reading, conns)
	d.writer = postgresPool(config, conns)
	d.urgent = postgresPool(config, urgentConns)
	if err := d.reader.PingContext(ctx); err != nil {
		return err
	}
	return d.MeasureClock(ctx)
}

func postgresPool(config *pgx.ConnConfig, conns int) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool
}
