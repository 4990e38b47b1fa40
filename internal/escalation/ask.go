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
	ids, err := f.assignees(inc.ID)
	if err != nil {
		return err
	}
	if by := inc.AcknowledgedBy; by != nil && !slices.Contains(ids, *by) {
		ids = append(ids, *by)
	}
	key := fmt.Sprintf("still:%d:%d:%d", inc.ID, inc.Episode, inc.AckExpiresAt.UnixMicro())
	message := fmt.Sprintf("Are you still on it? Without an answer it opens again in %d minutes.", minutes(inc.AckExpiresAt.Sub(f.now)))
	return f.page(inc, notify.ActionStillOnIt, ids, "you hold it", key, message)
}

// minutes are whole minutes, at least one.
func minutes(d time.Duration) int { return max(1, int((d+30*time.Second)/time.Minute)) }

// pageAssignees tells those who work on the incident of new trouble in it; each is asked until that person answers.
func (f *following) pageAssignees(c incident.Change) error {
	ids, err := f.assignees(c.After.ID)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("trouble:%d:%d:%d", c.After.ID, c.After.Episode, c.After.AlertCount)
	return f.page(c.After, notify.ActionPage, ids, "you are assigned to it", key, moreTrouble(c.AlertsAdded))
}

func (f *following) assignees(incidentID int64) (ids []int64, err error) {
	assigned, err := f.assigned(f.tx, f.org, []int64{incidentID})
	for _, a := range assigned[incidentID] {
		ids = append(ids, a.UserID)
	}
	return ids, err
}

func moreTrouble(alerts int) string {
	if alerts == 1 {
		return "Another alert joined it."
	}
	return fmt.Sprintf("%d more alerts joined it.", alerts)
}

// page asks people directly, beside any run.
func (f *following) page(inc incident.Incident, action string, ids []int64, via, key, message string) error {
	routes := map[int64][]notify.Route{}
	if len(ids) > 0 {
		var err error
		if routes, err = f.Pager.Routes(f.tx, f.org, ids, inc.Urgency(), nil); err != nil {
			return err
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
	if len(f.pages) == before {
		f.timeline = append(f.timeline, incident.TimelineEvent{
			IncidentID: inc.ID, EventType: "nobody_to_notify", Description: message + " There was nobody to notify of it.",
		})
	}
	return nil
}
