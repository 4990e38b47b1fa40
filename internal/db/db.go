package db

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Options say which database to open and with what.
type Options struct {
	URL      string       // "sqlite:PATH" or "postgres://…"
	Clock    clock.Clock  // nil: the machine's clock
	Logger   *slog.Logger // nil: nothing is logged
	MaxConns int          // PostgreSQL connections for ordinary work; 0: 16
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	url     string
	pg      bool
	clock   clock.Clock
	logger  *slog.Logger
	reader  *sql.DB
	writer  *sql.DB // PostgreSQL only
	urgent  *sql.DB // PostgreSQL only: a few connections that ordinary work cannot exhaust
	single  *writerConn
	gate    gate
	texts   sync.Map // SQL as written → SQL with numbered placeholders
	offset  atomic.Int64
	uniques atomic.Pointer[map[string]string]
}

// Open opens the database that the URL names, and says clearly when it cannot. It does not migrate.
// Faults: Invalid for a URL of neither kind; Unavailable when the database does not answer.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{url: o.URL, clock: o.Clock, logger: o.Logger}
	if d.clock == nil {
		d.clock = clock.System
	}
	if d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	var err error
	switch {
	case strings.HasPrefix(o.URL, "sqlite:"):
		err = d.openSQLite(ctx, strings.TrimPrefix(o.URL, "sqlite:"))
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		d.pg = true
		err = d.openPostgres(ctx, o)
	default:
		err = fault.New(fault.Invalid, "database_url", "The database URL must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME.")
	}
	if err != nil {
		_ = d.Close()
		return nil, d.translate(ctx, err)
	}
	return d, nil
}

// Postgres reports whether the database is PostgreSQL; otherwise it is SQLite.
func (d *DB) Postgres() bool { return d.pg }

// URL is what the database was opened with; it may hold a password.
func (d *DB) URL() string { return d.url }

// Close ends every connection. On SQLite it waits for the transaction under way and lets no other begin.
func (d *DB) Close() error {
	if d.single != nil {
		d.gate.close()
		d.single.close()
	}
	for _, pool := range []*sql.DB{d.reader, d.writer, d.urgent} {
		if pool != nil {
			_ = pool.Close()
		}
	}
	return nil
}

// Ping asks the database for a sign of life. Fault: Unavailable.
func (d *DB) Ping(ctx context.Context) error {
	return d.translate(ctx, d.reader.PingContext(ctx))
}

// Now is the present instant by the clock that all nodes share: on PostgreSQL this node's clock corrected by the measured
// offset to the database's.
func (d *DB) Now() time.Time {
	return d.clock.Now().Add(time.Duration(d.offset.Load())).Truncate(time.Microsecond)
}

// ClockOffset is how far the database's clock was ahead of this node's when last measured; 0 on SQLite.
func (d *DB) ClockOffset() time.Duration { return time.Duration(d.offset.Load()) }

// MeasureClock compares this node's clock with the database's, so that nodes agree on what is due.
// It does nothing on SQLite and with a clock that a test moves.
func (d *DB) MeasureClock(ctx context.Context) error {
	if !d.pg || d.clock != clock.System {
		return nil
	}
	before := d.clock.Now()
	var theirs time.Time
	if err := d.urgent.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
		return d.translate(ctx, err)
	}
	after := d.clock.Now()
	ours := before.Add(after.Sub(before) / 2)
	d.offset.Store(int64(theirs.Sub(ours)))
	return nil
}

// number turns ? placeholders into $1, $2 … for PostgreSQL; the result is kept, for the texts of a program are few.
func (d *DB) number(query string) string {
	if !d.pg {
		return query
	}
	if numbered, ok := d.texts.Load(query); ok {
		return numbered.(string)
	}
	numbered := numberPlaceholders(query)
	d.texts.Store(query, numbered)
	return numbered
}
