package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// bare writes the rows of alerts by group commit straight into a database: the limit that intake is held against.
type bare struct {
	ctx     context.Context
	db      *db.DB
	pattern map[string]pattern
	keys    atomic.Int64
}

// pattern is one row as the server wrote it; copies differ in what names them.
type pattern struct {
	columns []string
	row     []any
}

// written are the tables that an alert touches, in the order in which their rows are written.
var written = []string{"incidents", "alerts", "timeline_events", "escalation_runs"}

func readPattern(ctx context.Context, d *db.DB) (*bare, error) {
	b := &bare{ctx: ctx, db: d, pattern: map[string]pattern{}}
	return b, d.Read(ctx, func(tx *db.Tx) error {
		for _, table := range written {
			p, err := readRow(tx, table, "")
			if err != nil {
				return fmt.Errorf("the pattern of %s: %w", table, err)
			}
			b.pattern[table] = p
		}
		return nil
	})
}

func readRow(tx *db.Tx, table, where string, args ...any) (p pattern, err error) {
	rows, err := tx.Query("SELECT * FROM "+table+" "+where+" ORDER BY id LIMIT 1", args...)
	if err != nil {
		return p, err
	}
	defer func() { _ = rows.Close() }()
	if p.columns, err = rows.Columns(); err != nil {
		return p, err
	}
	p.row = make([]any, len(p.columns))
	targets := make([]any, len(p.columns))
	for i := range p.row {
		targets[i] = &p.row[i]
	}
	if !rows.Next() {
		return p, fmt.Errorf("there is none: %w", rows.Err())
	}
	err = rows.Scan(targets...)
	for i, value := range p.row {
		if text, ok := value.([]byte); ok { // JSON, as PostgreSQL's driver hands it out.
			p.row[i] = string(text)
		}
	}
	return p, err
}

// copies are n rows with these ids and parents, and a key of their own.
func (b *bare) copies(table string, ids, incidents []int64) [][]any {
	p := b.pattern[table]
	at := func(column string) int { return slices.Index(p.columns, column) }
	id, parent, group, alert := at("id"), at("incident_id"), at("group_key"), at("alert_key")
	rows := make([][]any, len(ids))
	for i := range rows {
		row := slices.Clone(p.row)
		row[id] = ids[i]
		if parent >= 0 {
			row[parent] = incidents[i*len(incidents)/len(ids)]
		}
		for _, key := range []int{group, alert} {
			if key >= 0 {
				row[key] = scattered(b.keys.Add(1))
			}
		}
		rows[i] = row
	}
	return rows
}

// scattered is a key as the server's are: a hash, so that each falls into another page of an index.
func scattered(number int64) string {
	sum := sha256.Sum256(strconv.AppendInt(nil, number, 10))
	return hex.EncodeToString(sum[:])
}

// write commits n incidents with so many alerts each.
func (b *bare) write(n, alerts int) error {
	return b.db.Write(b.ctx, func(tx *db.Tx) error {
		var incidents []int64
		for _, table := range written {
			count := n
			if table == "alerts" || table == "timeline_events" {
				count = n * alerts
			}
			ids, err := tx.NextIDs(table, count)
			if err != nil {
				return err
			}
			if table == "incidents" {
				incidents = ids
			}
			if err := tx.Insert(table, b.pattern[table].columns, b.copies(table, ids, incidents), ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// one is the smallest durable transaction: one row.
func (b *bare) one() error {
	return b.db.Write(b.ctx, func(tx *db.Tx) error {
		ids, err := tx.NextIDs("timeline_events", 1)
		if err != nil {
			return err
		}
		p := b.pattern["timeline_events"]
		parent := []int64{p.row[slices.Index(p.columns, "incident_id")].(int64)}
		return tx.Insert("timeline_events", p.columns, b.copies("timeline_events", ids, parent), "")
	})
}

// groupCommit drives the database with waiters whose items, each an incident with so many alerts, are committed together: a
// batch takes whatever waits.
func (b *bare) groupCommit(length time.Duration, waiters, alerts int) (outcome, error) {
	queue := &groupQueue{most: max(1, 500/alerts), commit: func(n int) error { return b.write(n, alerts) }, inFlight: 1}
	if b.db.Postgres() {
		queue.inFlight = 3 // One commit's disk write is filled with the next one's work.
	}
	calls := make([]func() error, waiters)
	for i := range calls {
		calls[i] = queue.do
	}
	return drive(length, calls)
}

// groupQueue joins concurrent calls into one commit.
type groupQueue struct {
	commit         func(n int) error
	inFlight, most int

	mu      sync.Mutex
	waiting []chan error
	running int
}

func (q *groupQueue) do() error {
	done := make(chan error, 1)
	q.mu.Lock()
	q.waiting = append(q.waiting, done)
	if q.running < q.inFlight {
		q.running++
		go q.run()
	}
	q.mu.Unlock()
	return <-done
}

func (q *groupQueue) run() {
	for {
		q.mu.Lock()
		n := min(len(q.waiting), q.most)
		batch := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		if n == 0 {
			q.running--
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		err := q.commit(n)
		for _, done := range batch {
			done <- err
		}
	}
}
