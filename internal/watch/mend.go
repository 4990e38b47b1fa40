package watch

import (
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Mend is what can be put right in the books of one incident without deciding anything: whoever was to act on a thing finds it
// again, and what has happened already is noted.
type Mend struct {
	Escalation escalation.Mend
	Notify     notify.Mend
}

// Empty reports whether there is nothing to put right.
func (m Mend) Empty() bool { return m.Escalation.Empty() && m.Notify.Empty() }

// Mends says what can be put right. It is pure.
func (b Books) Mends() Mend {
	var m Mend
	for _, r := range b.Runs {
		switch {
		case r.State == escalation.StateActive && r.NextAt == nil:
			m.Escalation.RunsDue = append(m.Escalation.RunsDue, r.ID)
		case r.State == escalation.StateFinished && r.NextAt != nil:
			m.Escalation.RunsOver = append(m.Escalation.RunsOver, r.ID)
		}
	}
	accepted := map[int64]bool{}
	for _, d := range b.Messages {
		if d.EventID != nil && d.Accepted() {
			accepted[*d.EventID] = true
		}
		switch why := b.needless(d); {
		case d.Status == notify.StatusSending && d.LockedUntil == nil:
			m.Notify.Lost = append(m.Notify.Lost, d.ID)
		case d.Status != notify.StatusPending:
		case why != "":
			if m.Notify.Cancel == nil {
				m.Notify.Cancel = map[string][]int64{}
			}
			m.Notify.Cancel[why] = append(m.Notify.Cancel[why], d.ID)
		case d.NextAttemptAt == nil:
			m.Notify.Due = append(m.Notify.Due, d.ID)
		}
	}
	for _, e := range b.Events {
		switch {
		case e.Status != escalation.EventPending:
		case accepted[e.ID]:
			m.Escalation.EventsReached = append(m.Escalation.EventsReached, e.ID)
		case e.SettleAt == nil:
			m.Escalation.EventsDue = append(m.Escalation.EventsDue, e.ID)
		}
	}
	return m
}
