package notify

import (
	"fmt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Follow cancels what changes of incidents have made needless and writes what people are to be told of them, in the
// transaction of the changes, whose incidents are locked.
func (s *Service) Follow(tx *db.Tx, org int64, batch []incident.Change) error {
	f := &following{Service: s, tx: tx, org: org}
	for _, c := range batch {
		f.sort(c)
	}
	if err := f.cancel(); err != nil {
		return err
	}
	if err := f.pageRequested(); err != nil {
		return err
	}
	return f.tellNews()
}

// following is the work of one Follow.
type following struct {
	*Service
	tx        *db.Tx
	org       int64
	ends      []ending
	news      []news
	requested []assignment // by another person, who wants an answer
}

// ending is what cancels notifications of an incident.
type ending struct {
	incidentID int64
	reason     string
	wanted     []WantedUntil // which of them end
	userID     int64         // only this person's; 0 for everybody's
	before     int           // only those of earlier episodes; 0 for all
}

type assignment struct {
	change incident.Change
	userID int64
}

var (
	everyKind = []WantedUntil{WantedUntilAcknowledged, WantedUntilOwnAcknowledgement, WantedUntilResolved, WantedForADay}
	plainPage = []WantedUntil{WantedUntilAcknowledged}
	ownPage   = []WantedUntil{WantedUntilOwnAcknowledgement}
)

// sort says what follows from one change.
func (f *following) sort(c incident.Change) {
	id := c.After.ID
	switch {
	case c.Resolved():
		f.ends = append(f.ends, ending{incidentID: id, reason: reasonResolved, wanted: everyKind})
	case c.NewEpisode && !c.Created():
		f.ends = append(f.ends, ending{incidentID: id, reason: reasonEpisode, wanted: everyKind, before: c.After.Episode})
	case c.Snoozed():
		f.ends = append(f.ends, ending{incidentID: id, reason: reasonSnoozed, wanted: plainPage})
	case c.Acknowledged():
		f.ends = append(f.ends, ending{incidentID: id, reason: reasonAcknowledged, wanted: plainPage})
		if c.Actor.UserID != 0 {
			f.ends = append(f.ends, ending{incidentID: id, reason: reasonAnswered, wanted: ownPage, userID: c.Actor.UserID})
		}
	}
	f.news = append(f.news, newsOf(c)...)
	if c.After.Status == incident.StatusResolved {
		return
	}
	for _, userID := range c.Assigned {
		switch {
		case c.Actor.UserID == userID: // Who takes an incident knows it.
		case c.Verb == incident.Assign && c.Actor.Kind == account.ActorUser:
			f.requested = append(f.requested, assignment{c, userID})
		default:
			f.news = append(f.news, news{Change: c, action: ActionAssigned, message: "You were assigned to it.", assigned: userID})
		}
	}
}

// cancel ends what waits, and asks those nodes that are sending to stop.
func (f *following) cancel() error {
	touched, flying, err := cancelNotifications(f.tx, f.org, f.ends)
	if err != nil {
		return err
	}
	if len(flying) > 0 {
		f.Hub.Publish(f.tx, live.Notice{Org: f.org, Topic: live.TopicCancel, IDs: flying})
	}
	f.announce(f.tx, f.org, touched)
	return nil
}

// pageRequested asks people who were assigned by another person, who wants an answer.
func (f *following) pageRequested() error {
	for _, urgency := range []incident.Urgency{incident.UrgencyHigh, incident.UrgencyLow} {
		var list []assignment
		for _, a := range f.requested {
			if a.change.After.Urgency() == urgency {
				list = append(list, a)
			}
		}
		if len(list) == 0 {
			continue
		}
		routes, err := f.routesOf(list, urgency)
		if err != nil {
			return err
		}
		if err := f.tellUnreachable(list, routes); err != nil {
			return err
		}
		var pages []Page
		for _, a := range list {
			inc := a.change.After
			pages = append(pages, Page{
				UserID: a.userID, IncidentID: inc.ID, Episode: inc.Episode, Title: inc.Title, Urgency: urgency, Action: ActionPage,
				Message: a.change.Actor.Name + " assigned you to it.", Via: "assigned by " + a.change.Actor.Name,
				WantedUntil: WantedUntilOwnAcknowledgement, Routes: routes[a.userID],
				Key: fmt.Sprintf("asked:%d:%d:%d:%d", inc.ID, inc.Episode, inc.Version, a.userID),
			})
		}
		if err := f.Enqueue(f.tx, f.org, pages); err != nil {
			return err
		}
	}
	return nil
}

// tellUnreachable says on the timeline who was assigned and cannot be told of it: whoever assigned them waits for an answer.
func (f *following) tellUnreachable(list []assignment, routes map[int64][]Route) error {
	var ids []int64
	for _, a := range list {
		if len(routes[a.userID]) == 0 {
			ids = append(ids, a.userID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	users, err := f.People.UsersByID(f.tx, f.org, ids)
	if err != nil {
		return err
	}
	var lines []incident.TimelineEvent
	for _, a := range list {
		if u := users[a.userID]; len(routes[a.userID]) == 0 {
			lines = append(lines, incident.TimelineEvent{
				IncidentID: a.change.After.ID, EventType: "nobody_to_notify", Metadata: map[string]any{"user_id": a.userID},
				Description: u.Name() + " has no way to be reached, so nobody was told of the assignment.",
			})
		}
	}
	return f.Incidents.AddTimeline(f.tx, f.org, lines)
}

func (f *following) routesOf(list []assignment, urgency incident.Urgency) (map[int64][]Route, error) {
	ids := make([]int64, len(list))
	for i, a := range list {
		ids[i] = a.userID
	}
	return f.Routes(f.tx, f.org, ids, urgency, nil)
}
