package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

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

// endAttempts writes how attempts ended, all at the same time.
func endAttempts(tx *db.Tx, org int64, at time.Time, list []Attempt) error {
	for batch := range slices.Chunk(list, maxAttemptsEnded) {
		size := 1
		for size < len(batch) {
			size *= 2 // Few distinct texts, which the database keeps prepared: the last attempt is repeated.
		}
		args := []any{at}
		for i := range size {
			a := batch[min(i, len(batch)-1)]
			args = append(args, a.NotificationID, a.Number, a.Result, a.Detail, a.ProviderRef)
		}
		row := "(CAST(? AS BIGINT), CAST(? AS BIGINT), ?, ?, ?)"
		if _, err := tx.Exec(`UPDATE notification_attempts
			SET finished_at = ?, result = ended.column3, detail = ended.column4, provider_ref = ended.column5
			FROM (VALUES `+row+strings.Repeat(", "+row, size-1)+`) AS ended
			WHERE org_id = ? AND notification_id = ended.column1 AND number = ended.column2`, append(args, org)...); err != nil {
			return err
		}
	}
	return nil
}

const maxAttemptsEnded = 256

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
