package db

import (
	"context"
	"database/sql"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	defaultConns    = 16
	urgentConns     = 4
	defaultPatience = 15 * time.Second
	connectPatience = 5 * time.Second
)

// How long the server keeps a transaction, and the locks it holds, of a process that stands still or is cut off in the middle of it. A
// writer does nothing between its statements, so it can be short; others wait for its locks. A reader holds none.
const (
	idleWriter = "1s"
	idleReader = "60s"
)

// openPostgres opens three pools, so that reading cannot starve writing and neither can starve what must go through: an
// acknowledgement and the claim of a page that is due.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := PostgresConfig(o.URL)
	if err != nil {
		return err
	}
	if d.patience = o.Patience; d.patience <= 0 {
		d.patience = defaultPatience
	}
	conns := o.MaxConns
	if conns <= 0 {
		conns = defaultConns
	}
	reading, writing := config.Copy(), config.Copy()
	// Lists are asked with few texts and many values: a plan made for any value at all would read whole tables for a rare one.
	reading.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	reading.RuntimeParams["idle_in_transaction_session_timeout"] = idleReader
	writing.RuntimeParams["idle_in_transaction_session_timeout"] = idleWriter
	d.reader = postgresPool(reading, conns)
	d.writer = postgresPool(writing, conns)
	d.urgent = postgresPool(writing, urgentConns)
	if err := d.reader.PingContext(ctx); err != nil {
		return err
	}
	return d.MeasureClock(ctx)
}

// PostgresConfig is how this program connects to PostgreSQL. A connection is given up when nothing answers in time, and one whose peer is
// gone without a word is found out. Fault: Invalid for a URL that cannot be read.
func PostgresConfig(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database_url", "The database URL cannot be read; it must look like postgres://USER:PASSWORD@HOST:PORT/NAME.")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectPatience
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	// Compiling short statements costs more than it gives.
	config.RuntimeParams["jit"] = "off"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tocsin"
	}
	return config, nil
}

func postgresPool(config *pgx.ConnConfig, conns int) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool
}
