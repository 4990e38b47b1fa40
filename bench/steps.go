package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	barePerBatch = 100 // steps of one transaction
	drainBound   = 10 * time.Minute
	drainLook    = 100 * time.Millisecond
)

// measureSteps measures how late steps are taken: when timers fall due evenly, and when many fall due in one second.
func (b *bench) measureSteps(s *site) error {
	spread, err := b.drain(s, b.effort.spread, b.effort.spreadBy)
	if err != nil {
		return err
	}
	storm, err := b.drain(s, b.effort.drained, time.Second)
	if err != nil {
		return err
	}
	bare, err := b.bareSteps(s)
	if err != nil {
		return err
	}
	late := func(o outcome) string {
		return fmt.Sprintf("p50 %s, p99 %s, at most %s late", span(o.percentile(50)), span(o.percentile(99)), span(o.percentile(100)))
	}
	b.table.add(row{
		what: fmt.Sprintf("%d steps due over %.0f s", b.effort.spread, b.effort.spreadBy.Seconds()), engine: s.engine, figure: late(spread),
		limit: fmt.Sprintf("a bare batch of %d p50 %s", barePerBatch, span(bare.percentile(50))),
		ratio: times(float64(spread.percentile(50)) / float64(bare.percentile(50))), goal: "p99 < 1 s",
	})
	b.table.add(row{
		what: fmt.Sprintf("%d steps due in one second", b.effort.drained), engine: s.engine, figure: perSecond(storm.rate) + ", " + late(storm),
		limit: fmt.Sprintf("bare batches of %d %s", barePerBatch, perSecond(bare.rate)), ratio: times(storm.rate / bare.rate), goal: "≥ 5 k/s",
	})
	return nil
}

// drain has n steps fall due evenly within the span and waits until the server, or the servers, have taken them. Its times are how late
// each was taken, by the times in the database; its rate is that from the first timer to the last step. A step that was lost or
// taken twice is an error.
func (b *bench) drain(s *site, n int, within time.Duration) (outcome, error) {
	own, err := s.beside(b)
	if err != nil {
		return outcome{}, err
	}
	policy, err := s.checklist()
	if err != nil {
		return outcome{}, err
	}
	var begin time.Time
	list, err := own.timers(n, policy, func() func(int) time.Time {
		begin = time.Now().Add(2*time.Second + time.Duration(n)*time.Second/2000) // The runs are there by then.
		return func(i int) time.Time { return begin.Add(within * time.Duration(i) / time.Duration(n)) }
	})
	if err != nil {
		return outcome{}, err
	}
	if !time.Now().Before(begin) {
		return outcome{}, fmt.Errorf("the first timer was due before the last of %d was there", n)
	}
	if err := own.awaitDrain(policy, begin.Add(within)); err != nil {
		return outcome{}, err
	}
	return own.lateness(policy, list)
}

// awaitDrain returns when no run of the policy waits any more.
func (b *bare) awaitDrain(policy int64, end time.Time) error {
	time.Sleep(time.Until(end))
	for bound := time.Now().Add(drainBound); time.Now().Before(bound); time.Sleep(drainLook) {
		var left bool
		if err := b.db.Read(b.ctx, func(tx *db.Tx) (err error) {
			_, left, err = db.One(tx, db.Value[int64], "SELECT id FROM escalation_runs WHERE next_at <= ? AND policy_id = ? LIMIT 1", end, policy)
			return err
		}); err != nil || !left {
			return err
		}
	}
	return errors.New("steps are left that nobody takes")
}

// lateness reads how late the step of each was taken. They are the policy's latest.
func (b *bare) lateness(policy int64, waited []waiting) (o outcome, err error) {
	type taken struct {
		due, at time.Time
		times   int
	}
	var list []taken
	if err := b.db.Read(b.ctx, func(tx *db.Tx) error {
		list, err = db.List(tx, func(row db.Scanner) (t taken, err error) {
			return t, row.Scan(db.ScanTime(&t.due), db.ScanTime(&t.at), &t.times)
		}, `SELECT r.started_at, min(e.triggered_at), count(e.id) FROM escalation_runs r
			LEFT JOIN escalation_events e ON e.org_id = r.org_id AND e.run_id = r.id
			WHERE r.policy_id = ? AND r.id >= ? GROUP BY r.org_id, r.id, r.started_at`, policy, waited[0].run)
		return err
	}); err != nil {
		return o, err
	}
	if len(list) != len(waited) {
		return o, fmt.Errorf("%d runs of %d are there", len(list), len(waited))
	}
	first, last := list[0].due, list[0].at
	for _, t := range list {
		if t.times != 1 {
			return o, fmt.Errorf("a step was taken %d times", t.times)
		}
		if t.due.Before(first) {
			first = t.due
		}
		if t.at.After(last) {
			last = t.at
		}
		o.times = append(o.times, t.at.Sub(t.due))
	}
	slices.Sort(o.times)
	o.rate = float64(len(list)) / last.Sub(first).Seconds()
	return o, nil
}

// bareSteps writes the rows of steps, as the server wrote them, straight into its database while it has nothing to do.
func (b *bench) bareSteps(s *site) (o outcome, err error) {
	policy, err := s.checklist()
	if err != nil {
		return o, err
	}
	list, err := s.own.timers(b.effort.drained, policy, later)
	if err != nil {
		return o, err
	}
	step, err := s.own.readStep(policy)
	if err != nil {
		return o, err
	}
	begun := time.Now()
	for from := 0; from < len(list); from += barePerBatch {
		at := time.Now()
		if err := step.steps(list[from:min(from+barePerBatch, len(list))]); err != nil {
			return o, err
		}
		o.times = append(o.times, time.Since(at))
	}
	o.rate = float64(len(list)) / time.Since(begun).Seconds()
	slices.Sort(o.times)
	return o, nil
}
