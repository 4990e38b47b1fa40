package escalation

import (
	"context"
	"encoding/json"
	"strings"

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

// ListPolicies lists all policies by priority. Who may not change one sees no values of its headers, here and in its versions.
// Fault: Forbidden for a plain user.
func (s *Service) ListPolicies(ctx context.Context, actor account.Actor) (list []Policy, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = allPolicies(tx, actor.Org)
		for i := range list {
			list[i].Steps = stepsFor(actor, list[i].TeamID, list[i].Steps)
		}
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
		p.Steps = stepsFor(actor, p.TeamID, p.Steps)
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

// CreatePolicy saves a new policy from a document; is_active is true unless said otherwise.
// Faults: Malformed, Invalid naming every bad field, Forbidden, Duplicate for the name.
func (s *Service) CreatePolicy(ctx context.Context, actor account.Actor, raw json.RawMessage) (p Policy, err error) {
	if err := mayRead(actor); err != nil {
		return Policy{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if p, err = s.read(ctx, tx, actor, raw, Policy{OrgID: actor.Org, IsActive: true}, tx.Lock()); err != nil {
			return err
		}
		if p.ID, err = tx.NextID("escalation_policies"); err != nil {
			return err
		}
		p.CreatedAt = tx.Now()
		return s.save(tx, actor, &p)
	})
	return p, err
}

// UpdatePolicy changes what the document mentions and saves the next version; runs under way keep theirs. from is the version
// that whoever wrote the document has seen, 0 for whichever it is now.
// Faults: as CreatePolicy, NotFound, Stale when the policy is at another version.
func (s *Service) UpdatePolicy(ctx context.Context, actor account.Actor, id int64, from int, raw json.RawMessage) (p Policy, err error) {
	if err := mayRead(actor); err != nil {
		return Policy{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		before, err := needPolicy(tx, actor.Org, id, tx.Lock())
		if err != nil {
			return err
		}
		if err := before.isAt(from); err != nil {
			return err
		}
		if before.Unreadable {
			return fault.New(fault.Conflict, "unreadable_policy", "This server cannot read the policy, so that a change would lose the rest of it.")
		}
		if p, err = s.read(ctx, tx, actor, raw, before, tx.Lock()); err != nil {
			return err
		}
		return s.save(tx, actor, &p)
	})
	return p, err
}

// isAt refuses a change that was made from another version: what somebody else has saved since is not replaced unseen.
func (p Policy) isAt(version int) error {
	if version != 0 && version != p.Version {
		return fault.New(fault.Stale, "policy_changed", "The policy has been changed meanwhile: it is at version %d, not %d.", p.Version, version)
	}
	return nil
}

// save writes the next version of a policy that was checked, and adds the warnings.
func (s *Service) save(tx *db.Tx, actor account.Actor, p *Policy) error {
	if err := s.write(tx, actor, p); err != nil {
		return err
	}
	warnings, err := s.warnings(tx, *p)
	p.Warnings = append(p.Warnings, warnings...)
	return err
}

func (s *Service) write(tx *db.Tx, actor account.Actor, p *Policy) error {
	p.Version++
	p.UpdatedAt = tx.Now()
	var by *int64
	if actor.UserID != 0 {
		by = &actor.UserID
	}
	s.Hub.Publish(tx, live.Notice{Org: actor.Org, Topic: live.TopicConfig})
	err := savePolicy(tx, *p, by)
	if db.IsUnique(err, "escalation_policies_name") {
		return fault.New(fault.Duplicate, "duplicate_name", "An escalation policy named %q already exists.", p.Name)
	}
	return err
}

// DeletePolicy takes the policy out of use, also where a service or a team names it; its events and versions stay, and runs
// under way go on with their version.
// Faults: NotFound, Forbidden, Conflict for the organisation's fallback and while another policy hands over to it.
func (s *Service) DeletePolicy(ctx context.Context, actor account.Actor, id int64) error {
	if err := mayRead(actor); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := needPolicy(tx, actor.Org, id, tx.Lock())
		if err != nil {
			return err
		}
		if err := mayChange(actor, p.TeamID); err != nil {
			return err
		}
		if p.IsFallback {
			return fault.New(fault.Conflict, "fallback_policy", "The organisation's fallback policy cannot be deleted; change its steps instead.")
		}
		all, err := policiesByID(tx, actor.Org, tx.Lock())
		if err != nil {
			return err
		}
		if names := handingOverTo(p.ID, all); len(names) > 0 {
			return fault.New(fault.Conflict, "policy_in_use", "Other policies hand over to this one: %s. Change them first.", strings.Join(names, ", "))
		}
		now := tx.Now()
		p.DeletedAt, p.IsActive = &now, false
		if err := forgetPolicy(tx, actor.Org, id); err != nil {
			return err
		}
		return s.write(tx, actor, &p)
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
	for _, p := range list {
		if p.Unreadable {
			s.Logger.Error("a policy cannot be read", "org", org, "policy", p.ID, "version", p.Version)
		}
	}
	if err == nil {
		s.policies.Put(org, struct{}{}, list, mark)
	}
	return list, err
}
