package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

var alertColumns = []string{
	"org_id", "id", "incident_id", "integration_id", "alert_key", "sender_key", "status", "severity", "title", "labels",
	"annotations", "links", "starts_at", "ends_at", "created_at", "last_at", "count",
}

var selectAlert = "SELECT " + strings.Join(alertColumns, ", ") + " FROM alerts"

var upsertAlerts = upsert(alertColumns, "org_id", "id", "incident_id", "integration_id", "alert_key", "sender_key", "created_at")

func alertRow(org int64, a *Alert) []any {
	links := a.Links
	if links == nil {
		links = []Link{}
	}
	return []any{
		org, a.ID, a.IncidentID, a.IntegrationID, a.Key, a.SenderKey, string(a.Status), string(a.Severity), a.Title,
		db.JSON(filled(a.Labels)), db.JSON(filled(a.Annotations)), db.JSON(links), a.StartsAt, a.EndsAt, a.CreatedAt, a.LastAt, a.Count,
	}
}

func scanAlert(row db.Scanner) (a Alert, err error) {
	err = row.Scan(&a.OrgID, &a.ID, &a.IncidentID, &a.IntegrationID, &a.Key, &a.SenderKey, &a.Status, &a.Severity, &a.Title,
		db.ScanJSON(&a.Labels), db.ScanJSON(&a.Annotations), db.ScanJSON(&a.Links), db.ScanNullTime(&a.StartsAt),
		db.ScanNullTime(&a.EndsAt), db.ScanTime(&a.CreatedAt), db.ScanTime(&a.LastAt), &a.Count)
	return a, err
}

// saveAlerts writes ended alerts before firing ones: a key fires once at a time, and an alert that starts anew takes the
// place of the one that ended. They go in the order of their keys, so that two batches that have some in common wait for
// each other rather than deadlock; the second gets db.ErrAgain and finds the first's. Fresh ones have no row yet.
func saveAlerts(tx *db.Tx, org int64, alerts []*Alert, fresh map[*Alert]bool) error {
	slices.SortStableFunc(alerts, func(a, b *Alert) int { return strings.Compare(a.Key, b.Key) })
	for _, status := range []AlertStatus{AlertResolved, AlertFiring} {
		var added, changed [][]any
		for _, a := range alerts {
			switch {
			case a.Status != status:
			case fresh[a]:
				added = append(added, alertRow(org, a))
			default:
				changed = append(changed, alertRow(org, a))
			}
		}
		err := tx.Insert("alerts", alertColumns, changed, tx.OnID()+upsertAlerts)
		if err == nil {
			err = tx.Insert("alerts", alertColumns, added, "")
		}
		if db.IsUnique(err, "alerts_firing") {
			return db.ErrAgain
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func firingAlerts(tx *db.Tx, org int64, keys []string) ([]Alert, error) {
	in, args := db.InList(keys)
	return db.List(tx, scanAlert, selectAlert+" WHERE org_id = ? AND status = 'firing' AND alert_key IN "+in, append([]any{org}, args...)...)
}

// lastByGroup finds the incident of each group that opened last. An unresolved one is always that, for a group has only one at
// a time. However many a group has had, each costs one look at the index.
func lastByGroup(tx *db.Tx, org int64, groups []string) ([]int64, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	_, args := db.InList(groups)
	values := strings.TrimSuffix(strings.Repeat("(?), ", len(args)), ", ")
	found, err := db.List(tx, db.Value[*int64], `SELECT (SELECT i.id FROM incidents i
		WHERE i.org_id = ? AND i.group_key = g.column1 AND i.deleted_at IS NULL
		ORDER BY i.opened_at DESC, i.id DESC LIMIT 1) FROM (VALUES `+values+`) AS g`, append([]any{org}, args...)...)
	ids := make([]int64, 0, len(found))
	for _, id := range found {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	return ids, err
}

// openGroup is a group with its unresolved incident.
type openGroup struct {
	group string
	id    int64
}

// openByGroup finds the unresolved incidents of the groups.
func openByGroup(tx *db.Tx, org int64, groups []string) ([]openGroup, error) {
	in, args := db.InList(groups)
	scan := func(row db.Scanner) (o openGroup, err error) { return o, row.Scan(&o.group, &o.id) }
	return db.List(tx, scan, `SELECT group_key, id FROM incidents
		WHERE org_id = ? AND group_key IN `+in+` AND status <> 'resolved' AND deleted_at IS NULL`, append([]any{org}, args...)...)
}

// alertOf is an alert's key in an incident that has or had it.
type alertOf struct {
	incidentID int64
	key        string
}

// alertsHad finds which of the keys the incidents have or had.
func alertsHad(tx *db.Tx, org int64, incidentIDs []int64, keys []string) ([]alertOf, error) {
	in, args := db.InList(incidentIDs)
	inKeys, keyArgs := db.InList(keys)
	scan := func(row db.Scanner) (a alertOf, err error) { return a, row.Scan(&a.incidentID, &a.key) }
	return db.List(tx, scan, `SELECT DISTINCT incident_id, alert_key FROM alerts
		WHERE org_id = ? AND incident_id IN `+in+` AND alert_key IN `+inKeys, append(append([]any{org}, args...), keyArgs...)...)
}

// endAlerts ends whatever fires in an incident.
func endAlerts(tx *db.Tx, org, incidentID int64, at time.Time) error {
	_, err := tx.Exec(`UPDATE alerts SET status = 'resolved', ends_at = ?, last_at = ?
		WHERE org_id = ? AND incident_id = ? AND status = 'firing'`, at, at, org, incidentID)
	return err
}

// maxAlertsShown bounds an incident's page; the count on the incident is exact.
const maxAlertsShown = 200

func alertsOf(tx *db.Tx, org, incidentID int64) ([]Alert, error) {
	return db.List(tx, scanAlert, selectAlert+" WHERE org_id = ? AND incident_id = ? ORDER BY id DESC LIMIT ?", org, incidentID, maxAlertsShown)
}

// AlertTimes lists when the alerts of incidents joined them, by incident.
func (s *Service) AlertTimes(tx *db.Tx, org int64, incidentIDs []int64) (map[int64][]time.Time, error) {
	found := map[int64][]time.Time{}
	if len(incidentIDs) == 0 {
		return found, nil
	}
	in, args := db.InList(unique(incidentIDs))
	_, err := db.List(tx, func(row db.Scanner) (at time.Time, err error) {
		var id int64
		err = row.Scan(&id, db.ScanTime(&at))
		found[id] = append(found[id], at)
		return at, err
	}, "SELECT incident_id, created_at FROM alerts WHERE org_id = ? AND incident_id IN "+in, append([]any{org}, args...)...)
	return found, err
}

// LinksOf are the links that the first alerts of incidents came with, by incident, each once, a few at most. Incidents that have
// many alerts cost no more than others.
func (s *Service) LinksOf(tx *db.Tx, org int64, incidentIDs []int64) (map[int64][]Link, error) {
	links := map[int64][]Link{}
	wanted := slices.Compact(slices.Sorted(slices.Values(incidentIDs)))
	for batch := range slices.Chunk(wanted, maxIncidentsLinked) {
		part := `SELECT incident_id, links FROM
			(SELECT incident_id, links FROM alerts WHERE org_id = ? AND incident_id = ? ORDER BY id LIMIT ?) AS first_alerts`
		args := make([]any, 0, 3*len(batch))
		for _, id := range batch {
			args = append(args, org, id, maxAlertsLinked)
		}
		type linksOf struct {
			incidentID int64
			links      []Link
		}
		list, err := db.List(tx, func(row db.Scanner) (l linksOf, err error) { return l, row.Scan(&l.incidentID, db.ScanJSON(&l.links)) },
			part+strings.Repeat(" UNION ALL "+part, len(batch)-1), args...)
		if err != nil {
			return nil, err
		}
		for _, of := range list {
			for _, l := range of.links {
				if !slices.Contains(links[of.incidentID], l) {
					links[of.incidentID] = append(links[of.incidentID], l)
				}
			}
		}
	}
	return links, nil
}

// maxIncidentsLinked is how many incidents are looked up at a time: SQLite joins at most 500 queries.
const maxIncidentsLinked = 200

// maxAlertsLinked is how many alerts of an incident lend their links to a message.
const maxAlertsLinked = 5
