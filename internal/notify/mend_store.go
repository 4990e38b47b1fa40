package notify

import "github.com/tocsinhq/tocsin/internal/db"

// mend sets one thing of the notifications that are still in the state in which that is right.
func mend(tx *db.Tx, org int64, set string, value any, when string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	in, args := db.InList(ids)
	_, err := tx.Exec("UPDATE notifications SET "+set+" WHERE org_id = ? AND "+when+" AND id IN "+in, append([]any{value, org}, args...)...)
	return err
}
