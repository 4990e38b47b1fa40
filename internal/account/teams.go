package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// ListTeams lists the teams of the organisation, newest first, and how many there are in all (to MaxCount + 1). Everybody
// who is signed in may see them. Faults: Unauthenticated, Invalid.
func (s *Service) ListTeams(ctx context.Context, actor Actor, f TeamFilter) (teams []Team, total int, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, 0, err
	}
	var c fault.Checks
	p := newPage(&c, f.Skip, f.Limit, f.Cursor)
	line(&c, "query.q", f.Query, maxName)
	if err := c.Err(); err != nil {
		return nil, 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if teams, total, err = listTeams(tx, f.where(actor.Org), p); err != nil {
			return err
		}
		return fillUserCounts(tx, actor.Org, teams)
	})
	return teams, total, err
}

// GetTeam is one team. Faults: Unauthenticated, NotFound.
func (s *Service) GetTeam(ctx context.Context, actor Actor, id int64) (team Team, err error) {
	if err := requireSignedIn(actor); err != nil {
		return Team{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		team, err = countedTeam(tx, actor.Org, id)
		return err
	})
	return team, err
}

// countedTeam is a team with its UserCount.
func countedTeam(tx *db.Tx, org, id int64) (Team, error) {
	team, found, err := teamByID(tx, org, id, "")
	if err := orNotFound(err, found, "Team"); err != nil {
		return Team{}, err
	}
	one := []Team{team}
	err = fillUserCounts(tx, org, one)
	return one[0], err
}

// CreateTeam makes a team. Faults: Forbidden, Invalid (every wrong field), Duplicate (team_name_taken).
func (s *Service) CreateTeam(ctx context.Context, actor Actor, n NewTeam) (team Team, err error) {
	if err := require(actor, ManageAllObjects, "create teams"); err != nil {
		return Team{}, err
	}
	var c fault.Checks
	fields := Team{
		OrgID: actor.Org, Name: required(&c, "body.name", n.Name, maxName),
		Description:     prose(&c, "body.description", n.Description, maxDescription),
		IsActive:        n.IsActive == nil || *n.IsActive,
		DefaultPolicyID: patched(nil, n.DefaultPolicyID),
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.checkTeamFields(tx, c, actor.Org, n.DefaultPolicyID); err != nil {
			return err
		}
		id, err := tx.NextID("teams")
		if err != nil {
			return err
		}
		team = fields
		team.ID, team.CreatedAt, team.UpdatedAt = id, tx.Now(), tx.Now()
		if err := insertTeam(tx, team); err != nil {
			return teamFault(err)
		}
		s.changed(tx, actor.Org)
		return nil
	})
	return team, err
}

// UpdateTeam changes a team; whether it is active only who manages all teams.
// Faults: Forbidden, NotFound, Invalid (every wrong field), Duplicate (team_name_taken).
func (s *Service) UpdateTeam(ctx context.Context, actor Actor, id int64, p TeamPatch) (team Team, err error) {
	if err := requireSignedIn(actor); err != nil {
		return Team{}, err
	}
	if !actor.CanIn(ManageTeamObjects, &id) || (p.IsActive != nil && !actor.Can(ManageAllObjects)) {
		return Team{}, Forbid("change this team")
	}
	var c fault.Checks
	if p.Name != nil {
		name := required(&c, "body.name", *p.Name, maxName)
		p.Name = &name
	}
	if p.Description != nil {
		text := prose(&c, "body.description", *p.Description, maxDescription)
		p.Description = &text
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		before, found, err := teamByID(tx, actor.Org, id, tx.Lock())
		if err := orNotFound(err, found, "Team"); err != nil {
			return err
		}
		if err := s.checkTeamFields(tx, c, actor.Org, p.DefaultPolicyID); err != nil {
			return err
		}
		set(&before.Name, p.Name)
		set(&before.Description, p.Description)
		set(&before.IsActive, p.IsActive)
		before.DefaultPolicyID = patched(before.DefaultPolicyID, p.DefaultPolicyID)
		before.UpdatedAt = tx.Now()
		if err := updateTeam(tx, before); err != nil {
			return teamFault(err)
		}
		s.changed(tx, actor.Org)
		team, err = countedTeam(tx, actor.Org, id)
		return err
	})
	return team, err
}

// checkTeamFields adds to what was found wrong a default policy that does not exist; nil and 0 are none.
func (s *Service) checkTeamFields(tx *db.Tx, c fault.Checks, org int64, policyID *int64) error {
	if policyID != nil && *policyID != 0 {
		exists := false
		if s.policies != nil {
			var err error
			if exists, err = s.policies.PolicyExists(tx, org, *policyID); err != nil {
				return err
			}
		}
		if !exists {
			c.Add("body.default_policy_id", "must be a policy of this organisation")
		}
	}
	return c.Err()
}

// DeleteTeam removes a team; its people stay without it. One to which anything else refers is deactivated instead.
// deactivated says which it was. Faults: Forbidden, NotFound.
func (s *Service) DeleteTeam(ctx context.Context, actor Actor, id int64) (deactivated bool, err error) {
	if err := require(actor, ManageAllObjects, "delete teams"); err != nil {
		return false, err
	}
	err = s.withTeam(ctx, actor.Org, id, func(tx *db.Tx, _ Team) error { return deleteTeam(tx, actor.Org, id) })
	if !db.IsForeignKey(err) {
		return false, err
	}
	return true, s.withTeam(ctx, actor.Org, id, func(tx *db.Tx, team Team) error {
		team.IsActive, team.UpdatedAt = false, tx.Now()
		return updateTeam(tx, team)
	})
}

// withTeam changes a team that is held until the change is committed.
func (s *Service) withTeam(ctx context.Context, org, id int64, change func(tx *db.Tx, team Team) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		team, found, err := teamByID(tx, org, id, tx.Lock())
		if err := orNotFound(err, found, "Team"); err != nil {
			return err
		}
		s.changed(tx, org)
		return change(tx, team)
	})
}

// teamFault gives a violated constraint of teams its fault.
func teamFault(err error) error {
	if db.IsUnique(err, "teams_name") {
		return fault.New(fault.Duplicate, "team_name_taken", "A team with this name already exists.")
	}
	return err
}
