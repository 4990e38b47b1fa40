package escalation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// resolve says who the target is for the incident, or why it is nobody.
func (r *resolver) resolve(text string, inc incident.Incident) (Resolution, error) {
	target, err := ParseTarget(text)
	if err != nil {
		return Resolution{Target: text, Why: err.Error()}, nil // A version saved by an older program: shown, not failed.
	}
	list, why, err := r.find(target, inc)
	if err != nil {
		return Resolution{}, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(p Person) bool { return !p.User.IsActive })
	if len(list) > 0 {
		why = ""
	}
	return Resolution{Target: text, People: list, Why: why}, nil
}

func (r *resolver) find(t Target, inc incident.Incident) (list []Person, why string, err error) {
	switch t.Kind {
	case TargetAssignees:
		list, err = r.assignees(inc)
		return list, "nobody active is assigned", err
	case TargetTeam:
		return r.team(t, inc)
	case TargetRole:
		return r.role(t, inc)
	case TargetOrgRole:
		list, err = r.withRole(nil, t.Role, "organisation's "+string(t.Role))
		return list, "nobody in the organisation is " + string(t.Role), err
	case TargetServiceOwner:
		return r.serviceOwner(inc)
	case TargetReporter:
		list, err = r.byID("reporter", inc.CreatedBy)
		return list, "no person reported it", err
	case TargetAdmins:
		list, err = r.admins("administrator")
		return list, "there is no active administrator", err
	case TargetUser:
		return r.user(t)
	case TargetSchedule:
		return r.schedule(t)
	case TargetFallback:
		list, err = r.fallback()
		return list, "there is no active fallback contact", err
	}
	return nil, "the target is not known", nil
}

// assignees are who works on the incident.
func (r *resolver) assignees(inc incident.Incident) ([]Person, error) {
	assigned, err := r.assignmentsOf(inc.ID)
	var ids []*int64
	for _, a := range assigned {
		ids = append(ids, &a.UserID)
	}
	if err != nil {
		return nil, err
	}
	return r.byID("assigned", ids...)
}

// onDutyAtFirst are those of the team whom the server assigned when the incident began. Who is no longer of the team does not
// answer for it, nor does who was assigned for another team before the incident came to this one.
func (r *resolver) onDutyAtFirst(team account.Team, inc incident.Incident) ([]Person, error) {
	assigned, err := r.assignmentsOf(inc.ID)
	if err != nil {
		return nil, err
	}
	var ids []*int64
	for _, a := range assigned {
		if a.AssignedBy == nil && a.AssignedAt.Equal(inc.CreatedAt) {
			ids = append(ids, &a.UserID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	members, err := r.members(team)
	if err != nil {
		return nil, err
	}
	list, err := r.byID("on call when it began", ids...)
	return slices.DeleteFunc(list, func(p Person) bool {
		return !slices.ContainsFunc(members, func(m Person) bool { return m.User.ID == p.User.ID })
	}), err
}

func missingTeam(t Target) string {
	if t.Team == "" {
		return "the incident has no team"
	}
	return "there is no team " + t.Team
}

func (r *resolver) team(t Target, inc incident.Incident) ([]Person, string, error) {
	team, found, err := r.teamOf(t, inc)
	if err != nil || !found {
		return nil, missingTeam(t), err
	}
	list, err := r.members(team)
	return list, "team " + team.Name + " has no active members", err
}

// role finds who has the role in the team. The on-call engineer climbs until somebody is found; managers and above are often
// no members of the team they answer for, so for them the organisation counts when the team has none.
func (r *resolver) role(t Target, inc incident.Incident) ([]Person, string, error) {
	team, found, err := r.teamOf(t, inc)
	if err != nil {
		return nil, "", err
	}
	if !found && t.Team != "" {
		return nil, missingTeam(t), nil
	}
	if !found {
		list, err := r.withRole(nil, t.Role, "organisation's "+string(t.Role)+", for the incident has no team")
		return list, "the incident has no team, and nobody in the organisation is " + string(t.Role), err
	}
	if t.Role == account.RoleOncallEngineer {
		list, err := r.climb(team, inc)
		return list, "team " + team.Name + " has no active members", err
	}
	list, err := r.withRole(&team.ID, t.Role, string(t.Role)+" of "+team.Name)
	if err != nil || len(list) > 0 || !aboveTeams(t.Role) {
		return list, "team " + team.Name + " has no active " + string(t.Role), err
	}
	list, err = r.withRole(nil, t.Role, "organisation's "+string(t.Role)+", for "+team.Name+" has none")
	return list, "nobody in team " + team.Name + " or the organisation is " + string(t.Role), err
}

func aboveTeams(role account.Role) bool {
	return role == account.RoleManager || role == account.RoleVP || role == account.RoleCTO
}

// climb looks for the on-call engineer of a team: whom the server assigned when the incident began, whom the roster names,
// who has the role, the team lead, and at last everybody in the team. The roster knows no schedules yet and names all who have
// the role, so the one of them who was assigned comes before it.
func (r *resolver) climb(team account.Team, inc incident.Incident) ([]Person, error) {
	rungs := []func() ([]Person, error){
		func() ([]Person, error) { return r.onDutyAtFirst(team, inc) },
		func() ([]Person, error) { return r.onCall(team) },
		func() ([]Person, error) {
			return r.withRole(&team.ID, account.RoleOncallEngineer, "oncall_engineer of "+team.Name)
		},
		func() ([]Person, error) {
			return r.withRole(&team.ID, account.RoleTeamLead, "team_lead of "+team.Name+", for nobody is on call")
		},
		func() ([]Person, error) { return r.members(team) },
	}
	for _, rung := range rungs {
		if list, err := rung(); err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}

func (r *resolver) serviceOwner(inc incident.Incident) ([]Person, string, error) {
	if inc.ServiceID == nil {
		return nil, "the incident's service is not in the catalogue", nil
	}
	services, err := r.Services.ByIDs(r.tx, r.org, []int64{*inc.ServiceID})
	if err != nil || services[*inc.ServiceID].TeamID == nil {
		return nil, "the service has no owner team", err
	}
	team, found, err := r.teamByID(*services[*inc.ServiceID].TeamID)
	if err != nil || !found {
		return nil, "the service's owner team does not exist", err
	}
	list, err := r.climb(team, inc)
	return list, "team " + team.Name + " has no active members", err
}

func (r *resolver) user(t Target) ([]Person, string, error) {
	if t.Email == "" {
		list, err := r.byID("named in the policy", &t.UserID)
		return list, fmt.Sprintf("there is no active user %d", t.UserID), err
	}
	list, err := r.memo("user "+t.Email, func() ([]Person, error) {
		users, err := r.People.UsersByEmail(r.tx, r.org, []string{t.Email})
		return as(slices.Collect(maps.Values(users)), "named in the policy"), err
	})
	return list, "there is no active user " + t.Email, err
}

// schedule finds who is on call by a schedule, or who is next.
func (r *resolver) schedule(t Target) ([]Person, string, error) {
	covers, found, err := r.Roster.OnSchedule(r.tx, r.org, t.Schedule, t.Next, r.now)
	if err != nil || !found {
		return nil, "there is no schedule " + t.Schedule, err
	}
	list, err := r.covering(covers)
	return list, "nobody is on call by schedule " + t.Schedule, err
}

// covered reports whether somebody is on call now for the target: by the schedule that it names or by its team's.
func (r *resolver) covered(text string, inc incident.Incident) (bool, error) {
	target, err := ParseTarget(text)
	if err != nil {
		return false, nil //nolint:nilerr // A version saved by an older program: nobody is on call for it.
	}
	if target.Kind == TargetSchedule {
		list, _, err := r.schedule(target)
		return len(list) > 0, err
	}
	team, found, err := r.teamOf(target, inc)
	if err != nil || !found {
		return false, err
	}
	list, err := r.onCall(team)
	return len(list) > 0, err
}

// fallback are the organisation's fallback contacts, else its administrators.
func (r *resolver) fallback() ([]Person, error) {
	ids := make([]*int64, len(r.settings.FallbackContacts))
	for i := range r.settings.FallbackContacts {
		ids[i] = &r.settings.FallbackContacts[i]
	}
	if list, err := r.byID("fallback contact", ids...); err != nil || len(list) > 0 {
		return list, err
	}
	return r.admins("administrator, for there is no fallback contact")
}
