package escalation

import (
	"context"
	"encoding/json"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// PolicyVersions lists what the policy has been, newest first. Faults: NotFound, Forbidden.
func (s *Service) PolicyVersions(ctx context.Context, actor account.Actor, id int64) (list []PolicyVersion, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := needPolicy(tx, actor.Org, id, "")
		if err != nil {
			return err
		}
		list, err = versionsOf(tx, actor.Org, id)
		for i := range list {
			list[i].hideFrom(actor, p)
		}
		return err
	})
	return list, err
}

// Version is what the policy was after one of its saves. Faults: NotFound, Forbidden, Conflict for one that cannot be read.
func (s *Service) Version(ctx context.Context, actor account.Actor, id int64, version int) (v PolicyVersion, err error) {
	if err := mayRead(actor); err != nil {
		return PolicyVersion{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := needPolicy(tx, actor.Org, id, "")
		if err != nil {
			return err
		}
		v, err = needVersion(tx, actor.Org, id, version)
		v.hideFrom(actor, p)
		return err
	})
	return v, err
}

// hideFrom takes out what the actor may not see of the policy.
func (v *PolicyVersion) hideFrom(actor account.Actor, p Policy) {
	v.Definition.Steps = stepsFor(actor, p.TeamID, v.Definition.Steps)
}

func needVersion(tx *db.Tx, org, id int64, version int) (PolicyVersion, error) {
	v, found, err := versionByNumber(tx, org, id, version)
	if err == nil && !found {
		err = fault.NotFoundf("Version of the escalation policy")
	}
	if err == nil && v.Unreadable {
		err = fault.New(fault.Conflict, "unreadable_version", "This server cannot read version %d; a newer one may have written it.", version)
	}
	return v, err
}

// Restore makes what the policy did in a version its next one: conditions, steps and the rest of the definition, with the
// description. Its name, its team and whether it is active stay as they are, and runs under way keep their versions. from is as in
// UpdatePolicy. Faults: NotFound, Forbidden, Stale, Invalid for what cannot be saved any more.
func (s *Service) Restore(ctx context.Context, actor account.Actor, id int64, version, from int) (p Policy, err error) {
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
		v, err := needVersion(tx, actor.Org, id, version)
		if err != nil {
			return err
		}
		document, err := json.Marshal(v.Definition)
		if err != nil {
			return err
		}
		before.Definition, before.Description, before.Unreadable = Definition{}, v.Description, false
		if p, err = s.read(ctx, tx, actor, document, before, tx.Lock()); err != nil {
			return err
		}
		return s.save(tx, actor, &p)
	})
	return p, err
}

// Difference is what changed between two versions of a policy.
type Difference struct {
	From, To PolicyVersion
	Changes  []Change
}

// Diff compares two versions, the later of which need not be the second. Faults: NotFound, Forbidden.
func (s *Service) Diff(ctx context.Context, actor account.Actor, id int64, from, to int) (d Difference, err error) {
	if err := mayRead(actor); err != nil {
		return Difference{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := needPolicy(tx, actor.Org, id, "")
		if err != nil {
			return err
		}
		if d.From, err = needVersion(tx, actor.Org, id, from); err != nil {
			return err
		}
		if d.To, err = needVersion(tx, actor.Org, id, to); err != nil {
			return err
		}
		d.From.hideFrom(actor, p)
		d.To.hideFrom(actor, p)
		words, err := s.wordsFor(tx, actor.Org, d.From, d.To)
		d.Changes = compare(d.From, d.To, words)
		return err
	})
	return d, err
}

// wordsFor reads the names behind the ids in the versions.
func (s *Service) wordsFor(tx *db.Tx, org int64, versions ...PolicyVersion) (w words, err error) {
	w = words{users: map[int64]string{}, teams: map[int64]string{}, policies: map[int64]string{}}
	var users, teams []int64
	for _, v := range versions {
		teams = append(teams, v.Definition.Conditions.TeamID...)
		if v.TeamID != nil {
			teams = append(teams, *v.TeamID)
		}
		for _, step := range v.Definition.Steps {
			if step.Condition != nil {
				teams = append(teams, step.Condition.TeamID...)
			}
			for _, action := range step.Actions {
				for _, text := range action.targets() {
					if t, err := ParseTarget(text); err == nil && t.UserID != 0 {
						users = append(users, t.UserID)
					}
				}
			}
		}
	}
	if len(users) > 0 {
		known, err := s.People.UsersByID(tx, org, users)
		if err != nil {
			return w, err
		}
		for id, u := range known {
			w.users[id] = u.Name()
		}
	}
	if len(teams) > 0 {
		known, err := s.People.TeamsByIDs(tx, org, teams)
		if err != nil {
			return w, err
		}
		for id, t := range known {
			w.teams[id] = t.Name
		}
	}
	policies, err := allPolicies(tx, org)
	for _, p := range policies {
		w.policies[p.ID] = p.Name
	}
	return w, err
}
