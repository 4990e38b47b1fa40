package escalation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
)

// TargetKind says how the people behind a target are found.
type TargetKind string

// The kinds of targets.
const (
	TargetAssignees    TargetKind = "assignees"
	TargetTeam         TargetKind = "team" // everybody in the incident's team, or in the named one
	TargetRole         TargetKind = "role" // a role in the incident's team, or in the named one
	TargetOrgRole      TargetKind = "org"  // a role anywhere in the organisation
	TargetServiceOwner TargetKind = "service_owner"
	TargetReporter     TargetKind = "reporter"
	TargetAdmins       TargetKind = "admins"
	TargetUser         TargetKind = "user"
	TargetSchedule     TargetKind = "schedule" // who is on call now by the named schedule, or who is next
	TargetFallback     TargetKind = "fallback" // the organisation's fallback contacts; only the fallback run uses it
)

// Target is whom an action is for, read from its text.
type Target struct {
	Kind   TargetKind
	Role   account.Role
	Team   string // name or id; "" is the incident's team
	UserID int64
	Email  string

	Schedule string // name or id
	Next     bool   // of the schedule: who comes after those who are on call now
}

// aliases are the words that old documents used, and plurals.
var aliases = map[string]string{
	"assignee": "assignees", "assigned": "assignees", "assigned_to": "assignees", "all": "team", "team_members": "team", "members": "team",
	"oncall": "oncall_engineer", "on_call": "oncall_engineer", "on_call_engineer": "oncall_engineer", "team:oncall": "oncall_engineer",
	"oncall_engineers": "oncall_engineer", "engineers": "oncall_engineer", "team_leads": "team_lead", "lead": "team_lead", "leads": "team_lead",
	"managers": "manager", "vps": "vp", "ctos": "cto", "executives": "org:vp", "admin": "admins", "administrators": "admins", "owner": "service_owner",
}

// ParseTarget reads a target. The error is a sentence naming what is known.
func ParseTarget(text string) (Target, error) {
	written := strings.TrimSpace(text)
	word := strings.ToLower(written)
	if other, ok := aliases[word]; ok {
		written, word = other, other
	}
	switch TargetKind(word) {
	case TargetAssignees, TargetTeam, TargetServiceOwner, TargetReporter, TargetAdmins, TargetFallback:
		return Target{Kind: TargetKind(word)}, nil
	}
	if role, ok := account.ParseRole(word); ok && role != account.RoleUser && role != account.RoleAdmin {
		return Target{Kind: TargetRole, Role: role}, nil
	}
	if target, ok := parseScoped(written); ok {
		return target, nil
	}
	user := strings.TrimPrefix(word, "user:")
	if id, err := strconv.ParseInt(user, 10, 64); err == nil && id > 0 {
		return Target{Kind: TargetUser, UserID: id}, nil
	}
	if name, host, found := strings.Cut(user, "@"); found && name != "" && host != "" && !strings.ContainsAny(user, " :") {
		return Target{Kind: TargetUser, Email: user}, nil
	}
	return Target{}, fmt.Errorf("%q is no target; use assignees, team, a role (oncall_engineer, team_lead, manager, vp, cto), "+
		"team:<name or id>, team:<name or id>:<role>, org:<role>, schedule:<name or id>, schedule:<name or id>:next, service_owner, reporter, admins, a user's id or e-mail address", text)
}

// parseScoped reads org:<role>, team:<name>, team:<name>:<role>, schedule:<name> and schedule:<name>:next. Names keep their case.
func parseScoped(text string) (Target, bool) {
	scope, rest, found := strings.Cut(text, ":")
	if !found || rest == "" {
		return Target{}, false
	}
	switch strings.ToLower(scope) {
	case "schedule":
		name, last, _ := cutLast(rest)
		if strings.EqualFold(last, "next") && name != "" {
			return Target{Kind: TargetSchedule, Schedule: name, Next: true}, true
		}
		return Target{Kind: TargetSchedule, Schedule: rest}, true
	case "org":
		role, ok := parseRole(rest)
		if !ok || role == account.RoleUser {
			return Target{}, false
		}
		return Target{Kind: TargetOrgRole, Role: role}, true
	case "team":
		name, roleWord, hasRole := cutLast(rest)
		if !hasRole {
			return Target{Kind: TargetTeam, Team: rest}, true
		}
		role, ok := parseRole(roleWord)
		if !ok || role == account.RoleUser {
			return Target{Kind: TargetTeam, Team: rest}, true // A team's name may hold a colon.
		}
		if name == "" {
			return Target{}, false
		}
		return Target{Kind: TargetRole, Team: name, Role: role}, true
	}
	return Target{}, false
}

func cutLast(s string) (before, after string, found bool) {
	if at := strings.LastIndex(s, ":"); at >= 0 {
		return s[:at], s[at+1:], true
	}
	return s, "", false
}

func parseRole(word string) (account.Role, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	if other, ok := aliases[word]; ok {
		word = other
	}
	return account.ParseRole(word)
}
