package notify

import (
	"fmt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// noticeKind is a kind of message that asks for nothing, and that each person may switch off.
type noticeKind struct{ Name, Title, When string }

// noticeKinds lists them. Who is told is decided by news.listeners.
var noticeKinds = []noticeKind{
	{ActionAssigned, "Assigned", "The escalation or a schedule assigned you to an incident."},
	{ActionCommented, "Comments", "Somebody commented on an incident that you are assigned to."},
	{ActionAcknowledged, "Acknowledged", "Somebody took an incident that you are assigned to."},
	{ActionResolved, "Resolved", "An incident is over that you were paged for, are assigned to or reported."},
}

// news is a change that people are told of.
type news struct {
	incident.Change
	action   string
	message  string
	assigned int64 // who alone is told; 0 for the whole audience
}

// newsOf is what a change has to tell besides assignments.
func newsOf(c incident.Change) []news {
	switch {
	case c.Resolved():
		return []news{{Change: c, action: ActionResolved, message: resolvedBy(c)}}
	case c.Acknowledged() && c.Before.Status != incident.StatusAcknowledged:
		return []news{{Change: c, action: ActionAcknowledged, message: acknowledgedBy(c)}}
	case c.Verb == incident.AddComment:
		return []news{{Change: c, action: ActionCommented, message: nameOr(c.Actor, "Somebody") + " commented:\n" + c.Comment}}
	}
	return nil
}

// resolvedBy says who ended an incident, as a sentence.
func resolvedBy(c incident.Change) string {
	switch {
	case c.Actor.Kind == account.ActorIntegration:
		return "Nothing fires any more, says " + c.After.Source + "."
	case c.Actor.Name != "" && c.Actor.UserID != 0:
		return c.Actor.Name + " resolved it."
	}
	return "It was resolved."
}

func acknowledgedBy(c incident.Change) string {
	if c.Actor.UserID == 0 {
		return "It was acknowledged."
	}
	return nameOr(c.Actor, "Somebody") + " acknowledged it."
}

func nameOr(a account.Actor, otherwise string) string {
	if a.Name == "" {
		return otherwise
	}
	return a.Name
}

// listener is one person who is told news. Who was paged is told where that was; the others as their order for what is not urgent says.
type listener struct {
	userID int64
	why    string
	routes []Route
}

// tellNews writes the notices of what has happened, but for what people have switched off.
func (f *following) tellNews() error {
	if len(f.news) == 0 {
		return nil
	}
	audience, err := f.audience()
	if err != nil {
		return err
	}
	var everybody, unrouted []int64
	for _, list := range audience {
		for _, l := range list {
			everybody = append(everybody, l.userID)
			if l.routes == nil {
				unrouted = append(unrouted, l.userID)
			}
		}
	}
	off, err := noticeSwitches.off(f.tx, f.org, everybody)
	if err != nil {
		return err
	}
	routes, err := f.Routes(f.tx, f.org, unrouted, incident.UrgencyLow, nil)
	if err != nil {
		return err
	}
	var notices []Notice
	for i, n := range f.news {
		for _, l := range audience[i] {
			if l.routes == nil {
				l.routes = routes[l.userID]
			}
			if !off[l.userID][n.action] && len(l.routes) > 0 {
				notices = append(notices, n.notice(l))
			}
		}
	}
	return f.enqueueNotice(f.tx, f.org, notices...)
}

// audience is who is told each of the news: nobody is told of what they did themselves, and each person once.
func (f *following) audience() ([][]listener, error) {
	var incidents, over []int64
	for _, n := range f.news {
		incidents = append(incidents, n.After.ID)
		if n.action == ActionResolved {
			over = append(over, n.After.ID)
		}
	}
	assigned, err := f.Incidents.AssigneesOf(f.tx, f.org, incidents)
	if err != nil {
		return nil, err
	}
	paged := map[int64][]reached{}
	if len(over) > 0 {
		if paged, err = reachedBy(f.tx, f.org, over); err != nil {
			return nil, err
		}
	}
	audience := make([][]listener, len(f.news))
	for i, n := range f.news {
		audience[i] = n.listeners(assigned[n.After.ID], paged[n.After.ID])
	}
	return audience, nil
}

// listeners is the rule: who was paged for the episode and who reported the incident when it is over, and whoever is assigned to it
// always; only an assignment is told to the assigned person alone. It is pure.
func (n news) listeners(assigned []incident.Assignment, paged []reached) (list []listener) {
	if n.assigned != 0 {
		return []listener{{userID: n.assigned}}
	}
	told := map[int64]int{n.Actor.UserID: -1}
	add := func(userID int64, why string, routes ...Route) {
		at, known := told[userID]
		switch {
		case !known:
			told[userID] = len(list)
			list = append(list, listener{userID, why, routes})
		case at >= 0 && list[at].routes != nil:
			list[at].routes = append(list[at].routes, routes...)
		}
	}
	if n.action == ActionResolved {
		for _, r := range paged {
			if r.episode == n.After.Episode {
				add(r.userID, "you were paged for it", r.route)
			}
		}
	}
	for _, a := range assigned {
		add(a.UserID, "you are assigned to it")
	}
	if n.action == ActionResolved && n.After.CreatedBy != nil {
		add(*n.After.CreatedBy, "you reported it")
	}
	return list
}

func (n news) notice(l listener) Notice {
	id := n.After.ID
	notice := Notice{
		UserID: l.userID, IncidentID: &id, Episode: n.After.Episode, Title: n.After.Title, Message: n.message, Action: n.action,
		Key: fmt.Sprintf("%s:%d:%d:%d:%d", n.action, id, n.After.Episode, n.After.Version, l.userID), Routes: l.routes,
		Gathered: n.action != ActionResolved, // Who works on it need not go on.
	}
	if l.why != "" {
		notice.Metadata = map[string]any{"via": l.why}
	}
	return notice
}
