package incident

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// Holds says how long an acknowledgement of each incident holds; one that it leaves out, or gives 0, holds for ever.
type Holds func(tx *db.Tx, org int64, incidents []Incident) (map[int64]time.Duration, error)

// SetHolds introduces who says how long an acknowledgement holds; without it each holds for ever. It is called before the first
// change.
func (s *Service) SetHolds(h Holds) { s.holds = h }

// askAhead is how long before an acknowledgement runs out its holders are asked whether they are still on it; of a short one it
// is half.
const askAhead = 10 * time.Minute

// held starts the time of the incident's acknowledgement anew; it is pure.
func held(inc Incident, now time.Time) Incident {
	inc.AckExpiresAt, inc.AckAskAt = nil, nil
	if inc.AckHold > 0 {
		expires := now.Add(inc.AckHold)
		ask := expires.Add(-min(askAhead, inc.AckHold/2))
		inc.AckExpiresAt, inc.AckAskAt = &expires, &ask
	}
	return inc
}

// unheld ends the acknowledgement's time.
func unheld(inc Incident) Incident {
	inc.AckExpiresAt, inc.AckAskAt = nil, nil
	return inc
}

// hold starts the time of acknowledgements that these commands have begun, and anew of those whose holders have done anything to
// the incident: who works on it need not be asked.
func (a *application) hold() error {
	var begun []Incident
	var active []int64
	for _, c := range a.changes {
		inc := a.incidents[c.After.ID]
		switch {
		case inc.Status != StatusAcknowledged:
		case c.Acknowledged() && c.Before.Status != StatusAcknowledged:
			begun = append(begun, inc)
		case c.Before.Status == StatusAcknowledged && c.Actor.UserID != 0 && inc.AckExpiresAt != nil:
			active = append(active, inc.ID)
		}
	}
	if err := a.begin(begun); err != nil || len(active) == 0 {
		return err
	}
	assigned, err := a.AssigneesOf(a.tx, a.org, active)
	if err != nil {
		return err
	}
	for _, c := range a.changes {
		id, by := c.After.ID, c.Actor.UserID
		works := slices.ContainsFunc(assigned[id], func(s Assignment) bool { return s.UserID == by })
		if !works || !slices.Contains(active, id) {
			continue
		}
		a.renew(id)
		if err := saveAcknowledgement(a.tx, a.incidents[id], by, a.tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) begin(incidents []Incident) error {
	if len(incidents) == 0 || a.holds == nil {
		return nil
	}
	times, err := a.holds(a.tx, a.org, incidents)
	if err != nil {
		return err
	}
	for _, inc := range incidents {
		inc.AckHold = times[inc.ID].Truncate(time.Second)
		a.incidents[inc.ID] = inc
		a.renew(inc.ID)
	}
	return nil
}

// renew has the incident and what the followers see of it hold from now.
func (a *application) renew(id int64) {
	inc := held(a.incidents[id], a.tx.Now())
	a.incidents[id] = inc
	for i := range a.changes {
		if after := &a.changes[i].After; after.ID == id {
			inc.lendTime(after)
		}
	}
}

// lendTime gives the time of the acknowledgement to another picture of the same incident that is acknowledged.
func (i Incident) lendTime(to *Incident) {
	if i.Status == StatusAcknowledged && to.Status == StatusAcknowledged {
		to.AckHold, to.AckExpiresAt, to.AckAskAt = i.AckHold, i.AckExpiresAt, i.AckAskAt
	}
}
