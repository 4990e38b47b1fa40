package account

import (
	"regexp"
	"slices"
	"strings"
)

// Role is what a person is in the organisation, or in one team if the membership says so.
type Role string

// The seven roles, from the least to the most.
const (
	RoleUser           Role = "user"
	RoleOncallEngineer Role = "oncall_engineer"
	RoleTeamLead       Role = "team_lead"
	RoleManager        Role = "manager"
	RoleVP             Role = "vp"
	RoleCTO            Role = "cto"
	RoleAdmin          Role = "admin"
)

var roles = []Role{RoleUser, RoleOncallEngineer, RoleTeamLead, RoleManager, RoleVP, RoleCTO, RoleAdmin}

// Roles lists the roles from the least to the most.
func Roles() []Role { return slices.Clone(roles) }

// ParseRole reads a role as it is written in the API; ok is false for an unknown one.
func ParseRole(s string) (role Role, ok bool) {
	role = Role(s)
	return role, slices.Contains(roles, role)
}

// rank orders the roles; an unknown role ranks below all.
func (r Role) rank() int { return slices.Index(roles, r) }

var spelledRole = regexp.MustCompile(`\b(oncall_engineer|team_lead|vp|cto)\b`)

// SpellRoles writes the roles that a text names by their keys as people do: "oncall_engineer" becomes "on-call engineer".
func SpellRoles(text string) string {
	return spelledRole.ReplaceAllStringFunc(text, func(key string) string {
		switch Role(key) {
		case RoleOncallEngineer:
			return "on-call engineer"
		case RoleTeamLead:
			return "team lead"
		}
		return strings.ToUpper(key)
	})
}
