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
	// Patience is how long a transaction on PostgreSQL may take before the database counts as away; 0: 15 s.
	Patience time.Duration
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	url    string
	pg     bool
	clock  clock.Clock
	logger *slog.Logger
	reader *sql.DB
	writer *sql.DB // PostgreSQL only
	urgent *sql.DB // PostgreSQL only: a few connections that ordinary work cannot exhaust
	single *writerConn
	gate   gate
	texts  sync.Map // SQL as written → SQL with numbered placeholders
	offset atomic.Int64
	// patience is 0 on SQLite: there is no network in between.
	patience time.Duration
	uniques  atomic.Pointer[map[string]string]
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
