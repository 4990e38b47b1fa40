package escalation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/oncall"
)

// resolver finds the people behind targets, at one instant, in one transaction. What it has looked up it keeps, and what it
// needs of one incident it reads for all, so that a storm asks once.
type resolver struct {
	*Service
	tx        *db.Tx
	org       int64
	now       time.Time
	settings  account.Settings
	incidents []int64 // whose targets will be asked for
	assigned  map[int64][]incident.Assignment
	users     map[int64]account.User
	teams     map[string]account.Team
	people    map[string][]Person
}

func (s *Service) resolver(tx *db.Tx, org int64, incidentIDs []int64) *resolver {
	return &resolver{
		Service: s, tx: tx, org: org, now: tx.Now(), incidents: incidentIDs,
		users: map[int64]account.User{}, teams: map[string]account.Team{}, people: map[string][]Person{},
	}
}

// moveTo asks at another instant from here on: who is on call may change with it.
func (r *resolver) moveTo(now time.Time) {
	r.now = now
	for key := range r.people {
		if strings.HasPrefix(key, onCallKey) {
			delete(r.people, key)
		}
	}
}

// onCallKey is how the keys begin of what is found for an instant.
const onCallKey = "on call "

// forget has the incident's assignments read anew.
func (r *resolver) forget(incidentID int64) { delete(r.assigned, incidentID) }

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
	if err := r.loadUsers(wanted); err != nil {
		return nil, err
	}
	var list []Person
	for _, id := range wanted {
		if u, ok := r.users[id]; ok && u.IsActive {
			list = append(list, Person{User: u, Via: via})
		}
	}
	return list, nil
}

func (r *resolver) loadUsers(ids []int64) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { _, known := r.users[id]; return known })
	if len(missing) == 0 {
		return nil
	}
	found, err := r.People.UsersByID(r.tx, r.org, missing)
	for _, id := range missing {
		r.users[id] = found[id] // Of somebody unknown the zero user, who is not active.
	}
	return err
}

// assignmentsOf are the incident's assignments; at first they are read for all incidents, with the people in them.
func (r *resolver) assignmentsOf(id int64) ([]incident.Assignment, error) {
	if list, known := r.assigned[id]; known {
		return list, nil
	}
	wanted := []int64{id}
	if r.assigned == nil {
		wanted, r.assigned = r.incidents, map[int64][]incident.Assignment{}
	}
	found, err := r.Incidents.AssigneesOf(r.tx, r.org, wanted)
	if err != nil {
		return nil, err
	}
	var users []int64
	for _, id := range wanted {
		r.assigned[id] = found[id]
		for _, a := range found[id] {
			users = append(users, a.UserID)
		}
	}
	return r.assigned[id], r.loadUsers(users)
}

// teamOf is the team that the target names, or the incident's. found is false when there is none.
func (r *resolver) teamOf(t Target, inc incident.Incident) (team account.Team, found bool, err error) {
	switch {
	case t.Team == "" && inc.TeamID == nil:
		return account.Team{}, false, nil
	case t.Team == "":
		return r.teamByID(*inc.TeamID)
	}
	team, err = r.memoTeam("name "+t.Team, func() (account.Team, bool, error) { return r.People.TeamByName(r.tx, r.org, t.Team) })
	if team.ID != 0 || err != nil {
		return team, team.ID != 0, err
	}
	if id, parseErr := strconv.ParseInt(t.Team, 10, 64); parseErr == nil {
		return r.teamByID(id)
	}
	return account.Team{}, false, nil
}

func (r *resolver) teamByID(id int64) (account.Team, bool, error) {
	team, err := r.memoTeam(fmt.Sprint("id ", id), func() (account.Team, bool, error) { return r.People.TeamByID(r.tx, r.org, id) })
	return team, team.ID != 0, err
}

// memoTeam keeps what look found; a team with id 0 is none.
func (r *resolver) memoTeam(key string, look func() (account.Team, bool, error)) (account.Team, error) {
	if team, known := r.teams[key]; known {
		return team, nil
	}
	team, _, err := look()
	if err == nil {
		r.teams[key] = team
	}
	return team, err
}

func (r *resolver) members(team account.Team) ([]Person, error) {
	return r.memo(fmt.Sprint("members ", team.ID), func() ([]Person, error) {
		users, err := r.People.MembersOf(r.tx, r.org, team.ID)
		return as(users, "member of "+team.Name), err
	})
}

func (r *resolver) withRole(teamID *int64, role account.Role, via string) ([]Person, error) {
	return r.memo("role "+via, func() ([]Person, error) {
		users, err := r.People.UsersWithRole(r.tx, r.org, teamID, role)
		return as(users, via), err
	})
}

func (r *resolver) onCall(team account.Team) ([]Person, error) {
	return r.memo(onCallKey+fmt.Sprint(team.ID), func() ([]Person, error) {
		covers, err := r.Roster.OnCall(r.tx, r.org, team.ID, r.now)
		if err != nil {
			return nil, err
		}
		return r.covering(covers)
	})
}

// covering are the people on call who are active.
func (r *resolver) covering(covers []oncall.Cover) (list []Person, err error) {
	ids := make([]int64, len(covers))
	for i, c := range covers {
		ids[i] = c.UserID
	}
	if err := r.loadUsers(ids); err != nil {
		return nil, err
	}
	for _, c := range covers {
		if u := r.users[c.UserID]; u.IsActive {
			list = append(list, Person{User: u, Via: c.Via})
		}
	}
	return list, nil
}

func (r *resolver) admins(via string) ([]Person, error) {
	return r.memo(via, func() ([]Person, error) {
		users, err := r.People.Admins(r.tx, r.org)
		return as(users, via), err
	})
}
