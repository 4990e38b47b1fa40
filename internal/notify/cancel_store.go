package notify

import (
	"fmt"

	"github.com/tocsinhq/tocsin/internal/db"
)

// cancelNotifications ends what waits of incidents and marks what is being sent; the incidents' locks are held. Endings that differ
// in nothing but the incident are one. It returns what it touched, with ids and incidents only, and the ids of what is being sent.
func cancelNotifications(tx *db.Tx, org int64, ends []ending) (touched []*Notification, sending []int64, err error) {
	for _, e := range foldEndings(ends) {
		where := e.where(org)
		waiting, err := db.List(tx, scanTouched, "UPDATE notifications SET status = 'cancelled', reason = ?, next_attempt_at = NULL"+
			where.String()+" AND status = 'pending' RETURNING id, incident_id", append([]any{e.reason}, where.Args()...)...)
		if err != nil {
			return nil, nil, err
		}
		flying, err := db.List(tx, scanTouched, "UPDATE notifications SET cancel_requested = ?, reason = ?"+
			where.String()+" AND status = 'sending' RETURNING id, incident_id", append([]any{true, e.reason}, where.Args()...)...)
		if err != nil {
			return nil, nil, err
		}
		touched = append(append(touched, pointers(waiting)...), pointers(flying)...)
		for _, n := range flying {
			sending = append(sending, n.ID)
		}
	}
	return touched, sending, nil
}

func scanTouched(row db.Scanner) (n Notification, err error) {
	return n, row.Scan(&n.ID, &n.IncidentID)
}

// endings are ending for several incidents.
type endings struct {
	ending
	incidentIDs []int64
}

func foldEndings(ends []ending) []*endings {
	var folded []*endings
	byKind := map[string]*endings{}
	for _, e := range ends {
		kind := fmt.Sprint(e.reason, e.wanted, e.userID, e.before)
		if byKind[kind] == nil {
			byKind[kind] = &endings{ending: e}
			folded = append(folded, byKind[kind])
		}
		byKind[kind].incidentIDs = append(byKind[kind].incidentIDs, e.incidentID)
	}
	return folded
}

func (e *endings) where(org int64) *db.Where {
	w := &db.Where{}
	w.And("org_id = ?", org)
	db.AndIn(w, "incident_id", e.incidentIDs)
	kinds := make([]string, len(e.wanted))
	for i, kind := range e.wanted {
		kinds[i] = string(kind)
	}
	db.AndIn(w, "wanted_until", kinds)
	if e.userID != 0 {
		w.And("user_id = ?", e.userID)
	}
	if e.before != 0 {
		w.And("episode < ?", e.before)
	}
	return w
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
