package escalation

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// askHolders asks those who work on the incident whether they still do, before their acknowledgement runs out.
func (f *following) askHolders(inc incident.Incident) error {
	ids, err := f.holders(inc)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("still:%d:%d:%d", inc.ID, inc.Episode, inc.AckExpiresAt.UnixMicro())
	message := fmt.Sprintf("Are you still on it? Without an answer it opens again in %s.", minutesWord(float64(minutes(inc.AckExpiresAt.Sub(f.now)))))
	_, err = f.page(inc, notify.ActionStillOnIt, ids, "you hold it", key, message)
	return err
}

// minutes are whole minutes, at least one.
func minutes(d time.Duration) int { return max(1, int((d+30*time.Second)/time.Minute)) }

// pageHolders tells those who hold the incident of new trouble in it; each is asked until that person answers. With none of them to be
// reached it is the fallback contacts who are asked, for nobody else will be.
func (f *following) pageHolders(c incident.Change) error {
	ids, err := f.holders(c.After)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("trouble:%d:%d:%d", c.After.ID, c.After.Episode, c.After.AlertCount)
	reached, err := f.page(c.After, notify.ActionPage, ids, "you hold it", key, moreTrouble(c.AlertsAdded))
	if err != nil || reached {
		return err
	}
	contacts, err := f.FallbackContacts(f.tx, f.org)
	if err != nil {
		return err
	}
	ids = nil
	for _, u := range contacts {
		ids = append(ids, u.ID)
	}
	_, err = f.page(c.After, notify.ActionPage, ids, "fallback contact, for nobody who holds it can be reached", key, moreTrouble(c.AlertsAdded))
	return err
}

// holders are who work on the incident: whoever is assigned, has taken it or put it to sleep.
func (f *following) holders(inc incident.Incident) (ids []int64, err error) {
	assigned, err := f.assigned(f.tx, f.org, []int64{inc.ID})
	for _, a := range assigned[inc.ID] {
		ids = append(ids, a.UserID)
	}
	for _, by := range []*int64{inc.AcknowledgedBy, inc.SnoozedBy} {
		if by != nil && !slices.Contains(ids, *by) {
			ids = append(ids, *by)
		}
	}
	return ids, err
}

func moreTrouble(alerts int) string {
	if alerts == 1 {
		return "Another alert joined it."
	}
	return fmt.Sprintf("%d more alerts joined it.", alerts)
}

// page asks people directly, beside any run. That there is nobody to be reached is told on the timeline.
func (f *following) page(inc incident.Incident, action string, ids []int64, via, key, message string) (reached bool, err error) {
	routes := map[int64][]notify.Route{}
	if len(ids) > 0 {
		if routes, err = f.Pager.Routes(f.tx, f.org, ids, inc.Urgency(), nil); err != nil {
			return false, err
		}
	}
	before := len(f.pages)
	for _, id := range ids {
		if len(routes[id]) > 0 {
			f.pages = append(f.pages, notify.Page{
				UserID: id, IncidentID: inc.ID, Episode: inc.Episode, Title: inc.Title, Message: message, Urgency: inc.Urgency(),
				Action: action, WantedUntil: notify.WantedUntilOwnAcknowledgement, Key: fmt.Sprintf("%s:u%d", key, id), Routes: routes[id],
				Via: via,
			})
		}
	}
	if reached = len(f.pages) > before; !reached {
		f.timeline = append(f.timeline, incident.TimelineEvent{
			IncidentID: inc.ID, EventType: "nobody_to_notify", Description: message + " There was nobody to notify of it.",
		})
	}
	return reached, nil
}
