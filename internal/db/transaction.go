package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tx is one transaction. It is used by one goroutine, inside the closure it was given to.
type Tx struct {
	ctx         context.Context
	db          *DB
	run         runner
	now         time.Time
	afterCommit []func()
}

type insideKey struct{}

const maxTries = 8

// Read runs fn in a read-only transaction that sees one state of the database.
func (d *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	if ctx.Value(insideKey{}) != nil {
		return fault.New(fault.Internal, "nested_transaction", "A transaction was begun inside a Write.")
	}
	options := &sql.TxOptions{ReadOnly: true}
	if d.pg {
		options.Isolation = sql.LevelRepeatableRead
	}
	bounded, cancel := d.bounded(ctx)
	defer cancel()
	inner, err := d.reader.BeginTx(bounded, options)
	if err != nil {
		return d.translate(ctx, err)
	}
	defer func() { _ = inner.Rollback() }()
	return d.translate(ctx, fn(&Tx{ctx: bounded, db: d, run: inner}))
}

// bounded ends a transaction whose database is silent: a network that swallows everything says nothing, and who waits for it does
// nothing else.
func (d *DB) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if d.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.patience)
}

// Write runs fn in one transaction and commits it. fn may run again when the database asks for it (serialisation, deadlock),
// so it does nothing but database work and sets its results anew each time. A Write inside a Write fails at once.
// Faults: what fn returns; Unavailable when the database is away or full; Timeout when ctx ends first.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(ctx, d.writer, false, fn)
}

// WriteUrgent is Write for what must not queue behind intake: acknowledgements and claims of what is due.
func (d *DB) WriteUrgent(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(ctx, d.urgent, true, fn)
}

func (d *DB) write(ctx context.Context, pool *sql.DB, urgent bool, fn func(tx *Tx) error) error {
	if ctx.Value(insideKey{}) != nil {
		return fault.New(fault.Internal, "nested_transaction", "A transaction was begun inside a Write.")
	}
	bounded, cancel := d.bounded(ctx)
	defer cancel()
	inside := context.WithValue(bounded, insideKey{}, true)
	for try := 1; ; try++ {
		tx := &Tx{ctx: inside, db: d}
		var err error
		if d.pg {
			err = d.writePostgres(pool, tx, fn)
		} else {
			err = d.writeSQLite(tx, urgent, fn)
		}
		if err == nil {
			for _, do := range tx.afterCommit {
				do()
			}
			return nil
		}
		if try == maxTries || !d.retryable(err) {
			return d.translate(ctx, err)
		}
		if waitErr := wait(bounded, time.Duration(try*try)*time.Millisecond); waitErr != nil {
			return d.translate(ctx, waitErr)
		}
	}
}

func (d *DB) writePostgres(pool *sql.DB, tx *Tx, fn func(tx *Tx) error) error {
	inner, err := pool.BeginTx(tx.ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = inner.Rollback() }() // After a commit this does nothing.
	tx.run = inner
	if err := fn(tx); err != nil {
		return err
	}
	return inner.Commit()
}

func (d *DB) writeSQLite(tx *Tx, urgent bool, fn func(tx *Tx) error) (err error) {
	if err := d.gate.enter(tx.ctx, urgent); err != nil {
		return err
	}
	defer d.gate.leave()
	if err := d.single.begin(tx.ctx); err != nil {
		return err
	}
	tx.run = d.single
	committed := false
	defer func() {
		if !committed { // Also when fn panics.
			_ = d.single.end(tx.ctx, "ROLLBACK")
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	committed = true // From here end itself rolls back what it cannot commit.
	return d.single.end(tx.ctx, "COMMIT")
}

// wait sleeps for about d, by the machine's own time: it is part of a try, not of the product's time.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Context is the transaction's context; it refuses another Write inside.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Postgres reports whether the transaction runs on PostgreSQL.
func (tx *Tx) Postgres() bool { return tx.db.pg }

// Now is the instant of this transaction, the same for every row it writes. It is read at the first call: call it after the
// root lock is held, so that a cause never bears a later time than its effect.
func (tx *Tx) Now() time.Time {
	if tx.now.IsZero() {
		tx.now = tx.db.Now()
	}
	return tx.now
}

// AfterCommit has do run once the transaction is committed, and never if it is not.
func (tx *Tx) AfterCommit(do func()) { tx.afterCommit = append(tx.afterCommit, do) }

// Lock is the suffix of a SELECT that locks its rows until the transaction ends. On SQLite the writer is alone anyway.
func (tx *Tx) Lock() string {
	if tx.db.pg {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// OnID is the beginning of an upsert that meets a row by its id. In SQLite the id alone is the key, and its index together with the
// organisation is no target that ON CONFLICT accepts.
func (tx *Tx) OnID() string {
	if tx.db.pg {
		return "ON CONFLICT (org_id, id)"
	}
	return "ON CONFLICT (id)"
}

// Member is the text of one member of a JSON column of texts, NULL when there is none. It takes the name as an argument. SQLite's
// ->> would read some names as paths.
func (tx *Tx) Member(column string) string {
	if tx.db.pg {
		return column + " ->> ?"
	}
	return "(SELECT value FROM json_each(" + column + ") WHERE key = ?)"
}

// LockSkip is Lock, leaving out rows that another transaction holds. Of the tables of a join only those named are locked; all when
// none is.
func (tx *Tx) LockSkip(tables ...string) string {
	switch {
	case !tx.db.pg:
		return ""
	case len(tables) > 0:
		return " FOR NO KEY UPDATE OF " + strings.Join(tables, ", ") + " SKIP LOCKED"
	}
	return " FOR NO KEY UPDATE SKIP LOCKED"
}

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	result, err := tx.run.ExecContext(tx.ctx, tx.db.number(query), bind(args)...)
	if err != nil {
		return 0, tx.db.classify(err)
	}
	return result.RowsAffected()
}

// Query runs a query; prefer List and One, which close the rows.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	rows, err := tx.run.QueryContext(tx.ctx, tx.db.number(query), bind(args)...)
	if err != nil {
		return nil, tx.db.classify(err)
	}
	return rows, nil
}

// Scanner is a row that can be read.
type Scanner interface{ Scan(targets ...any) error }

// List runs a query and scans every row.
func List[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (list []T, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if err := rows.Err(); err != nil {
		return nil, tx.db.classify(err)
	}
	return list, nil
}

// One is List for at most one row; found is false when there is none.
func One[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (item T, found bool, err error) {
	list, err := List(tx, scan, query, args...)
	if err != nil || len(list) == 0 {
		return item, false, err
	}
	return list[0], true, nil
}

// Value scans a row of one column.
func Value[T any](row Scanner) (T, error) {
	var value T
	err := row.Scan(&value)
	return value, err
}
