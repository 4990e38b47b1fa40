package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

type dueTime struct{ incidentID int64 }

func organisationIDs(tx *db.Tx) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT id FROM organizations ORDER BY id")
}

// ownTimes are the columns with the times at which something happens to an incident by itself: a snooze ends, an acknowledgement runs
// out, its holders are asked, one that flaps has been quiet.
var ownTimes = []string{"snoozed_until", "ack_expires_at", "ack_ask_at", "quiet_at"}

// dueIncidents finds incidents of which such a time has come; its cost is what is due, not what exists.
func dueIncidents(tx *db.Tx, org int64, now time.Time) (due []dueTime, err error) {
	scan := func(row db.Scanner) (d dueTime, err error) { return d, row.Scan(&d.incidentID) }
	for _, column := range ownTimes {
		found, err := db.List(tx, scan, "SELECT id FROM incidents WHERE org_id = ? AND "+column+" <= ? ORDER BY "+column+" LIMIT ?", org, now, courseBatch)
		if err != nil {
			return nil, err
		}
		due = append(due, found...)
	}
	return due, nil
}

// nextDue is the earliest of them, zero when nothing waits.
func nextDue(tx *db.Tx, org int64) (next time.Time, err error) {
	for _, column := range ownTimes {
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
