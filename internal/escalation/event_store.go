package escalation

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/notify"
)

var eventColumns = []string{
	"org_id", "id", "incident_id", "episode", "policy_id", "policy_version", "run_id", "round", "step", "status", "metadata",
	"settle_at", "triggered_at", "completed_at", "created_at",
}

// saveEvents writes new events. The unique key (run, round, step) refuses a step that was taken already.
func saveEvents(tx *db.Tx, org int64, events []*Event) error {
	ids, err := tx.NextIDs("escalation_events", len(events))
	if err != nil {
		return err
	}
	rows := make([][]any, len(events))
	for i, e := range events {
		e.ID = ids[i]
		rows[i] = []any{
			org, e.ID, e.IncidentID, e.Episode, e.PolicyID, e.PolicyVersion, e.RunID, e.Round, e.Step, e.Status, db.JSON(e.Metadata),
			e.SettleAt, e.TriggeredAt, e.CompletedAt, e.CreatedAt,
		}
	}
	return tx.Insert("escalation_events", eventColumns, rows, "")
}

var selectEvent = "SELECT e." + strings.Join(eventColumns[1:], ", e.") + `, i.title, i.service, i.severity, t.id, t.name,
	p.name, p.description FROM escalation_events e
	JOIN incidents i ON i.org_id = e.org_id AND i.id = e.incident_id
	LEFT JOIN teams t ON t.org_id = i.org_id AND t.id = i.team_id
	LEFT JOIN escalation_policies p ON p.org_id = e.org_id AND p.id = e.policy_id`

func scanEvent(row db.Scanner) (e Event, err error) {
	var team struct {
		id   *int64
		name *string
	}
	var policyName, policyDescription *string
	e.Incident = &IncidentRef{}
	err = row.Scan(&e.ID, &e.IncidentID, &e.Episode, &e.PolicyID, &e.PolicyVersion, &e.RunID, &e.Round, &e.Step, &e.Status,
		db.ScanJSON(&e.Metadata), db.ScanNullTime(&e.SettleAt), db.ScanTime(&e.TriggeredAt), db.ScanNullTime(&e.CompletedAt),
		db.ScanTime(&e.CreatedAt), &e.Incident.Title, &e.Incident.Service, &e.Incident.Severity, &team.id, &team.name,
		&policyName, &policyDescription)
	e.Incident.ID = e.IncidentID
	if team.id != nil && team.name != nil {
		e.Incident.Team = &TeamRef{ID: *team.id, Name: *team.name}
	}
	if e.PolicyID != nil && policyName != nil && policyDescription != nil {
		e.Policy = &PolicyRef{ID: *e.PolicyID, Name: *policyName, Description: *policyDescription}
	}
	return e, err
}

// listEvents lists events newest first, joined in one query.
func listEvents(tx *db.Tx, w *db.Where, skip, limit int) ([]Event, error) {
	return db.List(tx, scanEvent, selectEvent+w.String()+" ORDER BY e.id DESC LIMIT ? OFFSET ?", append(w.Args(), limit, skip)...)
}

func countEvents(tx *db.Tx, w *db.Where, most int) (int, error) {
	n, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM escalation_events e
		JOIN incidents i ON i.org_id = e.org_id AND i.id = e.incident_id`+w.String()+" LIMIT ?) t", append(w.Args(), most)...)
	return n, err
}

// unsettledEvent is an event whose pages nobody has taken from us in time.
type unsettledEvent struct {
	id, incidentID, runID int64
	round, step           int
}

func unsettled(tx *db.Tx, org int64, now time.Time, limit int) ([]unsettledEvent, error) {
	return db.List(tx, func(row db.Scanner) (e unsettledEvent, err error) {
		return e, row.Scan(&e.id, &e.incidentID, &e.runID, &e.round, &e.step)
	}, `SELECT id, incident_id, run_id, round, step FROM escalation_events
		WHERE org_id = ? AND settle_at <= ? ORDER BY settle_at, id LIMIT ?`, org, now, limit)
}

func nextUnsettled(tx *db.Tx, org int64) (next time.Time, err error) {
	next, _, err = db.One(tx, scanTime, "SELECT min(settle_at) FROM escalation_events WHERE org_id = ? AND settle_at IS NOT NULL", org)
	return next, err
}

// settle ends events that are still pending and returns which they were.
func settle(tx *db.Tx, org int64, ids []int64, status string, at time.Time) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := db.InList(ids)
	return db.List(tx, db.Value[int64], `UPDATE escalation_events SET status = ?, completed_at = ?, settle_at = NULL
		WHERE org_id = ? AND status = 'pending' AND id IN `+in+" RETURNING id", append([]any{status, at, org}, args...)...)
}

// settleOver ends the pending events of incidents that need nobody any more: their pages are cancelled.
func settleOver(tx *db.Tx, org int64, incidentIDs []int64, at time.Time) error {
	in, args := db.InList(incidentIDs)
	_, err := tx.Exec(`UPDATE escalation_events SET status = ?, completed_at = ?, settle_at = NULL
		WHERE org_id = ? AND settle_at IS NOT NULL AND incident_id IN `+in, append([]any{EventCompleted, at, org}, args...)...)
	return err
}

// previousFailed reports whether the run's newest event before the given one failed; beforeID 0 means the newest of all.
func previousFailed(tx *db.Tx, org, runID, beforeID int64) (bool, error) {
	query, args := "SELECT status FROM escalation_events WHERE org_id = ? AND run_id = ?", []any{org, runID}
	if beforeID != 0 {
		query, args = query+" AND id < ?", append(args, beforeID)
	}
	status, _, err := db.One(tx, db.Value[string], query+" ORDER BY id DESC LIMIT 1", args...)
	return status == EventFailed, err
}

// eventsOfRun tells which of the events that paged belong to the run.
func eventsOfRun(tx *db.Tx, org, runID int64, paged []notify.Paged) (map[int64]bool, error) {
	own := map[int64]bool{}
	if len(paged) == 0 {
		return own, nil
	}
	ids := make([]int64, len(paged))
	for i, p := range paged {
		ids[i] = p.EventID
	}
	in, args := db.InList(ids)
	list, err := db.List(tx, db.Value[int64], "SELECT id FROM escalation_events WHERE org_id = ? AND run_id = ? AND id IN "+in,
		append([]any{org, runID}, args...)...)
	for _, id := range list {
		own[id] = true
	}
	return own, err
}
