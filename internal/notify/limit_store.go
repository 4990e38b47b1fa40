package notify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// allowance is whose limit it is: a person's on a channel.
type allowance struct {
	userID  int64
	channel string
}

func sortedAllowances[T any](of map[allowance]T) []allowance {
	return slices.SortedFunc(maps.Keys(of), func(a, b allowance) int {
		return cmp.Or(cmp.Compare(a.userID, b.userID), cmp.Compare(a.channel, b.channel))
	})
}

// holdLimits locks limits, in order, and tells when each is full again. suffix is tx.LockSkip, to leave out those that another
// transaction holds, or tx.Lock. One that is not there yet is made. Incidents are locked before, notifications after.
func holdLimits(tx *db.Tx, org int64, keys []allowance, suffix string) (map[allowance]time.Time, error) {
	held := map[allowance]time.Time{}
	if err := lockLimits(tx, org, keys, suffix, held); err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(keys), func(k allowance) bool { _, there := held[k]; return there })
	if len(missing) == 0 {
		return held, nil
	}
	rows := make([][]any, len(missing))
	for i, k := range missing {
		rows[i] = []any{org, k.userID, k.channel, tx.Now()}
	}
	if err := tx.Insert("delivery_limits", limitColumns, rows, "ON CONFLICT DO NOTHING"); err != nil {
		return nil, err
	}
	return held, lockLimits(tx, org, missing, suffix, held)
}

var limitColumns = []string{"org_id", "user_id", "channel", "full_at"}

func lockLimits(tx *db.Tx, org int64, keys []allowance, suffix string, held map[allowance]time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	args := []any{org}
	for _, k := range keys {
		args = append(args, k.userID, k.channel)
	}
	row := "(CAST(? AS BIGINT), ?)"
	type limitRow struct {
		allowance
		full time.Time
	}
	list, err := db.List(tx, func(row db.Scanner) (l limitRow, err error) {
		return l, row.Scan(&l.userID, &l.channel, db.ScanTime(&l.full))
	},
		"SELECT user_id, channel, full_at FROM delivery_limits WHERE org_id = ? AND (user_id, channel) IN (VALUES "+
			row+strings.Repeat(", "+row, len(keys)-1)+") ORDER BY user_id, channel"+suffix, args...)
	for _, l := range list {
		held[l.allowance] = l.full
	}
	return err
}

// saveLimits writes when limits are full again, whose rows are locked.
func saveLimits(tx *db.Tx, org int64, full map[allowance]time.Time) error {
	rows := make([][]any, 0, len(full))
	for _, k := range sortedAllowances(full) {
		rows = append(rows, []any{org, k.userID, k.channel, full[k]})
	}
	return tx.Insert("delivery_limits", limitColumns, rows, "ON CONFLICT (org_id, user_id, channel) DO UPDATE SET full_at = excluded.full_at")
}
