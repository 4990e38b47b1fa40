package escalation

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// AckHolds says how long an acknowledgement of each incident holds: the shortest time that one of its runs' policies gives, the
// organisation's own for those that give none and for an incident without runs. 0 is for ever. See incident.Holds.
func (s *Service) AckHolds(tx *db.Tx, org int64, incidents []incident.Incident) (map[int64]time.Duration, error) {
	ids := make([]int64, len(incidents))
	for i, inc := range incidents {
		ids[i] = inc.ID
	}
	f := s.following(tx, org)
	if err := f.loadRuns(ids); err != nil {
		return nil, err
	}
	settings, err := s.People.OrgSettings(tx, org)
	if err != nil {
		return nil, err
	}
	holds := map[int64]time.Duration{}
	for _, inc := range incidents {
		own := time.Duration(0)
		if inc.Urgency() == incident.UrgencyHigh {
			own = settings.AckTimeout()
		}
		holds[inc.ID] = hold(f.runs[inc.ID], f.versions, own)
	}
	return holds, nil
}

// hold is the shortest of the runs' times, own for a policy that gives none; 0 is for ever.
func hold(runs []*Run, versions map[versionKey]PolicyVersion, own time.Duration) time.Duration {
	if len(runs) == 0 {
		return own
	}
	shortest := time.Duration(0)
	for _, r := range runs {
		d := own
		if m := definitionOf(*r, versions).AckTimeoutMinutes; m != nil {
			d = time.Duration(*m) * time.Minute
		}
		if d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}
