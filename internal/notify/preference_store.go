package notify

import "github.com/tocsinhq/tocsin/internal/db"

// switches are a table of what people have switched on and off: each thing is on until it is switched off.
type switches struct{ table, column string }

var (
	channelSwitches = switches{"notification_preferences", "channel"}
	noticeSwitches  = switches{"notice_preferences", "notice"}
)

// off is what people have switched off.
func (s switches) off(tx *db.Tx, org int64, userIDs []int64) (map[int64]map[string]bool, error) {
	off := map[int64]map[string]bool{}
	if len(userIDs) == 0 {
		return off, nil
	}
	type row struct {
		userID int64
		name   string
	}
	in, args := db.InList(userIDs)
	list, err := db.List(tx, func(scan db.Scanner) (r row, err error) { return r, scan.Scan(&r.userID, &r.name) },
		"SELECT user_id, "+s.column+" FROM "+s.table+" WHERE org_id = ? AND user_id IN "+in+" AND NOT is_enabled", append([]any{org}, args...)...)
	for _, r := range list {
		if off[r.userID] == nil {
			off[r.userID] = map[string]bool{}
		}
		off[r.userID][r.name] = true
	}
	return off, err
}

func (s switches) save(tx *db.Tx, org, userID int64, name string, enabled bool) error {
	return tx.Insert(s.table, []string{"org_id", "user_id", s.column, "is_enabled", "updated_at"},
		[][]any{{org, userID, name, enabled, tx.Now()}},
		"ON CONFLICT (org_id, user_id, "+s.column+") DO UPDATE SET is_enabled = excluded.is_enabled, updated_at = excluded.updated_at")
}
