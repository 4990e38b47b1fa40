package escalation

import (
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
)

// maxLedger bounds the steps that a ledger looks at, from the newest on.
const maxLedger = 2000

// StepsTaken are the steps taken for an incident, oldest first, and its runs. capped says that older steps are left out.
func (s *Service) StepsTaken(tx *db.Tx, org, incidentID int64) (events []Event, runs []Run, capped bool, err error) {
	w := &db.Where{}
	w.And("e.org_id = ?", org)
	w.And("e.incident_id = ?", incidentID)
	if events, err = listEvents(tx, w, 0, maxLedger+1); err != nil {
		return nil, nil, false, err
	}
	if capped = len(events) > maxLedger; capped {
		events = events[:maxLedger]
	}
	slices.Reverse(events)
	found, err := runsOf(tx, org, incidentID)
	for _, r := range found {
		runs = append(runs, *r)
	}
	return events, runs, capped, err
}
