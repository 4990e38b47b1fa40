package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // The driver registers itself.

	"github.com/tocsinhq/tocsin/internal/fault"
)

const sqliteReaders = 8

// openSQLite opens one writer and a pool of readers that cannot write. busy_timeout comes first, so that switching to WAL
// itself waits for another process instead of failing.
func (d *DB) openSQLite(ctx context.Context, path string) error {
	if path == "" {
		return fault.New(fault.Invalid, "database_url", "The database URL sqlite: needs a path, as in sqlite:tocsin.db.")
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fault.New(fault.Unavailable, "database_path", "The directory of the database file %s does not exist.", path)
	}
	writer, err := sql.Open("sqlite", sqliteDSN(path, writerPragmas...))
	if err != nil {
		return err
	}
	writer.SetMaxOpenConns(1)
	d.single = &writerConn{pool: writer}
	if err := d.single.connect(ctx); err != nil {
		return err
	}
	d.reader, err = sql.Open("sqlite", sqliteDSN(path, "query_only(1)"))
	if err != nil {
		return err
	}
	d.reader.SetMaxOpenConns(sqliteReaders)
	d.reader.SetMaxIdleConns(sqliteReaders)
	return d.reader.PingContext(ctx)
}

// writerPragmas suit large transactions. A batch of alerts touches a few thousand pages, for its keys are hashes and fall all over
// the indexes: the cache (KiB) holds them, or they would be written to the log before the commit and once more with it; what a
// statement needs to undo itself stays in memory; and the log is copied into the file every 4000 pages (16 MiB) rather than
// at nearly each commit, when most of them have been written again.
var writerPragmas = []string{"foreign_keys(1)", "cache_size(-8192)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)"}

// sqliteDSN builds the data source name. synchronous is FULL because an alert answered with 2xx must survive a power cut.
func sqliteDSN(path string, extra ...string) string {
	pragmas := append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)"}, extra...)
	values := url.Values{"_pragma": pragmas, "_time_integer_format": {"unix_micro"}, "_inttotime": {"1"}}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + values.Encode()
}

// writerConn is SQLite's only writing connection. It keeps its statements prepared, for parsing a bulk insert costs more
// than running it. The gate lets in one user at a time.
type writerConn struct {
	pool  *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

const maxPrepared = 300

func (w *writerConn) connect(ctx context.Context) error {
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	return nil
}

func (w *writerConn) close() {
	w.drop()
	_ = w.pool.Close()
}

// drop ends the connection; the next transaction makes a new one. The pool would hand it out again, with whatever transaction is open in
// it, were it not told that it is bad.
func (w *writerConn) drop() {
	for _, stmt := range w.stmts {
		_ = stmt.Close()
	}
	w.stmts = nil
	if w.conn != nil {
		_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = w.conn.Close()
		w.conn = nil
	}
}

// begin begins a transaction. Like end it must not be cut short by the caller's context: the driver then reports that it was given up,
// whether the transaction has begun or not, and one that nobody knows of would block all that come after it.
func (w *writerConn) begin(ctx context.Context) error {
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	_, err := w.ExecContext(context.WithoutCancel(ctx), "BEGIN IMMEDIATE")
	if err != nil {
		w.drop()
	}
	return err
}

// end commits or rolls back. A connection that cannot do so is dropped.
func (w *writerConn) end(ctx context.Context, verb string) error {
	_, err := w.ExecContext(context.WithoutCancel(ctx), verb)
	if err != nil && verb == "COMMIT" {
		if _, rollbackErr := w.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); rollbackErr != nil {
			w.drop()
		}
	} else if err != nil {
		w.drop()
	}
	return err
}

func (w *writerConn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := w.stmts[query]; ok {
		return stmt, nil
	}
	if len(w.stmts) >= maxPrepared {
		for text, stmt := range w.stmts {
			_ = stmt.Close()
			delete(w.stmts, text)
			break
		}
	}
	stmt, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.stmts[query] = stmt
	return stmt, nil
}

func (w *writerConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (w *writerConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}
