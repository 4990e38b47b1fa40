package notify

import "github.com/tocsinhq/tocsin/internal/db"

// listNotifications lists newest first.
func listNotifications(tx *db.Tx, w *db.Where, skip, limit int) ([]Notification, error) {
	return db.List(tx, scanNotification, selectNotification+w.String()+" ORDER BY n.id DESC LIMIT ? OFFSET ?", append(w.Args(), limit, skip)...)
}

func countNotifications(tx *db.Tx, w *db.Where, most int) (int, error) {
	n, _, err := db.One(tx, db.Value[int], "SELECT count(*) FROM (SELECT 1 FROM notifications n"+w.String()+" LIMIT ?) t",
		append(w.Args(), most)...)
	return n, err
}
