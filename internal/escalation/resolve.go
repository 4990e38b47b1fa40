package escalation

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// resolver finds the people behind targets, at one instant, in one transaction. What it has looked up it keeps, so that a
// storm on one team asks once.
type resolver struct {
	*Service
	tx     *db.Tx
	org    int64
	now    time.Time
	people map[string][]Person
}

func (s *Service) resolver(tx *db.Tx, org int64, now time.Time) *resolver {
	return &resolver{Service: s, tx: tx, org: org, now: now, people: map[string][]Person{}}
}

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
		list, err = r.assignees(inc, false)
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
	case TargetFallback:
		list, err = r.fallback()
		return list, "there is no active fallback contact", err
	}
	return nil, "the target is not known", nil
}

func (r *resolver) memo(key string, look func() ([]Person, error)) ([]Person, error) {
	if list, ok := r.people[key]; ok {
		return list, nil
	}
	list, err := look()
	if err == nil {
		r.people[key] = list
	}
	return list, err
}

func as(users []account.User, via string) []Person {
	list := make([]Person, len(users))
	for i, u := range users {
		list[i] = Person{User: u, Via: via}
	}
	return list
}

func (r *resolver) byID(via string, ids ...*int64) ([]Person, error) {
	var wanted []int64
	for _, id := range ids {
		if id != nil {
			wanted = append(wanted, *id)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	users, err := r.People.UsersByID(r.tx, r.org, wanted)
	var list []Person
	for _, id := range wanted {
		if u, ok := users[id]; ok && u.IsActive {
			list = append(list, Person{User: u, Via: via})
		}
	}
	return list, err
}

// assignees are who works on the incident; atCreation narrows to those whom the server assigned.
func (r *resolver) assignees(inc incident.Incident, atCreation bool) ([]Person, error) {
	assigned, err := r.Incidents.AssigneesOf(r.tx, r.org, []int64{inc.ID})
	if err != nil {
		return nil, err
	}
	var ids []*int64
	via := "assigned"
	for _, a := range assigned[inc.ID] {
		if !atCreation || a.AssignedBy == nil {
			ids = append(ids, &a.UserID)
		}
	}
	if atCreation {
		via = "on call when it began"
	}
	return r.byID(via, ids...)
}

func (r *resolver) withRole(teamID *int64, role account.Role, via string) ([]Person, error) {
	return r.memo("role "+via, func() ([]Person, error) {
		users, err := r.People.UsersWithRole(r.tx, r.org, teamID, role)
		return as(users, via), err
	})
}

// teamOf is the team that the target names, or the incident's. found is false when there is none.
func (r *resolver) teamOf(t Target, inc incident.Incident) (team account.Team, found bool, err error) {
	switch {
	case t.Team == "" && inc.TeamID == nil:
		return account.Team{}, false, nil
	case t.Team == "":
		return r.People.TeamByID(r.tx, r.org, *inc.TeamID)
	}
	if team, found, err = r.People.TeamByName(r.tx, r.org, t.Team); found || err != nil {
		return team, found, err
	}
	if id, parseErr := strconv.ParseInt(t.Team, 10, 64); parseErr == nil {
		return r.People.TeamByID(r.tx, r.org, id)
	}
	return account.Team{}, false, nil
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

func (r *resolver) members(team account.Team) ([]Person, error) {
	return r.memo(fmt.Sprint("members ", team.ID), func() ([]Person, error) {
		users, err := r.People.MembersOf(r.tx, r.org, team.ID)
		return as(users, "member of "+team.Name), err
	})
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

// climb looks for the on-call engineer of a team: by its schedule, whom the server assigned when the incident began, who has
// the role, the team lead, and at last everybody in the team.
func (r *resolver) climb(team account.Team, inc incident.Incident) ([]Person, error) {
	if inc.TeamID != nil && *inc.TeamID == team.ID {
		if list, err := r.assignees(inc, true); err != nil || len(list) > 0 {
			return list, err
		}
	}
	rungs := []func() ([]Person, error){
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

func (r *resolver) onCall(team account.Team) ([]Person, error) {
	return r.memo(fmt.Sprint("on call ", team.ID), func() ([]Person, error) {
		covers, err := r.Roster.OnCall(r.tx, r.org, team.ID, r.now)
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(covers))
		for i, c := range covers {
			ids[i] = c.UserID
		}
		users, err := r.People.UsersByID(r.tx, r.org, ids)
		var list []Person
		for _, c := range covers {
			if u, ok := users[c.UserID]; ok && u.IsActive {
				list = append(list, Person{User: u, Via: c.Via})
			}
		}
		return list, err
	})
}

func (r *resolver) serviceOwner(inc incident.Incident) ([]Person, string, error) {
	if inc.ServiceID == nil {
		return nil, "the incident's service is not in the catalogue", nil
	}
	services, err := r.Services.ByIDs(r.tx, r.org, []int64{*inc.ServiceID})
	if err != nil || services[*inc.ServiceID].TeamID == nil {
		return nil, "the service has no owner team", err
	}
	team, found, err := r.People.TeamByID(r.tx, r.org, *services[*inc.ServiceID].TeamID)
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
	users, err := r.People.UsersByEmail(r.tx, r.org, []string{t.Email})
	var list []Person
	for _, u := range users {
		if u.IsActive {
			list = append(list, Person{User: u, Via: "named in the policy"})
		}
	}
	return list, "there is no active user " + t.Email, err
}

func (r *resolver) admins(via string) ([]Person, error) {
	return r.memo("admins", func() ([]Person, error) {
		users, err := r.People.Admins(r.tx, r.org)
		return as(users, via), err
	})
}

// fallback are the organisation's fallback contacts, else its administrators.
func (r *resolver) fallback() ([]Person, error) {
	settings, err := r.People.OrgSettings(r.tx, r.org)
	if err != nil {
		return nil, err
	}
	ids := make([]*int64, len(settings.FallbackContacts))
	for i := range settings.FallbackContacts {
		ids[i] = &settings.FallbackContacts[i]
	}
	if list, err := r.byID("fallback contact", ids...); err != nil || len(list) > 0 {
		return list, err
	}
	return r.admins("administrator, for there is no fallback contact")
}
