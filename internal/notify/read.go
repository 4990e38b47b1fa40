package notify

import (
	"context"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// NotificationFilter says which notifications to list, newest first. Empty means any. Cursor is what the page before
// returned; Limit 0 means 100.
type NotificationFilter struct {
	UserID      *int64
	IncidentID  *int64
	Statuses    []Status
	Channel     string
	MessageID   *int64 // those that one message told of: this one, and those that it carried
	Skip, Limit int
	Cursor      string
}

// Delivery is a notification with its attempts, as it may be shown: an address that holds a secret is redacted.
type Delivery struct {
	Notification
	Tries []Attempt
}

// NotificationPage is one page of notifications. Total is exact to 10 000.
type NotificationPage struct {
	Notifications []Delivery
	Total         int
	Capped        bool
	Next          string
}

// ListNotifications lists a person's own notifications, and everybody's to whoever may see all incidents of the organisation;
// those of an incident to whoever may see it. Faults: NotFound for the incident, Forbidden for another person's, Invalid.
func (s *Service) ListNotifications(ctx context.Context, actor account.Actor, f NotificationFilter) (page NotificationPage, err error) {
	at, before, err := f.check()
	if err != nil {
		return NotificationPage{}, err
	}
	if f.IncidentID == nil && !seesAll(actor) {
		if f.UserID != nil && *f.UserID != actor.UserID {
			return NotificationPage{}, account.Forbid("see other people's notifications")
		}
		f.UserID = &actor.UserID
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if f.IncidentID != nil {
			if _, err := s.Incidents.See(tx, actor, *f.IncidentID); err != nil {
				return err
			}
		}
		w := f.where(actor.Org)
		n, err := countNotifications(tx, w, db.MaxTotal+1)
		if err != nil {
			return err
		}
		page = NotificationPage{Total: min(n, db.MaxTotal), Capped: n > db.MaxTotal}
		if before != 0 {
			w.And("n.id < ?", before)
		}
		list, err := listNotifications(tx, w, at.Skip, at.Limit+1)
		if err != nil {
			return err
		}
		if len(list) > at.Limit {
			list = list[:at.Limit]
			page.Next = db.IDCursor(list[at.Limit-1].ID)
		}
		page.Notifications, err = s.deliveries(tx, actor.Org, list)
		return err
	})
	return page, err
}

// GetNotification reads one. Fault: NotFound, also for one that the actor may not see.
func (s *Service) GetNotification(ctx context.Context, actor account.Actor, id int64) (d Delivery, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := notificationsByID(tx, actor.Org, []int64{id}, "")
		if err != nil {
			return err
		}
		if len(list) == 0 || !s.maySee(tx, actor, *list[0]) {
			return fault.NotFoundf("Notification")
		}
		found, err := s.deliveries(tx, actor.Org, []Notification{*list[0]})
		if err != nil {
			return err
		}
		d = found[0]
		return nil
	})
	return d, err
}

// maySee reports whether the actor may see a notification: their own, and what belongs to an incident that they may see.
func (s *Service) maySee(tx *db.Tx, actor account.Actor, n Notification) bool {
	if n.UserID != 0 && n.UserID == actor.UserID || seesAll(actor) {
		return true
	}
	if n.IncidentID == nil {
		return false
	}
	_, err := s.Incidents.See(tx, actor, *n.IncidentID)
	return err == nil
}

func seesAll(actor account.Actor) bool { return actor.Can(account.SeeAllIncidents) }

// deliveries adds the attempts and hides what must not be shown.
func (s *Service) deliveries(tx *db.Tx, org int64, list []Notification) ([]Delivery, error) {
	ids := make([]int64, len(list))
	for i, n := range list {
		ids[i] = n.ID
	}
	tries, err := attemptsOf(tx, org, ids)
	out := make([]Delivery, len(list))
	for i, n := range list {
		if redacting, ok := s.Channels[n.Channel].(Redacting); ok {
			n.Recipient = redacting.Redact(n.Recipient)
		}
		out[i] = Delivery{Notification: n, Tries: tries[n.ID]}
	}
	return out, err
}

func (f *NotificationFilter) check() (at db.IDPage, before int64, err error) {
	var bad fault.Checks
	at = db.IDPage{Skip: f.Skip, Limit: f.Limit, Cursor: f.Cursor}
	before = at.AddTo(&bad)
	for _, status := range f.Statuses {
		if !slices.Contains(statuses, status) {
			bad.Add("query.status", "must be pending, sending, sent, delivered, failed or cancelled, not %q", status)
		}
	}
	return at, before, bad.Err()
}

func (f *NotificationFilter) where(org int64) *db.Where {
	w := &db.Where{}
	w.And("n.org_id = ?", org)
	if f.UserID != nil {
		w.And("n.user_id = ?", *f.UserID)
	}
	if f.IncidentID != nil {
		w.And("n.incident_id = ?", *f.IncidentID)
	}
	if f.Channel != "" {
		w.And("n.channel = ?", f.Channel)
	}
	if f.MessageID != nil {
		w.And("(n.id = ? OR n.bundle_id = ?)", *f.MessageID, *f.MessageID)
	}
	if len(f.Statuses) > 0 {
		words := make([]string, len(f.Statuses))
		for i, status := range f.Statuses {
			words[i] = string(status)
		}
		db.AndIn(w, "n.status", words)
	}
	return w
}
