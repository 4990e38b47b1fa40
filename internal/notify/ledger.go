package notify

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// maxLedger bounds the messages that a ledger looks at, from the newest on.
const maxLedger = 5000

// MessagesOf are the notifications of an incident with their attempts, oldest first. capped says that older ones are left out.
func (s *Service) MessagesOf(tx *db.Tx, org, incidentID int64) (list []Delivery, capped bool, err error) {
	w := (&NotificationFilter{IncidentID: &incidentID}).where(org)
	found, err := listNotifications(tx, w, 0, maxLedger+1)
	if err != nil {
		return nil, false, err
	}
	if capped = len(found) > maxLedger; capped {
		found = found[:maxLedger]
	}
	slices.Reverse(found)
	list, err = s.deliveries(tx, org, found)
	return list, capped, err
}

// Needless says why a notification about the incident must not be sent any more, or nothing when it is wanted. answered is when its
// person last acknowledged its episode, nil for never. It is pure, and what the dispatcher asks, but for whether the account is active.
func Needless(n Notification, i incident.Incident, answered *time.Time) string {
	c := circumstances{active: true, answered: answered, incident: &i}
	if i.DeletedAt != nil {
		c.incident = nil
	}
	return unwanted(n, c)
}

// Accepted reports whether a provider has taken it.
func (n Notification) Accepted() bool { return n.accepted() }

// Accepted reports whether the provider took the message by this attempt.
func (a Attempt) Accepted() bool { return a.Result == string(Sent) || a.Result == string(Delivered) }
