package notify

import "github.com/tocsinhq/tocsin/internal/db"

type switchRow struct {
	userID  int64
	channel string
}

// switchedOff are the channels that people have switched off.
func switchedOff(tx *db.Tx, org int64, userIDs []int64) (map[int64]map[string]bool, error) {
	in, args := db.InList(userIDs)
	list, err := db.List(tx, func(row db.Scanner) (r switchRow, err error) { return r, row.Scan(&r.userID, &r.channel) },
		`SELECT user_id, channel FROM notification_preferences WHERE org_id = ? AND user_id IN `+in+` AND NOT is_enabled`,
		append([]any{org}, args...)...)
	off := map[int64]map[string]bool{}
	for _, r := range list {
		if off[r.userID] == nil {
			off[r.userID] = map[string]bool{}
		}
		off[r.userID][r.channel] = true
	}
	return off, err
}

func savePreference(tx *db.Tx, org, userID int64, channel string, enabled bool) error {
	return tx.Insert("notification_preferences", []string{"org_id", "user_id", "channel", "is_enabled", "updated_at"},
		[][]any{{org, userID, channel, enabled, tx.Now()}},
		"ON CONFLICT (org_id, user_id, channel) DO UPDATE SET is_enabled = excluded.is_enabled, updated_at = excluded.updated_at")
}
