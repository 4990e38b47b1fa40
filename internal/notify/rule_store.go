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

func ruleSetOf(tx *db.Tx, org, userID int64) (set RuleSet, err error) {
	for urgency, list := range map[incident.Urgency]*[]Rule{incident.UrgencyHigh: &set.High, incident.UrgencyLow: &set.Low} {
		rules, err := rulesOf(tx, org, []int64{userID}, urgency)
		if err != nil {
			return RuleSet{}, err
		}
		*list = rules[userID]
	}
	return set, nil
}

// replaceRules writes a person's rules anew.
func replaceRules(tx *db.Tx, org, userID int64, set RuleSet) error {
	if _, err := tx.Exec("DELETE FROM notification_rules WHERE org_id = ? AND user_id = ?", org, userID); err != nil {
		return err
	}
	ids, err := tx.NextIDs("notification_rules", len(set.High)+len(set.Low))
	if err != nil {
		return err
	}
	var rows [][]any
	add := func(urgency incident.Urgency, rules []Rule) {
		for i, r := range rules {
			rows = append(rows, []any{org, ids[len(rows)], userID, string(urgency), i, int64(r.Delay / time.Second), r.ContactMethodID})
		}
	}
	add(incident.UrgencyHigh, set.High)
	add(incident.UrgencyLow, set.Low)
	columns := []string{"org_id", "id", "user_id", "urgency", "position", "delay_seconds", "contact_method_id"}
	return tx.Insert("notification_rules", columns, rows, "")
}
