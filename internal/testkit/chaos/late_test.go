package chaos_test

import (
	"slices"
	"testing"
	"time"
)

// How late one step in a hundred may be taken by anyone alive: the goal of the design where the machine does nothing else (`make chaos`), and
// among the other tests what tells a slow machine from a step that waits for a node that stands still. In a short run one stall is more
// than a hundredth of everything.
func lateGoal() time.Duration {
	switch {
	case alone():
		return 2 * time.Second
	case testing.Short():
		return time.Minute
	}
	return 10 * time.Second
}

// late is the other half of I2: how late steps were taken, and that none was early. Steps that were due or taken while nobody could work are
// left out and counted apart: for them the time since the end of the outage is told.
func late(s *scene, l *ledger, goal time.Duration) {
	s.t.Helper()
	outages := s.diary.outages()
	var all, held []time.Duration
	for _, r := range l.runs {
		if l.did(r.of.incident, "snoozed") {
			continue // The times of a run that was woken are no longer those of its policy.
		}
		for i, e := range l.events[r.id] {
			due, known := l.due(r, i)
			if !known {
				continue
			}
			if e.at.Before(due) {
				s.t.Errorf("I2: run %d took step %d %v early", r.id, e.step, due.Sub(e.at))
			}
			if o := within(outages, due, e.at); o != nil {
				held = append(held, max(0, e.at.Sub(o.to)))
			} else {
				all = append(all, e.at.Sub(due))
			}
		}
	}
	slices.Sort(all)
	slices.Sort(held)
	s.t.Logf("%d steps late p50 %v, p99 %v, at most %v", len(all), quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1))
	s.t.Logf("left out: %d steps of the %d outages of all together %v; taken after their end p50 %v, p99 %v, at most %v",
		len(held), len(outages), lengthOf(outages), quantile(held, 0.5), quantile(held, 0.99), quantile(held, 1))
	if p99 := quantile(all, 0.99); p99 > goal {
		s.t.Errorf("I2: one step in a hundred was taken more than %v late, the goal is %v", p99, goal)
	}
}

// due is when the run's i-th event was due, where the policy alone decides that.
func (l *ledger) due(r run, i int) (time.Time, bool) {
	e := l.events[r.id][i]
	if e.round != 0 || i >= len(steps) {
		return time.Time{}, false
	}
	delay := func(step int) time.Duration { return time.Duration(steps[step].Minutes * float64(time.Minute)) }
	if i == 0 {
		return r.started.Add(delay(0)), true
	}
	before := l.events[r.id][i-1]
	return before.at.Add(delay(i) - delay(i-1)), before.status != "failed" // After one that reached nobody the next is due at once.
}

// within is the last outage that overlaps the span.
func within(outages []entry, from, to time.Time) *entry {
	for i := len(outages) - 1; i >= 0; i-- {
		if o := &outages[i]; !o.from.After(to) && !o.to.Before(from) {
			return o
		}
	}
	return nil
}

func lengthOf(outages []entry) (sum time.Duration) {
	for _, o := range outages {
		sum += o.to.Sub(o.from)
	}
	return sum.Round(time.Millisecond)
}

// quantile is the value below which the part q of the sorted list lies.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))].Round(time.Millisecond)
}
