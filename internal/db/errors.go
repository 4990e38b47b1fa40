package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// ConstraintError is a violated constraint: the name of the unique index, alike on both engines, or "" for a foreign key.
type ConstraintError struct {
	Unique bool
	Name   string
	Err    error
}

// Error names the constraint.
func (e *ConstraintError) Error() string { return "constraint " + e.Name + ": " + e.Err.Error() }

// Unwrap returns the driver's error.
func (e *ConstraintError) Unwrap() error { return e.Err }

// IsUnique reports whether err violates the unique index of that name; "" means any.
func IsUnique(err error, name string) bool {
	c, ok := errors.AsType[*ConstraintError](err)
	return ok && c.Unique && (name == "" || c.Name == name)
}

// IsForeignKey reports whether err refers to a row that is not there, or removes one that is referred to.
func IsForeignKey(err error) bool {
	c, ok := errors.AsType[*ConstraintError](err)
	return ok && !c.Unique
}

// ErrAgain makes Write run its closure again, as after a serialisation failure: two nodes met in a way that only a fresh
// look can sort out.
var ErrAgain = errors.New("run the transaction again")

// classify turns a driver's constraint error into a ConstraintError and leaves the rest.
func (d *DB) classify(err error) error {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code {
		case "23505":
			return &ConstraintError{Unique: true, Name: pgErr.ConstraintName, Err: err}
		case "23503":
			return &ConstraintError{Err: err}
		}
		return err
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		switch liteErr.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return &ConstraintError{Unique: true, Name: d.uniqueName(liteErr.Error()), Err: err}
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return &ConstraintError{Err: err}
		}
	}
	return err
}

// uniqueName finds the index behind SQLite's "UNIQUE constraint failed: teams.org_id, teams.name (2067)".
func (d *DB) uniqueName(message string) string {
	_, columns, found := strings.Cut(message, "UNIQUE constraint failed: ")
	if !found {
		return ""
	}
	if at := strings.LastIndex(columns, " ("); at > 0 {
		columns = columns[:at]
	}
	if names := d.uniques.Load(); names != nil {
		return (*names)[columns]
	}
	return ""
}

// loadUniques reads which unique index covers which columns; SQLite's errors name only these.
func (d *DB) loadUniques(ctx context.Context) error {
	if d.pg {
		return nil
	}
	rows, err := d.reader.QueryContext(ctx, `SELECT m.name, i.name, group_concat(m.name || '.' || c.name, ', ')
		FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
		WHERE m.type = 'table' AND i."unique" = 1 GROUP BY m.name, i.name`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	names := map[string]string{}
	for rows.Next() {
		var table, index, columns string
		if err := rows.Scan(&table, &index, &columns); err != nil {
			return err
		}
		names[columns] = index
	}
	d.uniques.Store(&names)
	return rows.Err()
}

// retryable says whether running the transaction again may mend the error: 40001 serialization_failure, 40P01 deadlock_detected
// and 25P03 idle_in_transaction_session_timeout (PostgreSQL documentation, appendix A), or ErrAgain.
func (d *DB) retryable(err error) bool {
	if errors.Is(err, ErrAgain) {
		return true
	}
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "40001" || pgErr.Code == "40P01" || pgErr.Code == "25P03")
}

const retryAfter = 5 * time.Second

// translate gives what leaves a transaction its fault: Timeout, Unavailable, or the error as it is.
func (d *DB) translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	// A deadline that is not the caller's is our own patience with the database.
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return fault.Wrap(err, fault.Timeout, "timeout", "The request was given up before the database answered.")
	}
	if unavailable(err) {
		f := fault.Wrap(err, fault.Unavailable, "database_unavailable", "The database does not answer. Try again shortly.")
		f.RetryAfter = retryAfter
		return f
	}
	return err
}

// unavailable says whether the database is away, full or refusing everybody.
func unavailable(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code[:2] {
		case "08", "53", "57", "58", "40": // Connection, resources (disk full), operator, system; retries used up.
			return true
		}
		// read_only_sql_transaction: a standby; idle_in_transaction_session_timeout: this process stood still.
		return pgErr.Code == "25006" || pgErr.Code == "25P03"
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		switch liteErr.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY,
			sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	// Nothing has reached the server: the connection was dead before it was used, and says so in an error without a name.
	if pgconn.SafeToRetry(err) {
		return true
	}
	// The error of a handle that was closed has no name in database/sql; a server that stops meets it.
	return strings.HasSuffix(err.Error(), "sql: database is closed") ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, ErrAgain)
}
