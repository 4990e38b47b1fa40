package notify

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Mend names notifications of one incident that nobody would act on any more, or that nobody wants.
type Mend struct {
	Cancel map[string][]int64 // waiting although nobody wants them, by the reason
	Due    []int64            // waiting, and no attempt is ever due
	Lost   []int64            // being sent, and nobody waits for their end
}

// Empty reports whether it names none.
func (m Mend) Empty() bool { return len(m.Cancel)+len(m.Due)+len(m.Lost) == 0 }

// Mend ends what nobody wants and has the rest found again by the dispatcher, in the transaction that holds the incident's lock.
func (s *Service) Mend(tx *db.Tx, org int64, m Mend) error {
	for _, reason := range slices.Sorted(maps.Keys(m.Cancel)) {
		if err := mend(tx, org, "status = 'cancelled', reason = ?, next_attempt_at = NULL", reason, "status = 'pending'", m.Cancel[reason]); err != nil {
			return err
		}
	}
	if err := mend(tx, org, "next_attempt_at = ?", tx.Now(), "status = 'pending' AND next_attempt_at IS NULL", m.Due); err != nil {
		return err
	}
	if err := mend(tx, org, "locked_until = ?", tx.Now(), "status = 'sending' AND locked_until IS NULL", m.Lost); err != nil {
		return err
	}
	if !m.Empty() {
		s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicDue})
	}
	return nil
}
