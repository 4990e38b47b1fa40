package escalation

import "github.com/tocsinhq/tocsin/internal/db"

// mend sets the times by which loops find things. Each statement asks again for the state in which that is right.
func mend(tx *db.Tx, org int64, m Mend) error {
	for _, set := range []struct {
		statement string
		ids       []int64
	}{
		{"UPDATE escalation_runs SET next_at = ? WHERE org_id = ? AND state = 'active' AND next_at IS NULL AND id IN ", m.RunsDue},
		{"UPDATE escalation_events SET settle_at = ? WHERE org_id = ? AND status = 'pending' AND settle_at IS NULL AND id IN ", m.EventsDue},
	} {
		in, args := db.InList(set.ids)
		if _, err := tx.Exec(set.statement+in, append([]any{tx.Now(), org}, args...)...); err != nil {
			return err
		}
	}
	in, args := db.InList(m.RunsOver)
	_, err := tx.Exec("UPDATE escalation_runs SET next_at = NULL WHERE org_id = ? AND state = 'finished' AND id IN "+in,
		append([]any{org}, args...)...)
	return err
}
