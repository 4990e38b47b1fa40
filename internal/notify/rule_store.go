package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

type personalRule struct {
	userID int64
	Rule
}

func scanRule(row db.Scanner) (r personalRule, err error) {
	var seconds int64
	err = row.Scan(&r.userID, &seconds, &r.ContactMethodID)
	r.Delay = time.Duration(seconds) * time.Second
	return r, err
}

// rulesOf are the rules of people for one urgency, in order.
func rulesOf(tx *db.Tx, org int64, userIDs []int64, urgency incident.Urgency) (map[int64][]Rule, error) {
	in, args := db.InList(userIDs)
	list, err := db.List(tx, scanRule, `SELECT user_id, delay_seconds, contact_method_id FROM notification_rules
		WHERE org_id = ? AND user_id IN `+in+` AND urgency = ? ORDER BY user_id, position`,
		append(append([]any{org}, args...), string(urgency))...)
	rules := map[int64][]Rule{}
	for _, r := range list {
		rules[r.userID] = append(rules[r.userID], r.Rule)
	}
	return rules, err
}
