package main

import (
	"fmt"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// measureTimers measures what the server spends while nothing is due: without and with many timers that wait.
func (b *bench) measureTimers(s *site) error {
	own, err := s.beside(b)
	if err != nil {
		return err
	}
	policy, err := s.checklist()
	if err != nil {
		return err
	}
	if err := own.closeBooks(); err != nil {
		return err
	}
	without, err := b.idling(s)
	if err != nil {
		return err
	}
	if _, err := own.timers(b.effort.waiting, policy, later); err != nil {
		return err
	}
	with, err := b.idling(s)
	if err != nil {
		return err
	}
	b.table.add(row{
		what: fmt.Sprintf("idle tick of a second with %d waiting timers", b.effort.waiting), engine: s.engine,
		figure: span(with) + " of the server's processor time a second", limit: "before they were there " + span(without),
		ratio: times(float64(with) / float64(without)), goal: "< 1 ms, independent of the number",
	})
	return nil
}

// closeBooks spares the server going over what it did, which it does minutes after a load: then it has nothing to do.
func (b *bare) closeBooks() error {
	return b.db.Write(b.ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO reconciliations (org_id, looked_until) VALUES (?, ?)
			ON CONFLICT (org_id) DO UPDATE SET looked_until = excluded.looked_until`, 1, tx.Now())
		return err
	})
}

// idling is the processor's time that the server takes a second, in which each of its loops looks once.
func (b *bench) idling(s *site) (time.Duration, error) {
	time.Sleep(settleTime)
	before, err := s.server.worked()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	time.Sleep(b.effort.idle)
	after, err := s.server.worked()
	return time.Duration(float64(after-before) / time.Since(begun).Seconds()), err
}
