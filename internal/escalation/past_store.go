package escalation

import (
	"github.com/tocsinhq/tocsin/internal/db"
)

// incidentsBetween are the ids of incidents, called i, newest first.
func incidentsBetween(tx *db.Tx, w *db.Where, limit int) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT i.id FROM incidents i"+w.String()+" ORDER BY i.id DESC LIMIT ?", append(w.Args(), limit)...)
}

// firstEvents are the steps taken in the first episodes of incidents, oldest first, by incident.
func firstEvents(tx *db.Tx, org int64, incidentIDs []int64) (map[int64][]Event, error) {
	found := map[int64][]Event{}
	if len(incidentIDs) == 0 {
		return found, nil
	}
	in, args := db.InList(incidentIDs)
	list, err := db.List(tx, func(row db.Scanner) (e Event, err error) {
		err = row.Scan(&e.IncidentID, db.ScanTime(&e.TriggeredAt), db.ScanJSON(&e.Metadata))
		return e, err
	}, "SELECT incident_id, triggered_at, metadata FROM escalation_events WHERE org_id = ? AND episode = 1 AND incident_id IN "+in+" ORDER BY id",
		append([]any{org}, args...)...)
	for _, e := range list {
		found[e.IncidentID] = append(found[e.IncidentID], e)
	}
	return found, err
}
