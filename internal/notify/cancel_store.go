package notify

import "github.com/tocsinhq/tocsin/internal/db"

// cancelNotifications ends what waits of an incident and marks what is being sent; the incident's lock is held. It returns
// what it cancelled, with ids and incident only, and the ids of what is being sent.
func cancelNotifications(tx *db.Tx, org int64, e ending) (cancelled []*Notification, sending []int64, err error) {
	var w db.Where
	w.And("org_id = ?", org)
	w.And("incident_id = ?", e.incidentID)
	kinds := make([]string, len(e.wanted))
	for i, kind := range e.wanted {
		kinds[i] = string(kind)
	}
	db.AndIn(&w, "wanted_until", kinds)
	if e.userID != 0 {
		w.And("user_id = ?", e.userID)
	}
	if e.before != 0 {
		w.And("episode < ?", e.before)
	}
	where := w.String()
	ids, err := db.List(tx, db.Value[int64], "UPDATE notifications SET status = 'cancelled', reason = ?, next_attempt_at = NULL"+
		where+" AND status = 'pending' RETURNING id", append([]any{e.reason}, w.Args()...)...)
	if err != nil {
		return nil, nil, err
	}
	sending, err = db.List(tx, db.Value[int64], "UPDATE notifications SET cancel_requested = ?, reason = ?"+
		where+" AND status = 'sending' RETURNING id", append([]any{true, e.reason}, w.Args()...)...)
	for _, id := range append(ids, sending...) {
		cancelled = append(cancelled, &Notification{ID: id, IncidentID: &e.incidentID})
	}
	return cancelled, sending, err
}

// reached is a destination at which a person was paged for an episode.
type reached struct {
	userID  int64
	episode int
	route   Route
}

// reachedBy lists where people were paged for incidents, by incident: pages that a provider took, or may be taking now.
func reachedBy(tx *db.Tx, org int64, incidentIDs []int64) (map[int64][]reached, error) {
	in, args := db.InList(incidentIDs)
	found := map[int64][]reached{}
	type row struct {
		incidentID int64
		reached
	}
	list, err := db.List(tx, func(r db.Scanner) (out row, err error) {
		var method *int64
		err = r.Scan(&out.incidentID, &out.userID, &out.episode, &out.route.Channel, &out.route.Address, &method)
		if method != nil {
			out.route.ContactMethodID = *method
		}
		return out, err
	}, `SELECT DISTINCT incident_id, user_id, episode, channel, recipient, contact_method_id FROM notifications
		WHERE org_id = ? AND incident_id IN `+in+` AND action_type = ? AND status IN ('sent', 'delivered', 'sending')
		ORDER BY incident_id, user_id, channel, recipient`, append(append([]any{org}, args...), ActionPage)...)
	for _, r := range list {
		found[r.incidentID] = append(found[r.incidentID], r.reached)
	}
	return found, err
}
