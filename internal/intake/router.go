package intake

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// router finds the service, the team and the severity of signals. What it knows is remembered, so that the usual message is
// routed without the database.
type router struct {
	db      *db.DB
	catalog *catalog.Catalog
	teams   Teams
	byWord  *live.Cache[string, team]
}

// team is what a word for a team means: 0 when no active team is meant.
type team struct{ id int64 }

const maxCachedTeams = 10_000

func newRouter(d Deps) *router {
	return &router{
		db: d.DB, catalog: d.Catalog, teams: d.Teams,
		byWord: live.NewCache[string, team](d.Hub, d.Clock, maxCachedTeams, live.TopicConfig),
	}
}

// routes is what the words of one message mean.
type routes struct {
	services map[string]catalog.Service
	teams    map[string]team
}

// route makes the reports of a message: of each signal, or of the fact that it cannot be read. Only a database that is away
// keeps it from that (fault.Unavailable).
func (r *router) route(ctx context.Context, m *message) error {
	known, err := r.lookUp(ctx, m)
	if err != nil {
		return err
	}
	if m.unreadable != "" {
		m.reports = []incident.Report{m.from.unreadable(known, m.unreadable)}
		return nil
	}
	m.reports = make([]incident.Report, len(m.signals))
	for i := range m.signals {
		m.reports[i] = m.report(&m.signals[i], known)
	}
	return nil
}

// lookUp finds out about all services and teams that a message names.
func (r *router) lookUp(ctx context.Context, m *message) (known routes, err error) {
	names := []string{m.from.service()}
	for i := range m.signals {
		names = append(names, m.signals[i].Service)
	}
	if known.services, err = r.catalog.Find(ctx, m.from.org, names); err != nil {
		return routes{}, err
	}
	for i := range m.signals {
		word := teamWord(m.signals[i].Team)
		if _, done := known.teams[word]; done || word == "" {
			continue
		}
		if known.teams == nil {
			known.teams = map[string]team{}
		}
		if known.teams[word], err = r.team(ctx, m.from.org, word); err != nil {
			return routes{}, err
		}
	}
	return known, nil
}

// teamWord is the form in which words for teams compare; over-long ones mean none.
func teamWord(sent string) string { return strings.TrimSpace(cut(db.Clean(sent), maxLine+1)) }

// team is what a word means: a team's id, else its name.
func (r *router) team(ctx context.Context, org int64, word string) (team, error) {
	found, mark, ok := r.byWord.Get(org, word)
	if ok {
		return found, nil
	}
	err := r.db.Read(ctx, func(tx *db.Tx) error {
		meant, known, err := r.read(tx, org, word)
		if known && meant.IsActive {
			found = team{meant.ID}
		}
		return err
	})
	if err == nil {
		r.byWord.Put(org, word, found, mark)
	}
	return found, err
}

func (r *router) read(tx *db.Tx, org int64, word string) (meant account.Team, known bool, err error) {
	if id, parseErr := strconv.ParseInt(word, 10, 64); parseErr == nil {
		if meant, known, err = r.teams.TeamByID(tx, org, id); known || err != nil {
			return meant, known, err
		}
	}
	return r.teams.TeamByName(tx, org, word)
}

// service is what a message that names none is about.
func (o origin) service() string {
	if o.integration == nil {
		return ""
	}
	return o.integration.Service
}

// report routes one signal and brings it into bounds.
func (m *message) report(s *Signal, known routes) incident.Report {
	c := cleaner{m}
	report := m.from.report(known)
	report.Key, report.GroupKey, report.SenderGroups = s.Key, s.GroupKey, s.GroupKey != ""
	report.Status, report.StartsAt, report.EndsAt = s.Status, s.StartsAt, s.EndsAt
	report.Title = c.title(s)
	report.Description = c.text("The description", s.Description, maxText)
	report.AlertID = c.text("The alert's id", s.AlertID, maxLine)
	report.Labels, report.Annotations = c.labels("labels", s.Labels), c.labels("annotations", s.Annotations)
	report.Links = c.links(s.Links)
	report.Metadata = c.metadata(s.Metadata)
	if strings.TrimSpace(db.Clean(report.Key)) == "" {
		report.Key = report.Title
	}
	m.routeSeverity(s, &report)
	m.routeService(s, &report, known)
	m.routeTeam(s, &report, known)
	for _, warning := range s.Warnings {
		m.warn(cut(db.Clean(warning), maxLine))
	}
	return report
}

// report is what a message of this origin says when it says nothing.
func (o origin) report(known routes) incident.Report {
	report := incident.Report{
		Source: o.kind, Status: incident.AlertFiring, Severity: defaultSeverity, ReopenWindow: defaultReopenWindow,
		ReportedBy: o.reportedBy,
	}
	in := o.integration
	if in == nil {
		return report
	}
	report.IntegrationID, report.Severity, report.ReopenWindow = &in.ID, in.Severity, in.ReopenWindow
	report.Service, report.TeamID = in.Service, in.TeamID
	if service, ok := known.services[catalog.NameKey(in.Service)]; ok {
		report.Service, report.ServiceID = service.Name, &service.ID
		if in.TeamID == nil {
			report.TeamID = service.TeamID
		}
	}
	return report
}

func (m *message) routeSeverity(s *Signal, report *incident.Report) {
	severity, warning := m.from.severityOf(s.Severity)
	report.Severity = severity
	if warning != "" {
		m.warn(warning)
	}
	if sent := severityWord(s.Severity); sent != "" && sent != string(severity) {
		report.Metadata["original_severity"] = clip(s.Severity)
	}
}

// routeService prefers the service that the signal names, known or not, and the team that owns it.
func (m *message) routeService(s *Signal, report *incident.Report, known routes) {
	word := cleaner{m}.text("The service", s.Service, maxLine)
	if word == "" {
		return
	}
	report.Service, report.ServiceID = word, nil
	service, ok := known.services[catalog.NameKey(s.Service)]
	if !ok {
		return
	}
	report.Service, report.ServiceID = service.Name, &service.ID
	if service.TeamID != nil {
		report.TeamID = service.TeamID
	}
}

// routeTeam prefers the team that the signal names; one that nobody knows is a warning, and the rest of the routing counts.
func (m *message) routeTeam(s *Signal, report *incident.Report, known routes) {
	word := teamWord(s.Team)
	if word == "" {
		return
	}
	if found := known.teams[word]; found.id != 0 {
		report.TeamID = &found.id
		return
	}
	m.warn(fmt.Sprintf("The team %q is not known.", clip(s.Team)))
}

// forget makes the routes of an organisation be looked up anew.
func (r *router) forget(org int64) {
	r.byWord.Forget(org)
	r.catalog.Forget(org)
}
