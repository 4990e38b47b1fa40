package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// Foresee is what the command would make of the incident at the instant, with the same status machine, for previews: nothing is
// read or written. holds is how long an acknowledgement of it would hold. A command that is refused, or changes nothing, brings
// no change.
func Foresee(inc Incident, c Command, holds time.Duration, now time.Time) []Change {
	var changes []Change
	add := func(next Incident, verb Verb) {
		if next.Status == StatusAcknowledged && inc.Status != StatusAcknowledged && verb == Acknowledge {
			next.AckHold = holds.Truncate(time.Second)
			next = held(next, now)
		}
		change := Change{
			Before: inc, After: next, Verb: verb, Actor: c.Actor, Via: c.Via, At: now, NewEpisode: next.Episode != inc.Episode,
			Rerouted: inc.Severity != next.Severity || inc.Service != next.Service || !same(inc.TeamID, next.TeamID),
		}
		inc = next
		changes = append(changes, change)
	}
	verb := c.Verb
	if verb == Update {
		next, status := edit(inc, *c.Edit)
		if describeEdit(inc, next) != "" {
			add(next, Update)
		}
		if status == "" {
			return changes
		}
		verb = status
	}
	c.Verb = verb
	if next, changed, err := decide(inc, c, now); err == nil && changed {
		add(next, verb)
	}
	return changes
}

// FirstOnDuty is who would be assigned to a new incident of the team now, nil when nobody would.
func (s *Service) FirstOnDuty(tx *db.Tx, org, teamID int64) (*int64, error) {
	if s.OnDuty == nil {
		return nil, nil
	}
	d, err := s.dutyOf(tx, org, teamID)
	if err != nil {
		return nil, err
	}
	person, found := d.next()
	if !found {
		return nil, nil
	}
	return &person, nil
}
