package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeIncident() {
	s.routes.HandleFunc("GET /incidents/{id}", s.person(s.incidentPage))
	s.routes.HandleFunc("GET /incidents/{id}/next", s.person(s.incidentForecast))
}

func (s *site) incidentPage(v *visit) error {
	id, err := v.id("Incident")
	if err != nil {
		return err
	}
	if v.byScript() && v.query("part") == "live" {
		return s.incidentPart(v, id)
	}
	p, ledger, err := s.readIncident(v, id)
	if err != nil {
		return err
	}
	defer s.seesIncident(v, ledger)
	return v.show(view.IncidentPage(p))
}

// incidentPart is the part of the page that changes by itself.
func (s *site) incidentPart(v *visit, id int64) error {
	p, err := s.incidentModel(v, id)
	if err != nil {
		return err
	}
	return v.show(view.IncidentLive(p))
}

// incidentModel is everything that stands on an incident's page.
func (s *site) incidentModel(v *visit, id int64) (view.Incident, error) {
	p, _, err := s.readIncident(v, id)
	return p, err
}

func (s *site) readIncident(v *visit, id int64) (view.Incident, watch.Ledger, error) {
	d, err := s.Incidents.Get(v.ctx, v.actor, id)
	if err != nil {
		return view.Incident{}, watch.Ledger{}, err
	}
	ledger, err := s.Watch.Ledger(v.ctx, v.actor, id)
	if err != nil {
		return view.Incident{}, watch.Ledger{}, err
	}
	running, err := s.Escalations.Running(v.ctx, v.actor, []int64{id})
	if err != nil {
		return view.Incident{}, watch.Ledger{}, err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return view.Incident{}, watch.Ledger{}, err
	}
	name, err := s.people(v, mentioned(d, ledger)...)
	if err != nil {
		return view.Incident{}, watch.Ledger{}, err
	}
	p := v.incidentOf(d, v.row(d.Incident, d.Assignments, teams, name, running[id]), name)
	if p.Can.Assign {
		if p.Candidates, err = s.candidates(v, d.Assignments); err != nil {
			return view.Incident{}, watch.Ledger{}, err
		}
	}
	s.tellStory(v, &p, d, ledger, name)
	p.Ledger = ledgerOf(ledger, name)
	p.Tasks = tasksOf(d, name)
	return p, ledger, s.tellNext(v, &p, d, ledger, running[id])
}

// incidentOf is what the page says of the incident itself.
func (v *visit) incidentOf(d incident.Detail, row view.Row, name func(*int64) *view.Person) view.Incident {
	i := d.Incident
	p := view.Incident{
		Shell: v.shell("#"+idText(i.ID)+" "+i.Title, "/incidents"), Row: row, Description: i.Description, Source: i.Source, OpenedAt: i.OpenedAt,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, Expires: i.AckExpiresAt, Labels: pairs(i.Labels), Raw: payload(i), Holder: holder(i, name),
		Can: view.Can{Act: row.CanAct, Assign: row.CanAct, Comment: row.CanAct, Escalate: row.CanAct}, Foresees: readsPolicies(v.actor),
	}
	if reporter := name(i.CreatedBy); reporter != nil {
		p.Reporter = reporter.Name
	}
	for _, a := range d.Assignments {
		p.Assignees = append(p.Assignees, view.Assignee{Person: *name(&a.UserID), Role: a.Role, At: a.AssignedAt})
	}
	for _, a := range d.Alerts {
		p.Alerts = append(p.Alerts, alertOf(a))
		p.Links = append(p.Links, safeLinks(a.Links)...)
	}
	p.Links = slices.Compact(p.Links)
	return p
}

// mentioned are the people named on the page.
func mentioned(d incident.Detail, l watch.Ledger) []*int64 {
	list := []*int64{d.Incident.CreatedBy, d.Incident.AssignedTo, d.Incident.AcknowledgedBy, d.Incident.ResolvedBy, d.Incident.SnoozedBy}
	for n := range d.Assignments {
		list = append(list, &d.Assignments[n].UserID)
	}
	for n := range d.Timeline {
		list = append(list, d.Timeline[n].UserID)
	}
	for n := range d.Comments {
		list = append(list, d.Comments[n].UserID)
	}
	for n := range l.Others {
		if l.Others[n].UserID != 0 {
			list = append(list, &l.Others[n].UserID)
		}
	}
	return list
}

// holder says who has the incident and since when.
func holder(i incident.Incident, name func(*int64) *view.Person) view.Holder {
	switch i.Status {
	case incident.StatusAcknowledged:
		return view.Holder{Person: name(i.AcknowledgedBy), How: "acknowledged", At: i.AcknowledgedAt}
	case incident.StatusResolved:
		h := view.Holder{Person: name(i.ResolvedBy), How: "resolved", At: i.ResolvedAt}
		if i.ResolvedHow == incident.ResolvedBySource {
			h.How = "resolved by its source"
		}
		return h
	case incident.StatusSnoozed:
		return view.Holder{Person: name(i.SnoozedBy), How: "snoozed it"}
	case incident.StatusOpen:
	}
	if person := name(i.AssignedTo); person != nil {
		return view.Holder{Person: person, How: "assigned, not acknowledged yet"}
	}
	return view.Holder{}
}

func pairs(m map[string]string) []view.Pair {
	var list []view.Pair
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, view.Pair{Name: name, Value: m[name]})
	}
	return list
}

// payload is what the sender told beyond the fields of an incident, as it came.
func payload(i incident.Incident) string {
	if len(i.Metadata) == 0 {
		return ""
	}
	text, err := json.MarshalIndent(i.Metadata, "", "  ")
	if err != nil {
		return "" // Metadata came from JSON, so it has a JSON form.
	}
	return string(text)
}

// safeLinks are the links of a sender that lead to a web page; any other scheme stays out of a page that one signs in to.
func safeLinks(links []incident.Link) []view.Link {
	var safe []view.Link
	for _, l := range links {
		u, err := url.Parse(l.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			continue
		}
		word := l.Text
		if word == "" {
			word = u.Host
		}
		if link := (view.Link{Word: word, URL: l.URL}); !slices.Contains(safe, link) { // each alert brings its own
			safe = append(safe, link)
		}
	}
	return safe
}

func alertOf(a incident.Alert) view.Alert {
	started := a.CreatedAt
	if a.StartsAt != nil {
		started = *a.StartsAt
	}
	return view.Alert{
		Title: a.Title, Severity: string(a.Severity), Firing: a.Status == incident.AlertFiring, Count: a.Count, Started: started, Last: a.LastAt,
		Labels: pairs(a.Labels),
	}
}

// candidates are the people who can be assigned and are not yet.
func (s *site) candidates(v *visit, assigned []incident.Assignment) ([]view.Option, error) {
	options, err := s.peopleOptions(v)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(options, func(o view.Option) bool {
		return slices.ContainsFunc(assigned, func(a incident.Assignment) bool { return idText(a.UserID) == o.Value })
	}), nil
}
