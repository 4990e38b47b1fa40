package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// pagesOfOne is how many pages of one incident wait when somebody takes it.
const pagesOfOne = 60

// measureAcknowledge measures how long it takes to take an incident of which many pages wait: they are withdrawn before the answer.
func (b *bench) measureAcknowledge(s *site) error {
	own, err := s.beside(b)
	if err != nil {
		return err
	}
	policy, err := s.checklist()
	if err != nil {
		return err
	}
	if err := b.sendPage(s); err != nil {
		return err
	}
	var product, limit outcome
	for round := range b.effort.answers + 1 {
		waiting, err := own.paged(policy, 2)
		if err != nil {
			return err
		}
		begun := time.Now()
		if err := s.admin.post(fmt.Sprintf("/v1/incidents/%d/acknowledge", waiting[0].incident), nil, nil); err != nil {
			return err
		}
		taken := time.Since(begun)
		if err := own.checkWithdrawn(waiting[0].incident); err != nil {
			return err
		}
		if round == 0 { // It shows what is written, and does not count.
			if err := own.learn("incident_assignments", "WHERE incident_id = ?", waiting[0].incident); err != nil {
				return err
			}
			continue
		}
		begun = time.Now()
		if err := own.acknowledge(waiting[1]); err != nil {
			return err
		}
		product.times, limit.times = append(product.times, taken), append(limit.times, time.Since(begun))
	}
	slices.Sort(product.times)
	slices.Sort(limit.times)
	b.table.add(row{
		what: fmt.Sprintf("an incident with %d waiting pages is acknowledged", pagesOfOne), engine: s.engine,
		figure: fmt.Sprintf("p50 %s, p99 %s", span(product.percentile(50)), span(product.percentile(99))),
		limit:  fmt.Sprintf("one transaction with as many rows p50 %s, p99 %s", span(limit.percentile(50)), span(limit.percentile(99))),
		ratio:  times(float64(product.percentile(50)) / float64(limit.percentile(50))), goal: "one transaction",
	})
	return nil
}

// sendPage has the server page somebody, as the pattern of pages.
func (b *bench) sendPage(s *site) error {
	if err := s.populate(); err != nil {
		return err
	}
	name := fmt.Sprintf("mark-%spage-%d", s.engine, serial.Add(1))
	if err := s.admin.post(genericPath(s.key), json.RawMessage(pagingBody(name, 0)), nil); err != nil {
		return err
	}
	if _, err := s.mail.await(b.ctx, []string{name}, pageBound); err != nil {
		return err
	}
	return s.own.learn("notifications", "WHERE action_type = 'page' AND incident_id IS NOT NULL")
}

// paged makes n incidents whose next step and whose pages are due in an hour.
func (b *bare) paged(policy int64, n int) ([]waiting, error) {
	list, err := b.timers(n, policy, later)
	if err != nil {
		return nil, err
	}
	var incidents []int64
	for _, w := range list {
		incidents = append(incidents, slices.Repeat([]int64{w.incident}, pagesOfOne)...)
	}
	at := time.Now().Add(time.Hour)
	_, err = b.insert("notifications", len(incidents), incidents, func(rows [][]any, _ int) {
		for column, value := range map[string]any{"status": "pending", "next_attempt_at": at, "first_due_at": at, "event_id": nil} {
			b.set("notifications", rows, column, same(value))
		}
		for _, column := range []string{"page_key", "dedup_key"} {
			b.set("notifications", rows, column, func(int) any { return scattered(b.keys.Add(1)) })
		}
	})
	return list, err
}

// checkWithdrawn fails when a page of the incident still waits.
func (b *bare) checkWithdrawn(incident int64) error {
	return b.db.Read(b.ctx, func(tx *db.Tx) error {
		n, _, err := db.One(tx, db.Value[int], "SELECT count(*) FROM notifications WHERE incident_id = ? AND status = 'cancelled'", incident)
		if err == nil && n != pagesOfOne {
			err = fmt.Errorf("%d of %d pages are withdrawn", n, pagesOfOne)
		}
		return err
	})
}

// acknowledge writes in one transaction the rows that an acknowledgement writes: the incident, its run, its pages, who has it, and a line.
func (b *bare) acknowledge(w waiting) error {
	incident := []int64{w.incident}
	return b.db.Write(b.ctx, func(tx *db.Tx) error {
		if err := b.overwrite(tx, "incidents", b.copies("incidents", incident, nil)); err != nil {
			return err
		}
		if err := b.overwrite(tx, "escalation_runs", b.copies("escalation_runs", []int64{w.run}, incident)); err != nil {
			return err
		}
		for _, table := range []string{"incident_assignments", "timeline_events"} {
			ids, err := tx.NextIDs(table, 1)
			if err != nil {
				return err
			}
			if err := tx.Insert(table, b.pattern[table].columns, b.copies(table, ids, incident), ""); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE notifications SET status = 'cancelled', reason = 'acknowledged', next_attempt_at = NULL WHERE org_id = ? AND incident_id = ?",
			1, w.incident)
		return err
	})
}
