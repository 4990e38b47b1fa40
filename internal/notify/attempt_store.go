package notify

import "github.com/tocsinhq/tocsin/internal/db"

var attemptColumns = []string{
	"org_id", "id", "notification_id", "number", "node", "started_at", "finished_at", "result", "detail", "provider_ref",
}

// insertAttempts writes attempts that begin.
func insertAttempts(tx *db.Tx, org int64, list []Attempt) error {
	ids, err := tx.NextIDs("notification_attempts", len(list))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{org, ids[i], a.NotificationID, a.Number, a.Node, a.StartedAt, a.FinishedAt, a.Result, a.Detail, a.ProviderRef}
	}
	return tx.Insert("notification_attempts", attemptColumns, rows, "")
}

// endAttempts writes how attempts ended.
func endAttempts(tx *db.Tx, org int64, list []Attempt) error {
	for _, a := range list {
		_, err := tx.Exec(`UPDATE notification_attempts SET finished_at = ?, result = ?, detail = ?, provider_ref = ?
			WHERE org_id = ? AND notification_id = ? AND number = ?`,
			a.FinishedAt, a.Result, a.Detail, a.ProviderRef, org, a.NotificationID, a.Number)
		if err != nil {
			return err
		}
	}
	return nil
}

// attemptsOf lists the attempts of notifications, by notification, in order.
func attemptsOf(tx *db.Tx, org int64, ids []int64) (map[int64][]Attempt, error) {
	found := map[int64][]Attempt{}
	if len(ids) == 0 {
		return found, nil
	}
	in, args := db.InList(ids)
	list, err := db.List(tx, func(row db.Scanner) (a Attempt, err error) {
		err = row.Scan(&a.NotificationID, &a.Number, &a.Node, db.ScanTime(&a.StartedAt), db.ScanNullTime(&a.FinishedAt), &a.Result,
			&a.Detail, &a.ProviderRef)
		return a, err
	}, `SELECT notification_id, number, node, started_at, finished_at, result, detail, provider_ref FROM notification_attempts
		WHERE org_id = ? AND notification_id IN `+in+" ORDER BY notification_id, number", append([]any{org}, args...)...)
	for _, a := range list {
		found[a.NotificationID] = append(found[a.NotificationID], a)
	}
	return found, err
}
