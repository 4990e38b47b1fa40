package account

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// Permission is one thing that may be done.
type Permission string

// The permissions. What everybody may do with incidents that they reported or are assigned to is decided in the incident room.
const (
	ReportIncident     Permission = "report_incident"       // Report an incident.
	SeeTeamIncidents   Permission = "see_team_incidents"    // See the incidents of one's teams.
	ActOnTeamIncidents Permission = "act_on_team_incidents" // Acknowledge, resolve, assign, escalate those of one's teams.
	SeeAllIncidents    Permission = "see_all_incidents"     // See all incidents of the organisation.
	ActOnAnyIncident   Permission = "act_on_any_incident"   // Act on all incidents of the organisation.
	OverrideOwnShift   Permission = "override_own_shift"    // Give away or take a shift oneself.
	OverrideShift      Permission = "override_shift"        // Override anybody's shift.
	ManageTeamObjects  Permission = "manage_team_objects"   // Policies, schedules, services, integrations, silences of one's teams.
	ManageTeamMembers  Permission = "manage_team_members"   // Members of one's teams.
	ManageAllObjects   Permission = "manage_all_objects"    // The same for all teams and for none; analytics of the organisation.
	ReadAdmin          Permission = "read_admin"            // Read users, settings and the audit log.
	Admin              Permission = "admin"                 // Change users, roles, settings, API keys of others.
)

// Scope says how far a permission reaches.
type Scope string

// The scopes, from the least to the most.
const (
	ScopeNone  Scope = ""      // Not at all.
	ScopeTeams Scope = "teams" // In one's teams.
	ScopeAll   Scope = "all"   // In the whole organisation.
)

// Row is one line of the permission table.
type Row struct {
	Permission Permission
	Title      string
	Scopes     map[Role]Scope
}

// table is the one place that says what a role may do.
var table = []Row{
	{ReportIncident, "Report an incident", from(RoleUser, ScopeAll)},
	{SeeTeamIncidents, "See the incidents of one's teams", upgrade(from(RoleUser, ScopeTeams), RoleOncallEngineer)},
	{ActOnTeamIncidents, "Act on the incidents of one's teams", upgrade(from(RoleUser, ScopeTeams), RoleOncallEngineer)},
	{SeeAllIncidents, "See all incidents of the organisation", from(RoleOncallEngineer, ScopeAll)},
	{ActOnAnyIncident, "Act on any incident (acknowledge, resolve, assign, escalate)", from(RoleOncallEngineer, ScopeAll)},
	{OverrideOwnShift, "Override one's own shift in one's teams", upgrade(from(RoleOncallEngineer, ScopeTeams), RoleManager)},
	{OverrideShift, "Override a shift in one's teams", upgrade(from(RoleTeamLead, ScopeTeams), RoleManager)},
	{
		ManageTeamObjects, "Policies, schedules, services, integrations and silences of one's teams",
		upgrade(from(RoleTeamLead, ScopeTeams), RoleManager),
	},
	{ManageTeamMembers, "Members of one's teams", upgrade(from(RoleTeamLead, ScopeTeams), RoleManager)},
	{ManageAllObjects, "All teams and their policies, schedules and the rest; analytics", from(RoleManager, ScopeAll)},
	{ReadAdmin, "Read users, settings and the audit log", from(RoleVP, ScopeAll)},
	{Admin, "Change users, roles, settings and API keys of others", from(RoleAdmin, ScopeAll)},
}

// from grants the scope to the role and to every role above it.
func from(least Role, scope Scope) map[Role]Scope {
	return upgradeTo(map[Role]Scope{}, least, scope)
}

// upgrade widens the grant to the whole organisation from the role on.
func upgrade(scopes map[Role]Scope, least Role) map[Role]Scope {
	return upgradeTo(scopes, least, ScopeAll)
}

func upgradeTo(scopes map[Role]Scope, least Role, scope Scope) map[Role]Scope {
	for _, role := range roles[least.rank():] {
		scopes[role] = scope
	}
	return scopes
}

// Table is the permission table, for the documentation and the API.
func Table() []Row {
	rows := slices.Clone(table)
	for i := range rows {
		rows[i].Scopes = maps.Clone(rows[i].Scopes)
	}
	return rows
}

// scopeOf is what the table grants the role.
func scopeOf(role Role, p Permission) Scope {
	for _, row := range table {
		if row.Permission == p {
			return row.Scopes[role]
		}
	}
	return ScopeNone
}

// ofTeams reports whether a permission is one that belonging to a team can give: some role has it in its teams only.
// The others are the organisation's to give, and a role in one team never brings them.
func ofTeams(p Permission) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return scopeOf(r, p) == ScopeTeams })
}

// Forbid is the refusal (fault.Forbidden) of somebody who may not do what is named: "manage users".
func Forbid(what string) error {
	return fault.New(fault.Forbidden, "not_enough_permissions", "Not enough permissions: you may not %s.", what)
}
