package escalation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// mayRead refuses who may not look at policies at all: a plain user.
func mayRead(a account.Actor) error {
	if a.Can(account.ManageAllObjects) || a.Can(account.SeeAllIncidents) || managesSomeTeam(a) {
		return nil
	}
	return account.Forbid("see escalation policies")
}

func managesSomeTeam(a account.Actor) bool {
	for id := range a.Teams {
		if a.CanIn(account.ManageTeamObjects, &id) {
			return true
		}
	}
	return false
}

func mayChange(a account.Actor, teamID *int64) error {
	if a.Can(account.ManageAllObjects) || (teamID != nil && a.CanIn(account.ManageTeamObjects, teamID)) {
		return nil
	}
	return account.Forbid("change this escalation policy")
}

// ListPolicies lists all policies by priority. Fault: Forbidden for a plain user.
func (s *Service) ListPolicies(ctx context.Context, actor account.Actor) (list []Policy, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = allPolicies(tx, actor.Org)
		return err
	})
	return list, err
}

// GetPolicy reads one policy. Faults: NotFound, Forbidden.
func (s *Service) GetPolicy(ctx context.Context, actor account.Actor, id int64) (p Policy, err error) {
	if err := mayRead(actor); err != nil {
		return Policy{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = needPolicy(tx, actor.Org, id, "")
		return err
	})
	return p, err
}

func needPolicy(tx *db.Tx, org, id int64, suffix string) (Policy, error) {
	p, found, err := policyByID(tx, org, id, suffix)
	if err == nil && !found {
		err = fault.NotFoundf("Escalation policy")
	}
	return p, err
}

// PolicyVersions lists what the policy has been, newest first. Faults: NotFound, Forbidden.
func (s *Service) PolicyVersions(ctx context.Context, actor account.Actor, id int64) (list []PolicyVersion, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := needPolicy(tx, actor.Org, id, ""); err != nil {
			return err
		}
		list, err = versionsOf(tx, actor.Org, id)
		return err
	})
	return list, err
}

// CreatePolicy saves a new policy from a document; is_active is true unless said otherwise.
// Faults: Malformed, Invalid naming every bad field, Forbidden, Duplicate for the name.
func (s *Service) CreatePolicy(ctx context.Context, actor account.Actor, raw json.RawMessage) (p Policy, err error) {
	if err := mayRead(actor); err != nil {
		return Policy{}, err
	}
	parsed, err := parsePolicy(raw, Policy{OrgID: actor.Org, IsActive: true}, s.vocabulary())
	if err != nil {
		return Policy{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p = parsed
		if p.ID, err = tx.NextID("escalation_policies"); err != nil {
			return err
		}
		p.CreatedAt = tx.Now()
		return s.save(tx, actor, &p, p.TeamID)
	})
	return p, err
}

// UpdatePolicy changes what the document mentions and saves the next version; runs under way keep theirs.
// Faults: as CreatePolicy, NotFound.
func (s *Service) UpdatePolicy(ctx context.Context, actor account.Actor, id int64, raw json.RawMessage) (p Policy, err error) {
	if err := mayRead(actor); err != nil {
		return Policy{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		before, err := needPolicy(tx, actor.Org, id, tx.Lock())
		if err != nil {
			return err
		}
		if p, err = parsePolicy(raw, before, s.vocabulary()); err != nil {
			return err
		}
		return s.save(tx, actor, &p, before.TeamID)
	})
	return p, err
}

// save checks what only the database knows and writes the next version. Who moves a policy needs the right in both teams.
func (s *Service) save(tx *db.Tx, actor account.Actor, p *Policy, beforeTeam *int64) error {
	for _, team := range []*int64{beforeTeam, p.TeamID} {
		if err := mayChange(actor, team); err != nil {
			return err
		}
	}
	if p.TeamID != nil {
		if _, found, err := s.People.TeamByID(tx, actor.Org, *p.TeamID); err != nil {
			return err
		} else if !found {
			var bad fault.Checks
			bad.Add("body.team_id", "there is no team %d", *p.TeamID)
			return bad.Err()
		}
	}
	if err := s.warnOfNobody(tx, p); err != nil {
		return err
	}
	p.Version++
	p.UpdatedAt = tx.Now()
	var by *int64
	if actor.UserID != 0 {
		by = &actor.UserID
	}
	err := savePolicy(tx, *p, by)
	if db.IsUnique(err, "escalation_policies_name") {
		return fault.New(fault.Duplicate, "duplicate_name", "An escalation policy named %q already exists.", p.Name)
	}
	if len(p.Steps) == 0 {
		p.Warnings = append(p.Warnings, "The policy has no steps: it pages nobody.")
	}
	if p.AckTimeoutMinutes != nil && *p.AckTimeoutMinutes > 0 {
		p.Warnings = append(p.Warnings, "ack_timeout_minutes is kept, but not acted on yet: an acknowledgement holds until somebody ends it.")
	}
	s.Hub.Publish(tx, live.Notice{Org: actor.Org, Topic: live.TopicConfig})
	return err
}

// warnOfNobody warns of targets that name a person or a team who is not there, for nobody should find that out at night. They
// are no error: people come and go, and the policy stays.
func (s *Service) warnOfNobody(tx *db.Tx, p *Policy) error {
	r := s.resolver(tx, p.OrgID, nil)
	for i, step := range p.Steps {
		for n, action := range step.Actions {
			for _, text := range action.targets() {
				why, err := r.missing(text)
				if err != nil {
					return err
				}
				if why != "" {
					p.Warnings = append(p.Warnings, fmt.Sprintf("steps[%d].actions[%d] may reach nobody: %s.", i, n, why))
				}
			}
		}
	}
	return nil
}

// DeletePolicy takes the policy out of use, also where a service or a team names it; its events and versions stay, and runs
// under way go on with their version.
// Faults: NotFound, Forbidden, Conflict for the organisation's fallback.
func (s *Service) DeletePolicy(ctx context.Context, actor account.Actor, id int64) error {
	if err := mayRead(actor); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := needPolicy(tx, actor.Org, id, tx.Lock())
		if err != nil {
			return err
		}
		if p.IsFallback {
			return fault.New(fault.Conflict, "fallback_policy", "The organisation's fallback policy cannot be deleted; change its steps instead.")
		}
		now := tx.Now()
		p.DeletedAt, p.IsActive = &now, false
		if err := forgetPolicy(tx, actor.Org, id); err != nil {
			return err
		}
		return s.save(tx, actor, &p, p.TeamID)
	})
}

// PolicyExists reports whether the organisation has the policy; other rooms check references with it.
func (s *Service) PolicyExists(tx *db.Tx, org, id int64) (bool, error) {
	_, found, err := policyByID(tx, org, id, "")
	return found, err
}

// activePolicies are all policies of the organisation, believed for a while.
func (s *Service) activePolicies(tx *db.Tx, org int64) ([]Policy, error) {
	list, mark, ok := s.policies.Get(org, struct{}{})
	if ok {
		return list, nil
	}
	list, err := allPolicies(tx, org)
	if err == nil {
		s.policies.Put(org, struct{}{}, list, mark)
	}
	return list, err
}

// fallbackSteps are those of the seeded fallback policy: the engineer at once, the lead after ten minutes, the manager after
// twenty.
var fallbackSteps = []Step{
	{DelayMinutes: 0, Actions: []Action{{Type: ActionNotify, Target: string(account.RoleOncallEngineer)}}},
	{DelayMinutes: 10, Actions: []Action{{Type: ActionNotify, Target: string(account.RoleTeamLead)}}},
	{DelayMinutes: 20, Actions: []Action{{Type: ActionNotify, Target: string(account.RoleManager)}}},
}

// SeedFallback gives every organisation without one its fallback policy; it is for the server's start and may run on several
// nodes at once.
func (s *Service) SeedFallback(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		orgs, err := organisationIDs(tx)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			if err := s.seed(tx, org); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) seed(tx *db.Tx, org int64) error {
	found, err := hasFallback(tx, org)
	if err != nil || found {
		return err
	}
	p := Policy{
		OrgID: org, Name: "Fallback", IsActive: true, IsFallback: true, CreatedAt: tx.Now(),
		Description: "Pages when no other policy does.", Definition: Definition{Priority: maxPriority, Steps: fallbackSteps},
	}
	if p.ID, err = tx.NextID("escalation_policies"); err != nil {
		return err
	}
	err = s.save(tx, account.System(org, actorName), &p, nil)
	if fault.Is(err, fault.Duplicate) {
		return db.ErrAgain // Another node was faster.
	}
	return err
}
