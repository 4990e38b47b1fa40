package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// seedBatch is how many rows one transaction of the seeding writes.
const seedBatch = 1000

// beside opens the server's own database, for what no client could make in time: many timers, each due at its own instant.
func (s *site) beside(b *bench) (*bare, error) {
	if s.own != nil {
		return s.own, nil
	}
	if err := s.admin.post(genericPath(s.key), json.RawMessage(alertBody(nil, "pattern", 0)), nil); err != nil {
		return nil, err
	}
	d, err := db.Open(b.ctx, db.Options{URL: s.url})
	if err != nil {
		return nil, err
	}
	own, err := readPattern(b.ctx, d)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	s.own = own
	return own, nil
}

// waiting is an incident whose run waits for its time.
type waiting struct{ incident, run int64 }

// set writes a value into a column of every row of a table's pattern.
func (b *bare) set(table string, rows [][]any, column string, value func(i int) any) {
	at := slices.Index(b.pattern[table].columns, column)
	for i := range rows {
		rows[i][at] = value(i)
	}
}

func same(value any) func(int) any { return func(int) any { return value } }

// insert commits n rows of a table in batches and returns their ids. shape is given each batch and where it begins.
func (b *bare) insert(table string, n int, parents []int64, shape func(rows [][]any, from int)) (all []int64, err error) {
	for from := 0; from < n; from += seedBatch {
		size := min(seedBatch, n-from)
		err := b.db.Write(b.ctx, func(tx *db.Tx) error {
			ids, err := tx.NextIDs(table, size)
			if err != nil {
				return err
			}
			var own []int64
			if parents != nil {
				own = parents[from : from+size]
			}
			rows := b.copies(table, ids, own)
			shape(rows, from)
			all = append(all[:from], ids...)
			return tx.Insert(table, b.pattern[table].columns, rows, "")
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// timers makes n incidents of low urgency, whose runs end with their only step, and a run of the policy for each. Their times are
// asked for when the incidents are there, for each run in turn.
func (b *bare) timers(n int, policy int64, times func() func(i int) time.Time) ([]waiting, error) {
	incidents, err := b.insert("incidents", n, nil, func(rows [][]any, _ int) {
		b.set("incidents", rows, "severity", same("low"))
	})
	if err != nil {
		return nil, err
	}
	due := times()
	runs, err := b.insert("escalation_runs", n, incidents, func(rows [][]any, from int) {
		b.set("escalation_runs", rows, "policy_id", same(policy))
		b.set("escalation_runs", rows, "version", same(1))
		for _, column := range []string{"started_at", "next_at"} {
			b.set("escalation_runs", rows, column, func(i int) any { return due(from + i) })
		}
	})
	if err != nil {
		return nil, err
	}
	list := make([]waiting, n)
	for i := range list {
		list[i] = waiting{incidents[i], runs[i]}
	}
	return list, nil
}

// later is a time that comes when the run of the bench is over.
func later() func(int) time.Time {
	at := time.Now().Add(time.Hour)
	return func(int) time.Time { return at }
}

// checklist is a policy, which no alert asks for, whose only step tells nobody but the timeline.
func (s *site) checklist() (policy int64, err error) {
	if s.list == 0 {
		s.list, err = s.admin.create("/v1/escalation/policies", map[string]any{
			"name": "checklist", "conditions": map[string]any{"labels": map[string]any{"paged": "never"}},
			"steps": []any{map[string]any{"delay_minutes": 0, "actions": []any{map[string]any{"type": "instructions", "text": "Look at the runbook."}}}},
		})
	}
	return s.list, err
}

// learn reads one more pattern.
func (b *bare) learn(table, where string, args ...any) error {
	return b.db.Read(b.ctx, func(tx *db.Tx) (err error) {
		if b.pattern[table], err = readRow(tx, table, where, args...); err != nil {
			err = fmt.Errorf("the pattern of %s: %w", table, err)
		}
		return err
	})
}

// readStep reads the patterns of what a step writes, from one of the policy that the server has taken.
func (b *bare) readStep(policy int64) (*bare, error) {
	step := &bare{ctx: b.ctx, db: b.db, pattern: map[string]pattern{}}
	return step, errors.Join(
		step.learn("escalation_events", "WHERE policy_id = ?", policy),
		step.learn("escalation_runs", "WHERE policy_id = ? AND state = 'finished'", policy),
		step.learn("timeline_events", "WHERE event_type = 'escalation' AND incident_id IN (SELECT incident_id FROM escalation_runs WHERE policy_id = ?)", policy))
}

// linesOfStep is how many lines a step with a checklist writes to the timeline.
const linesOfStep = 2

// steps commits one step of each run: its event, its lines on the timeline, and the run as it is afterwards.
func (b *bare) steps(list []waiting) error {
	incidents, runs := make([]int64, len(list)), make([]int64, len(list))
	for i, w := range list {
		incidents[i], runs[i] = w.incident, w.run
	}
	return b.db.Write(b.ctx, func(tx *db.Tx) error {
		for table, count := range map[string]int{"escalation_events": len(list), "timeline_events": linesOfStep * len(list)} {
			ids, err := tx.NextIDs(table, count)
			if err != nil {
				return err
			}
			rows := b.copies(table, ids, incidents)
			if table == "escalation_events" {
				b.set(table, rows, "run_id", func(i int) any { return runs[i] })
			}
			if err := tx.Insert(table, b.pattern[table].columns, rows, ""); err != nil {
				return err
			}
		}
		return b.overwrite(tx, "escalation_runs", b.copies("escalation_runs", runs, incidents))
	})
}

// overwrite writes rows in the place of those with the same ids.
func (b *bare) overwrite(tx *db.Tx, table string, rows [][]any) error {
	columns := b.pattern[table].columns
	var set []string
	for _, c := range columns {
		if c != "org_id" && c != "id" {
			set = append(set, c+" = excluded."+c)
		}
	}
	return tx.Insert(table, columns, rows, tx.OnID()+" DO UPDATE SET "+strings.Join(set, ", "))
}
