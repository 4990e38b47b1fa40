package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// ListMembers lists the people of a team, in order of id, for its members and for who may see all incidents. Phone numbers
// are for who manages the members or reads users. Faults: Forbidden, NotFound.
func (s *Service) ListMembers(ctx context.Context, actor Actor, teamID int64) (list []Member, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, found, err := teamByID(tx, actor.Org, teamID, "")
		if err := orNotFound(err, found, "Team"); err != nil {
			return err
		}
		if !actor.CanIn(SeeTeamIncidents, &teamID) {
			return Forbid("see the members of this team")
		}
		list, err = members(tx, actor.Org, teamID)
		return err
	})
	if !actor.CanIn(ManageTeamMembers, &teamID) && !actor.Can(ReadAdmin) {
		for i := range list {
			list[i].User.PhoneNumber = ""
		}
	}
	return list, err
}

// PutMember makes a person a member of a team, or changes the role there; nil is the person's own role. Nobody can give, or
// take by giving another, a role above the one held in that team. Faults: Forbidden, NotFound, Invalid.
func (s *Service) PutMember(ctx context.Context, actor Actor, teamID, userID int64, role *Role) (member Member, err error) {
	if err := s.mayManage(actor, teamID); err != nil {
		return Member{}, err
	}
	var c fault.Checks
	if role != nil {
		checkRole(&c, "body.role", *role)
	}
	if err := c.Err(); err != nil {
		return Member{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		team, found, err := teamByID(tx, actor.Org, teamID, tx.Lock())
		if err := orNotFound(err, found, "Team"); err != nil {
			return err
		}
		if !team.IsActive {
			return fault.New(fault.Conflict, "team_inactive", "This team is not active.")
		}
		user, found, err := userByID(tx, actor.Org, userID)
		if err := orNotFound(err, found, "User"); err != nil {
			return err
		}
		memberships, err := membershipsOf(tx, actor.Org, userID)
		if err != nil {
			return err
		}
		if outranked(actor, teamID, memberships[teamID]) || (role != nil && outranked(actor, teamID, *role)) {
			return Forbid("give or take a role above your own")
		}
		s.changed(tx, actor.Org)
		member = Member{TeamID: teamID, UserID: userID, Role: role, User: user}
		return putMembership(tx, actor.Org, teamID, userID, role)
	})
	return member, err
}

// RemoveMember takes a person out of a team, also if it is the home. Faults: Forbidden, NotFound.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, teamID, userID int64) error {
	if err := s.mayManage(actor, teamID); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, found, err := teamByID(tx, actor.Org, teamID, tx.Lock())
		if err := orNotFound(err, found, "Team"); err != nil {
			return err
		}
		memberships, err := membershipsOf(tx, actor.Org, userID)
		if err != nil {
			return err
		}
		if outranked(actor, teamID, memberships[teamID]) {
			return Forbid("give or take a role above your own")
		}
		s.changed(tx, actor.Org)
		found, err = removeMembership(tx, actor.Org, teamID, userID)
		return orNotFound(err, found, "Member")
	})
}

func (s *Service) mayManage(actor Actor, teamID int64) error {
	if err := requireSignedIn(actor); err != nil {
		return err
	}
	if !actor.CanIn(ManageTeamMembers, &teamID) {
		return Forbid("manage the members of this team")
	}
	return nil
}

// outranked reports whether a role is above what the actor is in the team; administrators are above all.
func outranked(actor Actor, teamID int64, role Role) bool {
	return !actor.Can(Admin) && role.rank() > max(actor.Role.rank(), actor.RoleIn(teamID).rank())
}
