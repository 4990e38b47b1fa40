package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// linked is what is known of the notification that a link came with.
type linked struct {
	userID     int64
	incidentID *int64
	episode    int
	action     string
	createdAt  time.Time
	metadata   map[string]any
}

func linkedNotification(tx *db.Tx, org, id int64) (linked, bool, error) {
	return db.One(tx, func(row db.Scanner) (l linked, err error) {
		err = row.Scan(&l.userID, &l.incidentID, &l.episode, &l.action, db.ScanTime(&l.createdAt), db.ScanJSON(&l.metadata))
		return l, err
	}, `SELECT user_id, incident_id, episode, action_type, created_at, metadata FROM notifications WHERE org_id = ? AND id = ?`, org, id)
}
