package incident

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

type dueTime struct{ incidentID int64 }

func organisationIDs(tx *db.Tx) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT id FROM organizations ORDER BY id")
}

// dueIncidents finds snoozes and acknowledgements whose time has come, or whose holders are to be asked; its cost is what is due, not what exists.
func dueIncidents(tx *db.Tx, org int64, now time.Time) ([]dueTime, error) {
	scan := func(row db.Scanner) (d dueTime, err error) { return d, row.Scan(&d.incidentID) }
	snoozed, err := db.List(tx, scan, `SELECT id FROM incidents WHERE org_id = ? AND snoozed_until <= ?
		ORDER BY snoozed_until LIMIT ?`, org, now, courseBatch)
	if err != nil {
		return nil, err
	}
	expired, err := db.List(tx, scan, `SELECT id FROM incidents WHERE org_id = ? AND ack_expires_at <= ?
		ORDER BY ack_expires_at LIMIT ?`, org, now, courseBatch)
	if err != nil {
		return nil, err
	}
	asked, err := db.List(tx, scan, `SELECT id FROM incidents WHERE org_id = ? AND ack_ask_at <= ?
		ORDER BY ack_ask_at LIMIT ?`, org, now, courseBatch)
	return slices.Concat(snoozed, expired, asked), err
}

// nextDue is the earliest of them, zero when nothing waits.
func nextDue(tx *db.Tx, org int64) (next time.Time, err error) {
	for _, column := range []string{"snoozed_until", "ack_expires_at", "ack_ask_at"} {
		at, _, err := db.One(tx, func(row db.Scanner) (t time.Time, err error) { return t, row.Scan(db.ScanTime(&t)) },
			"SELECT min("+column+") FROM incidents WHERE org_id = ? AND "+column+" IS NOT NULL", org)
		if err != nil {
			return time.Time{}, err
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}
