package account

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
)

// colleagues are the active people to whom the actor may hand an incident, by name.
func colleagues(tx *db.Tx, actor Actor, query string, limit int) ([]User, error) {
	active := true
	w := UserFilter{IsActive: &active, Query: query}.where(actor.Org)
	if !actor.Can(ActOnAnyIncident) {
		in, args := db.InList(slices.Collect(maps.Keys(actor.Teams)))
		w.And(`(u.id = ? OR u.team_id IN `+in+` OR u.id IN (SELECT m.user_id FROM team_members m
			WHERE m.org_id = u.org_id AND m.team_id IN `+in+`))`, slices.Concat([]any{actor.UserID}, args, args)...)
	}
	return usersWhere(tx, w, " ORDER BY lower(u.full_name), u.id LIMIT ?", limit)
}

// UsersByID are the users with the ids, for other rooms; unknown ids are left out.
func (s *Service) UsersByID(tx *db.Tx, org int64, ids []int64) (map[int64]User, error) {
	var w db.Where
	w.And("u.org_id = ?", org)
	db.AndIn(&w, "u.id", ids)
	list, err := usersWhere(tx, w, "")
	users := make(map[int64]User, len(list))
	for _, u := range list {
		users[u.ID] = u
	}
	return users, err
}

// UsersByEmail are the users with the addresses, for other rooms, by the address in lower case; unknown ones are left out.
func (s *Service) UsersByEmail(tx *db.Tx, org int64, emails []string) (map[string]User, error) {
	folded := make([]string, len(emails))
	for i, email := range emails {
		folded[i] = foldEmail(email)
	}
	in, args := db.InList(folded)
	var w db.Where
	w.And("u.org_id = ?", org)
	w.And("u.id IN (SELECT l.user_id FROM logins l WHERE l.org_id = u.org_id AND l.email IN "+in+")", args...)
	list, err := usersWhere(tx, w, "")
	users := make(map[string]User, len(list))
	for _, u := range list {
		users[foldEmail(u.Email)] = u
	}
	return users, err
}

// UsersWithRole are the active people with the role, in order of id: in the team, where a membership's own role counts
// before the person's, or with teamID nil in the organisation.
func (s *Service) UsersWithRole(tx *db.Tx, org int64, teamID *int64, role Role) ([]User, error) {
	if teamID == nil {
		var w db.Where
		w.And("u.org_id = ?", org)
		w.And("u.is_active")
		w.And("u.role = ?", string(role))
		return usersWhere(tx, w, " ORDER BY u.id")
	}
	return s.activeMembers(tx, org, *teamID, func(m Member) bool {
		if m.Role != nil {
			return *m.Role == role
		}
		return m.User.Role == role
	})
}

// MembersOf are the active people of the team, in order of id.
func (s *Service) MembersOf(tx *db.Tx, org, teamID int64) ([]User, error) {
	return s.activeMembers(tx, org, teamID, func(Member) bool { return true })
}

func (s *Service) activeMembers(tx *db.Tx, org, teamID int64, wanted func(Member) bool) ([]User, error) {
	list, err := members(tx, org, teamID)
	var users []User
	for _, m := range list {
		if m.User.IsActive && wanted(m) {
			users = append(users, m.User)
		}
	}
	return users, err
}

// Admins are the active people who may administer the organisation, in order of id.
func (s *Service) Admins(tx *db.Tx, org int64) ([]User, error) {
	var w db.Where
	w.And("u.org_id = ?", org)
	w.And("u.is_active")
	w.And("(u.is_superuser OR u.role = ?)", string(RoleAdmin))
	return usersWhere(tx, w, " ORDER BY u.id")
}

// TeamByID is a team for other rooms, without its UserCount.
func (s *Service) TeamByID(tx *db.Tx, org, id int64) (Team, bool, error) {
	return teamByID(tx, org, id, "")
}

// TeamsByIDs is TeamByID for many teams with one query.
func (s *Service) TeamsByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]Team, error) {
	list, err := teamsByIDs(tx, org, ids)
	teams := make(map[int64]Team, len(list))
	for _, t := range list {
		teams[t.ID] = t
	}
	return teams, err
}

// TeamByName is the team of the name for other rooms, without its UserCount: the exact name, else without regard to case.
func (s *Service) TeamByName(tx *db.Tx, org int64, name string) (Team, bool, error) {
	return teamByName(tx, org, name)
}

// OrgSettings are an organisation's settings for other rooms. Fault: NotFound.
func (s *Service) OrgSettings(tx *db.Tx, org int64) (Settings, error) {
	o, found, err := organizationByID(tx, org, "")
	return o.Settings, orNotFound(err, found, "Organisation")
}

// Organizations are all organisations, in order of id.
func (s *Service) Organizations(tx *db.Tx) ([]Organization, error) { return organizations(tx) }
