package escalation

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

var runColumns = []string{
	"org_id", "id", "incident_id", "episode", "policy_id", "version", "priority", "state", "reason", "round", "repeats_left",
	"next_step", "started_at", "last_taken_at", "next_at", "finished_at", "waiting_since", "wait_over",
}

var selectRun = "SELECT " + strings.Join(runColumns, ", ") + " FROM escalation_runs"

const upsertRuns = ` DO UPDATE SET state = excluded.state, reason = excluded.reason, round = excluded.round,
	repeats_left = excluded.repeats_left, next_step = excluded.next_step, last_taken_at = excluded.last_taken_at,
	started_at = excluded.started_at, next_at = excluded.next_at, finished_at = excluded.finished_at, episode = excluded.episode,
	waiting_since = excluded.waiting_since, wait_over = excluded.wait_over`

// columns are where runColumns are read to.
func (r *Run) columns() []any {
	return []any{
		&r.OrgID, &r.ID, &r.IncidentID, &r.Episode, &r.PolicyID, &r.Version, &r.Priority, &r.State, &r.Reason, &r.Round,
		&r.RepeatsLeft, &r.NextStep, db.ScanTime(&r.StartedAt), db.ScanNullTime(&r.LastTakenAt), db.ScanNullTime(&r.NextAt),
		db.ScanNullTime(&r.FinishedAt), db.ScanNullTime(&r.WaitingSince), &r.WaitOver,
	}
}

func scanRun(row db.Scanner) (r Run, err error) {
	err = row.Scan(r.columns()...)
	return r, err
}

// saveRuns writes new runs (without an id) and changed ones. Finished ones go first: a policy has one unfinished run on an
// incident, and a new one takes the place of one that has just finished.
func saveRuns(tx *db.Tx, runs []*Run) error {
	fresh := 0
	for _, r := range runs {
		if r.ID == 0 {
			fresh++
		}
	}
	ids, err := tx.NextIDs("escalation_runs", fresh)
	if err != nil {
		return err
	}
	var finished, changed, added [][]any
	for _, r := range runs {
		switch {
		case r.ID == 0:
			r.ID, ids = ids[0], ids[1:]
			added = append(added, runRow(r))
		case r.State == StateFinished:
			finished = append(finished, runRow(r))
		default:
			changed = append(changed, runRow(r))
		}
	}
	for _, rows := range [][][]any{finished, changed} {
		if err := tx.Insert("escalation_runs", runColumns, rows, tx.OnID()+upsertRuns); err != nil {
			return err
		}
	}
	return tx.Insert("escalation_runs", runColumns, added, "")
}

func runRow(r *Run) []any {
	return []any{
		r.OrgID, r.ID, r.IncidentID, r.Episode, r.PolicyID, r.Version, r.Priority, string(r.State), string(r.Reason), r.Round,
		r.RepeatsLeft, r.NextStep, r.StartedAt, r.LastTakenAt, r.NextAt, r.FinishedAt, r.WaitingSince, r.WaitOver,
	}
}

// unfinishedRuns reads the unfinished runs of incidents whose locks are held, by incident.
func unfinishedRuns(tx *db.Tx, org int64, incidentIDs []int64) (map[int64][]*Run, error) {
	in, args := db.InList(incidentIDs)
	list, err := db.List(tx, scanRun, selectRun+" WHERE org_id = ? AND incident_id IN "+in+" AND state <> 'finished' ORDER BY id",
		append([]any{org}, args...)...)
	found := map[int64][]*Run{}
	for i := range list {
		found[list[i].IncidentID] = append(found[list[i].IncidentID], &list[i])
	}
	return found, err
}

func runsOf(tx *db.Tx, org, incidentID int64) ([]*Run, error) {
	return db.List(tx, func(row db.Scanner) (*Run, error) {
		r, err := scanRun(row)
		return &r, err
	}, selectRun+" WHERE org_id = ? AND incident_id = ? ORDER BY id", org, incidentID)
}

func runsByID(tx *db.Tx, org int64, ids []int64) (map[int64]Run, error) {
	in, args := db.InList(ids)
	list, err := db.List(tx, scanRun, selectRun+" WHERE org_id = ? AND id IN "+in, append([]any{org}, args...)...)
	found := map[int64]Run{}
	for _, r := range list {
		found[r.ID] = r
	}
	return found, err
}

// listRuns reads runs, called r, with their incidents, called i; what is due next first.
func listRuns(tx *db.Tx, w *db.Where, limit int) ([]RunView, error) {
	return db.List(tx, func(row db.Scanner) (v RunView, err error) {
		err = row.Scan(append(v.columns(), &v.IncidentTitle)...)
		return v, err
	}, "SELECT r."+strings.Join(runColumns, ", r.")+`, i.title FROM escalation_runs r
		JOIN incidents i ON i.org_id = r.org_id AND i.id = r.incident_id`+w.String()+" ORDER BY r.next_at, r.id LIMIT ?",
		append(w.Args(), limit)...)
}

// lockDueRuns finds runs whose time has come and locks their incidents; its cost is the batch, not what is due or exists. It passes
// by incidents that another transaction holds, so that nodes take different ones, but looks no further than a few batches, or
// PostgreSQL might join and sort all that is due. What it tells of the runs may be old.
func lockDueRuns(tx *db.Tx, org int64, now time.Time, limit int) ([]Run, error) {
	columns := strings.Join(runColumns, ", r.")
	return db.List(tx, scanRun, "SELECT r."+columns+" FROM (SELECT r."+columns+` FROM escalation_runs r
			WHERE r.org_id = ? AND r.next_at <= ? ORDER BY r.next_at, r.id LIMIT ?) r
		JOIN incidents i ON i.org_id = r.org_id AND i.id = r.incident_id
		ORDER BY r.next_at, r.id LIMIT ?`+tx.LockSkip("i"), org, now, 4*limit, limit)
}

// nextRuns is when the next run of each organisation is due; one look along the index, however many wait.
func nextRuns(tx *db.Tx) ([]orgDue, error) {
	return listDue(tx, `SELECT o.id, (SELECT min(r.next_at) FROM escalation_runs r WHERE r.org_id = o.id AND r.next_at IS NOT NULL)
		FROM organizations o ORDER BY o.id`)
}

func listDue(tx *db.Tx, query string) ([]orgDue, error) {
	list, err := db.List(tx, func(row db.Scanner) (o orgDue, err error) {
		err = row.Scan(&o.org, db.ScanTime(&o.at))
		return o, err
	}, query)
	return slices.DeleteFunc(list, func(o orgDue) bool { return o.at.IsZero() }), err
}

func organisationIDs(tx *db.Tx) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT id FROM organizations ORDER BY id")
}

// markUnescalated notes on incidents whether nobody is being told of them.
func markUnescalated(tx *db.Tx, org int64, ids []int64, unescalated bool) error {
	if len(ids) == 0 {
		return nil
	}
	in, args := db.InList(slices.Clone(ids))
	_, err := tx.Exec("UPDATE incidents SET unescalated = ? WHERE org_id = ? AND id IN "+in, append([]any{unescalated, org}, args...)...)
	return err
}
