package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// linked is what is known of the notification that a link came with.
type linked struct {
	id, userID int64
	incidentID *int64
	episode    int
	action     string
	wanted     WantedUntil
	createdAt  time.Time
	metadata   map[string]any
}

// linkedNotifications are the notifications with these ids, in order.
func linkedNotifications(tx *db.Tx, org int64, ids []int64) ([]linked, error) {
	in, args := db.InList(ids)
	return db.List(tx, func(row db.Scanner) (l linked, err error) {
		err = row.Scan(&l.id, &l.userID, &l.incidentID, &l.episode, &l.action, &l.wanted, db.ScanTime(&l.createdAt), db.ScanJSON(&l.metadata))
		return l, err
	}, `SELECT id, user_id, incident_id, episode, action_type, wanted_until, created_at, metadata FROM notifications
		WHERE org_id = ? AND user_id IS NOT NULL AND id IN `+in+" ORDER BY id", append([]any{org}, args...)...)
}
