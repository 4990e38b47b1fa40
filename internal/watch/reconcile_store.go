package watch

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// dueBooks finds the incidents of which a step was taken, or which have ended, since the reconciler looked last, up to an instant that
// it returns; and those whose books did not add up. more says that there are some after that instant that are due already. Its cost
// is what has happened, not what exists.
func dueBooks(tx *db.Tx, org int64) (ids []int64, until time.Time, more bool, err error) {
	now := tx.Now()
	since, err := lookedUntil(tx, org)
	if err != nil {
		return nil, until, false, err
	}
	streams := [][2]string{{"escalation_events", "triggered_at"}, {"incidents", "resolved_at"}}
	until = now.Add(-settledAfter)
	for _, s := range streams {
		// What was written in one transaction has one time, so that a batch is cut between times, never within one.
		cut, found, err := db.One(tx, func(row db.Scanner) (t time.Time, err error) { return t, row.Scan(db.ScanTime(&t)) },
			"SELECT "+s[1]+" FROM "+s[0]+" WHERE org_id = ? AND "+s[1]+" > ? AND "+s[1]+" < ? ORDER BY "+s[1]+" LIMIT 1 OFFSET ?",
			org, since, until, reconcileBatch-1)
		if err != nil {
			return nil, until, false, err
		}
		if found {
			until, more = cut, true
		}
	}
	for i, column := range []string{"incident_id", "id"} {
		s := streams[i]
		found, err := db.List(tx, db.Value[int64], "SELECT DISTINCT "+column+" FROM "+s[0]+" WHERE org_id = ? AND "+s[1]+" > ? AND "+s[1]+" <= ?",
			org, since, until)
		if err != nil {
			return nil, until, false, err
		}
		ids = append(ids, found...)
	}
	again, err := db.List(tx, db.Value[int64], "SELECT incident_id FROM imbalances WHERE org_id = ? AND checked_at <= ? ORDER BY checked_at LIMIT ?",
		org, now.Add(-recheckAfter), reconcileBatch)
	ids = append(ids, again...)
	slices.Sort(ids)
	return slices.Compact(ids), until, more, err
}

func lookedUntil(tx *db.Tx, org int64) (time.Time, error) {
	at, found, err := db.One(tx, func(row db.Scanner) (t time.Time, err error) { return t, row.Scan(db.ScanTime(&t)) },
		"SELECT looked_until FROM reconciliations WHERE org_id = ?", org)
	if !found {
		at = tx.Now().Add(-lookBack)
	}
	return at, err
}

func keepLookedUntil(tx *db.Tx, org int64, until time.Time) error {
	_, err := tx.Exec(`INSERT INTO reconciliations (org_id, looked_until) VALUES (?, ?)
		ON CONFLICT (org_id) DO UPDATE SET looked_until = excluded.looked_until WHERE reconciliations.looked_until < excluded.looked_until`, org, until)
	return err
}

func hasImbalance(tx *db.Tx, org, incidentID int64) (bool, error) {
	_, found, err := db.One(tx, db.Value[int64], "SELECT incident_id FROM imbalances WHERE org_id = ? AND incident_id = ?", org, incidentID)
	return found, err
}

func keepImbalance(tx *db.Tx, org, incidentID int64, items []Item) error {
	_, err := tx.Exec(`INSERT INTO imbalances (org_id, incident_id, items, found_at, checked_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, incident_id) DO UPDATE SET items = excluded.items, checked_at = excluded.checked_at`,
		org, incidentID, db.JSON(items), tx.Now(), tx.Now())
	return err
}

func dropImbalance(tx *db.Tx, org, incidentID int64) error {
	_, err := tx.Exec("DELETE FROM imbalances WHERE org_id = ? AND incident_id = ?", org, incidentID)
	return err
}
