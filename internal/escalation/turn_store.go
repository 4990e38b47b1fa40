package escalation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

// turn is whom a policy's action that takes people in turn paged last; 0 is nobody yet.
type turn struct {
	policyID int64
	key      string
	lastUser int64
}

func byTurn(a, b turn) int {
	return cmp.Or(cmp.Compare(a.policyID, b.policyID), strings.Compare(a.key, b.key))
}

// lockTurns reads whose turn it was and keeps others from taking the next until the transaction ends. Turns come after
// incidents and runs in the order of locks, and in their own order among themselves.
func lockTurns(tx *db.Tx, org int64, turns []turn) (map[int64]map[string]int64, error) {
	slices.SortFunc(turns, byTurn)
	turns = slices.CompactFunc(turns, func(a, b turn) bool { return byTurn(a, b) == 0 })
	if len(turns) == 0 {
		return map[int64]map[string]int64{}, nil
	}
	// A row that is not there could not be locked.
	if err := tx.Insert("escalation_turns", turnColumns, turnRows(tx, org, turns), "ON CONFLICT (org_id, policy_id, turn_key) DO NOTHING"); err != nil {
		return nil, err
	}
	return readTurns(tx, org, turns, tx.Lock())
}

// readTurns reads whose turn it was.
func readTurns(tx *db.Tx, org int64, turns []turn, suffix string) (map[int64]map[string]int64, error) {
	found := map[int64]map[string]int64{}
	if len(turns) == 0 {
		return found, nil
	}
	var keys []string
	args := []any{org}
	for _, t := range turns {
		keys = append(keys, "(policy_id = ? AND turn_key = ?)")
		args = append(args, t.policyID, t.key)
	}
	list, err := db.List(tx, func(row db.Scanner) (t turn, err error) { return t, row.Scan(&t.policyID, &t.key, &t.lastUser) },
		"SELECT policy_id, turn_key, last_user_id FROM escalation_turns WHERE org_id = ? AND ("+strings.Join(keys, " OR ")+`)
		ORDER BY policy_id, turn_key`+suffix, args...)
	for _, t := range list {
		if found[t.policyID] == nil {
			found[t.policyID] = map[string]int64{}
		}
		found[t.policyID][t.key] = t.lastUser
	}
	return found, err
}

var turnColumns = []string{"org_id", "policy_id", "turn_key", "last_user_id", "updated_at"}

func turnRows(tx *db.Tx, org int64, turns []turn) [][]any {
	rows := make([][]any, len(turns))
	for i, t := range turns {
		rows[i] = []any{org, t.policyID, t.key, t.lastUser, tx.Now()}
	}
	return rows
}

// saveTurns keeps the last of the turns of each action.
func saveTurns(tx *db.Tx, org int64, turns []turn) error {
	last := map[turn]int64{}
	for _, t := range turns {
		last[turn{policyID: t.policyID, key: t.key}] = t.lastUser
	}
	list := make([]turn, 0, len(last))
	for t, user := range last {
		list = append(list, turn{t.policyID, t.key, user})
	}
	slices.SortFunc(list, byTurn)
	return tx.Insert("escalation_turns", turnColumns, turnRows(tx, org, list), `ON CONFLICT (org_id, policy_id, turn_key)
		DO UPDATE SET last_user_id = excluded.last_user_id, updated_at = excluded.updated_at`)
}
