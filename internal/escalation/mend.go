package escalation

import "github.com/tocsinhq/tocsin/internal/db"

// Mend names runs and events of one incident that nobody would act on any more.
type Mend struct {
	RunsDue       []int64 // at work, and no step is ever due: the engine is to look at them
	RunsOver      []int64 // over, and yet a step is due
	EventsDue     []int64 // waiting, and nothing will end them: Unreached is to look at them
	EventsReached []int64 // waiting for a page to be accepted, which one is
}

// Empty reports whether it names none.
func (m Mend) Empty() bool {
	return len(m.RunsDue)+len(m.RunsOver)+len(m.EventsDue)+len(m.EventsReached) == 0
}

// Mend has what is named found again by whoever is to act on it, in the transaction that holds the incident's lock.
func (s *Service) Mend(tx *db.Tx, org int64, m Mend) error {
	if m.Empty() {
		return nil
	}
	if _, err := settle(tx, org, m.EventsReached, EventCompleted, tx.Now()); err != nil {
		return err
	}
	if err := mend(tx, org, m); err != nil {
		return err
	}
	s.wake(tx, org)
	return nil
}
