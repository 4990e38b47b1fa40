package account

// ActorKind says what sort of thing acts.
type ActorKind string

// The kinds of actors.
const (
	ActorUser        ActorKind = "user"        // A signed-in person.
	ActorSystem      ActorKind = "system"      // A part of the server, such as the escalation engine; it may do everything.
	ActorIntegration ActorKind = "integration" // A tool that sends alerts.
	ActorLink        ActorKind = "link"        // A person who followed a signed link; the link says what it is good for.
)

// Actor is who does something. It is passed as an argument, never in a context.
type Actor struct {
	Kind        ActorKind
	Org, UserID int64
	Name, Email string
	Role        Role
	Superuser   bool
	// Teams are the teams that the person belongs to, with the role there; "" means the person's own role.
	Teams    map[int64]Role
	Timezone string
	// SessionID and Family name the sign-in by which the actor was recognised: a web session, or a family of refresh tokens.
	SessionID int64
	Family    string
}

// System is a part of the server that acts on its own: System(org, "escalation").
func System(org int64, name string) Actor {
	return Actor{Kind: ActorSystem, Org: org, Name: name}
}

// IsSystem reports whether the server itself acts.
func (a Actor) IsSystem() bool { return a.Kind == ActorSystem }

// Can reports whether the actor has the permission in the whole organisation.
func (a Actor) Can(p Permission) bool {
	switch a.Kind {
	case ActorSystem:
		return true
	case ActorUser:
		return a.Superuser || scopeOf(a.Role, p) == ScopeAll
	default:
		return false
	}
}

// CanIn reports whether the actor has the permission for what belongs to the team: organisation-wide, or by the role in that
// team. What belongs to no team (nil) needs the permission in the whole organisation.
func (a Actor) CanIn(p Permission, teamID *int64) bool {
	if a.Can(p) {
		return true
	}
	if a.Kind != ActorUser || !a.MemberOf(teamID) || !ofTeams(p) {
		return false
	}
	return scopeOf(a.RoleIn(*teamID), p) != ScopeNone
}

// MemberOf reports whether the actor belongs to the team; nobody belongs to no team.
func (a Actor) MemberOf(teamID *int64) bool {
	if teamID == nil {
		return false
	}
	_, member := a.Teams[*teamID]
	return member
}

// RoleIn is the role that counts in the team: the membership's own, else the person's.
func (a Actor) RoleIn(teamID int64) Role {
	if role := a.Teams[teamID]; role != "" {
		return role
	}
	return a.Role
}
