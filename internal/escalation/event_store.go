package escalation

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
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
	metadata              map[string]any
}

func unsettled(tx *db.Tx, org int64, now time.Time, limit int) ([]unsettledEvent, error) {
	return db.List(tx, func(row db.Scanner) (e unsettledEvent, err error) {
		err = row.Scan(&e.id, &e.incidentID, &e.runID, &e.round, &e.step, db.ScanJSON(&e.metadata))
		return e, err
	}, `SELECT id, incident_id, run_id, round, step, metadata FROM escalation_events
		WHERE org_id = ? AND settle_at <= ? ORDER BY settle_at, id LIMIT ?`, org, now, limit)
}

// nextUnsettled is when the next event of each organisation counts as unreached.
func nextUnsettled(tx *db.Tx) ([]orgDue, error) {
	return listDue(tx, `SELECT o.id, (SELECT min(e.settle_at) FROM escalation_events e WHERE e.org_id = o.id AND e.settle_at IS NOT NULL)
		FROM organizations o ORDER BY o.id`)
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

// lastFailed tells of which runs the step before, skipped ones aside, reached nobody.
func lastFailed(tx *db.Tx, org int64, runIDs []int64) (map[int64]bool, error) {
	taken, err := stepsOfRuns(tx, org, runIDs)
	failed := map[int64]bool{}
	for id, steps := range taken {
		for _, step := range steps {
			if !step.skipped {
				failed[id] = step.failed
			}
		}
	}
	return failed, err
}

// takenStep is a step that a run has taken, and whether it reached nobody or was skipped.
type takenStep struct {
	eventID         int64
	failed, skipped bool
}

// stepsOfRuns are the steps that runs have taken in their present episodes, oldest first, by run.
func stepsOfRuns(tx *db.Tx, org int64, runIDs []int64) (map[int64][]takenStep, error) {
	taken := map[int64][]takenStep{}
	if len(runIDs) == 0 {
		return taken, nil
	}
	in, args := db.InList(runIDs)
	_, err := db.List(tx, func(row db.Scanner) (t takenStep, err error) {
		var run int64
		err = row.Scan(&run, &t.eventID, &t.failed, &t.skipped)
		taken[run] = append(taken[run], t)
		return t, err
	}, `SELECT e.run_id, e.id, e.status = 'failed', coalesce(e.metadata ->> 'outcome', '') = 'skipped' FROM escalation_events e
		JOIN escalation_runs r ON r.org_id = e.org_id AND r.id = e.run_id AND r.episode = e.episode
		WHERE e.org_id = ? AND e.run_id IN `+in+" ORDER BY e.id", append([]any{org}, args...)...)
	return taken, err
}

func setMetadata(tx *db.Tx, org, id int64, metadata map[string]any) error {
	_, err := tx.Exec("UPDATE escalation_events SET metadata = ? WHERE org_id = ? AND id = ?", db.JSON(metadata), org, id)
	return err
}

// recentEvent is a step of the last minutes: which run took it.
type recentEvent struct{ id, incidentID, runID int64 }

// recentEvents are the steps that runs of the incidents' present episodes have taken since, by incident. The database is not asked
// for their times, or it might look through all steps of the last minutes instead of the few of these incidents.
func recentEvents(tx *db.Tx, org int64, incidentIDs []int64, since time.Time) (map[int64][]recentEvent, error) {
	in, args := db.InList(incidentIDs)
	found := map[int64][]recentEvent{}
	_, err := db.List(tx, func(row db.Scanner) (e recentEvent, err error) {
		var at time.Time
		err = row.Scan(&e.id, &e.incidentID, &e.runID, db.ScanTime(&at))
		if err == nil && !at.Before(since) {
			found[e.incidentID] = append(found[e.incidentID], e)
		}
		return e, err
	}, `SELECT e.id, e.incident_id, e.run_id, e.triggered_at FROM escalation_events e
		JOIN incidents i ON i.org_id = e.org_id AND i.id = e.incident_id
		WHERE e.org_id = ? AND e.episode = i.episode AND e.incident_id IN `+in, append([]any{org}, args...)...)
	return found, err
}
