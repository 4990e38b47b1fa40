package notify

import "github.com/tocsinhq/tocsin/internal/db"

// unseen are the pages of a person for one episode that may have arrived and are not seen yet.
func unseen(tx *db.Tx, org, user int64, at sight, arrived []int64) ([]int64, error) {
	in, args := db.InList(arrived)
	return db.List(tx, db.Value[int64], `SELECT id FROM notifications WHERE org_id = ? AND incident_id = ? AND user_id = ? AND episode = ?
		AND action_type = ? AND seen_at IS NULL AND (status IN ('sending', 'sent', 'delivered') OR id IN `+in+")",
		append([]any{org, at.incident, user, at.episode, ActionPage}, args...)...)
}

// saveSeen writes the time into rows that are locked. An attempt never writes it, so that neither undoes the other.
func saveSeen(tx *db.Tx, org int64, rows []*Notification) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]int64, len(rows))
	for i, n := range rows {
		ids[i] = n.ID
	}
	in, args := db.InList(ids)
	_, err := tx.Exec("UPDATE notifications SET seen_at = ? WHERE org_id = ? AND id IN "+in, append([]any{tx.Now(), org}, args...)...)
	return err
}
