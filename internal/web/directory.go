package web

import (
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// The most that a select offers; beyond it one searches.
const maxOptions = 500

// teamNames are the teams' names by id, for screens that mention them.
func (s *site) teamNames(v *visit) (map[int64]string, error) {
	teams, _, err := s.Accounts.ListTeams(v.ctx, v.actor, account.TeamFilter{Limit: maxOptions})
	names := make(map[int64]string, len(teams))
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	return names, err
}

// teamOptions are the teams for a select, by name.
func (s *site) teamOptions(v *visit) ([]view.Option, error) {
	teams, _, err := s.Accounts.ListTeams(v.ctx, v.actor, account.TeamFilter{Limit: maxOptions})
	var options []view.Option
	for _, t := range teams {
		if t.IsActive {
			options = append(options, view.Option{Value: idText(t.ID), Word: t.Name})
		}
	}
	return byWord(options), err
}

// managedTeams are the teams that the actor may give a thing to, with the one that has it now: "" for a new thing. none is the word for no
// team, whose value is "0".
func (s *site) managedTeams(v *visit, now, none string) ([]view.Option, error) {
	teams, err := s.teamOptions(v)
	if err != nil {
		return nil, err
	}
	teams = slices.DeleteFunc(teams, func(o view.Option) bool {
		id, _ := number(o.Value)
		return !v.actor.CanIn(account.ManageTeamObjects, &id) && o.Value != now
	})
	if v.actor.Can(account.ManageAllObjects) || now == "0" {
		teams = append([]view.Option{{Value: "0", Word: none}}, teams...)
	}
	return teams, nil
}

// teamNow is the team of a thing that exists, as managedTeams wants it.
func teamNow(id int64, team *int64) string {
	if id == 0 {
		return ""
	}
	return optionalText(team)
}

// peopleOptions are the active people for a select, by name.
func (s *site) peopleOptions(v *visit) ([]view.Option, error) {
	people, err := s.Accounts.Colleagues(v.ctx, v.actor, "", maxOptions)
	var options []view.Option
	for _, u := range people {
		options = append(options, view.Option{Value: idText(u.ID), Word: u.Name()})
	}
	return byWord(options), err
}

// serviceNames are the catalogue's services for a select whose value is the name.
func (s *site) serviceNames(v *visit) ([]view.Option, error) {
	page, err := s.Catalog.List(v.ctx, v.actor, catalog.Filter{Limit: maxOptions})
	var options []view.Option
	for _, service := range page.Services {
		options = append(options, view.Option{Value: service.Name, Word: service.Name})
	}
	return options, err
}

// withOption adds a value that is chosen but no longer offered.
func withOption(options []view.Option, value string) []view.Option {
	for _, o := range options {
		if o.Value == value {
			return options
		}
	}
	if value == "" {
		return options
	}
	return append(options, view.Option{Value: value, Word: value})
}

func byWord(options []view.Option) []view.Option {
	slices.SortFunc(options, func(a, b view.Option) int { return strings.Compare(strings.ToLower(a.Word), strings.ToLower(b.Word)) })
	return options
}

// people are the names of the users with these ids; who is gone is called by the number.
func (s *site) people(v *visit, wanted ...*int64) (func(*int64) *view.Person, error) {
	var list []int64
	for _, id := range wanted {
		if id != nil && !slices.Contains(list, *id) {
			list = append(list, *id)
		}
	}
	known := map[int64]account.User{}
	if len(list) > 0 {
		var err error
		if known, err = s.Accounts.People(v.ctx, v.actor, list); err != nil {
			return nil, err
		}
	}
	return func(id *int64) *view.Person {
		if id == nil {
			return nil
		}
		if u, ok := known[*id]; ok {
			return &view.Person{ID: u.ID, Name: u.Name()}
		}
		return &view.Person{ID: *id, Name: "User " + idText(*id)}
	}, nil
}

// rows are incidents as lists show them.
func (s *site) rows(v *visit, page incident.Page) ([]view.Row, error) {
	wanted := make([]*int64, 0, 2*len(page.Incidents))
	for _, i := range page.Incidents {
		wanted = append(wanted, i.AssignedTo, i.AcknowledgedBy)
	}
	name, err := s.people(v, wanted...)
	if err != nil {
		return nil, err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(page.Incidents))
	for n, i := range page.Incidents {
		ids[n] = i.ID
	}
	running, err := s.Escalations.Running(v.ctx, v.actor, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]view.Row, len(page.Incidents))
	for n, i := range page.Incidents {
		rows[n] = v.row(i, page.Assignments[i.ID], teams, name, running[i.ID])
	}
	return rows, nil
}

// row is one incident with its people, teams and runs, all of which have been read.
func (v *visit) row(
	i incident.Incident, assigned []incident.Assignment, teams map[int64]string, name func(*int64) *view.Person, runs []escalation.RunView,
) view.Row {
	r := rowOf(i, teams)
	if r.Owner = name(i.AcknowledgedBy); r.Owner == nil || i.Status == incident.StatusOpen {
		r.Owner = name(i.AssignedTo)
	}
	if run := soonest(runs); run != nil {
		r.Next = run.NextAt
	}
	r.CanAct = incident.CanAct(v.actor, i, isAmong(v.actor, assigned))
	return r
}

func rowOf(i incident.Incident, teams map[int64]string) view.Row {
	r := view.Row{
		ID: i.ID, Title: i.Title, Severity: string(i.Severity), Status: string(i.Status), Service: i.Service, Alerts: i.AlertCount,
		Since: i.OpenedAt, SnoozedUntil: i.SnoozedUntil, Unescalated: i.Unescalated,
	}
	if i.TeamID != nil {
		r.Team = teams[*i.TeamID]
	}
	return r
}

func isAmong(a account.Actor, assignments []incident.Assignment) bool {
	return slices.ContainsFunc(assignments, func(x incident.Assignment) bool { return x.UserID == a.UserID })
}
