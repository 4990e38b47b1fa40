package escalation

import (
	"context"
	"encoding/json"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Review is what saving a policy document would answer.
type Review struct {
	Policy   Policy        // as it would be saved, as far as it could be read
	Errors   []fault.Field // what would be refused; empty when it can be saved
	Warnings []Warning     // what may not be meant; only of a policy that can be saved
}

// Validate says what saving the document as a new policy, or as a change of the one with the id, would answer; it saves
// nothing. That the actor may not save it is one of the errors. Faults: Malformed, Forbidden for a plain user, NotFound.
func (s *Service) Validate(ctx context.Context, actor account.Actor, id *int64, raw json.RawMessage) (r Review, err error) {
	if err := mayRead(actor); err != nil {
		return Review{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		before := Policy{OrgID: actor.Org, IsActive: true}
		if id != nil {
			if before, err = needPolicy(tx, actor.Org, *id, ""); err != nil {
				return err
			}
		}
		r = Review{}
		r.Policy, err = s.read(ctx, tx, actor, raw, before, "")
		r.Policy.Steps = stepsFor(actor, before.TeamID, r.Policy.Steps)
		switch {
		case fault.Is(err, fault.Invalid):
			r.Errors = fault.From(err).Fields
		case fault.Is(err, fault.Forbidden):
			r.Errors = []fault.Field{{Location: "body.team_id", Message: fault.From(err).Detail}}
		case err != nil:
			return err
		}
		if taken, err := nameTaken(tx, r.Policy); err != nil {
			return err
		} else if taken {
			r.Errors = append(r.Errors, fault.Field{Location: "body.name", Message: "is the name of another policy"})
		}
		if len(r.Errors) > 0 {
			return nil
		}
		warnings, err := s.warnings(tx, r.Policy)
		r.Warnings = append(r.Policy.Warnings, warnings...)
		return err
	})
	return r, err
}

// read reads a document onto the policy as it is and checks all that can be checked before it is saved. lock is for other
// policies that it hands over to, so that two changes at once make no circle. Faults: Malformed, Forbidden, Invalid naming
// every bad field.
func (s *Service) read(ctx context.Context, tx *db.Tx, actor account.Actor, raw json.RawMessage, before Policy, lock string) (Policy, error) {
	p, err := parsePolicy(ctx, raw, before, s.vocabulary())
	if err != nil && !fault.Is(err, fault.Invalid) {
		return p, err
	}
	teams := []*int64{p.TeamID}
	if before.ID != 0 {
		teams = append(teams, before.TeamID) // Who moves a policy needs the right in both.
	}
	for _, team := range teams {
		if err := mayChange(actor, team); err != nil {
			return p, err
		}
	}
	var bad fault.Checks
	if err != nil {
		for _, f := range fault.From(err).Fields {
			bad.Add(f.Location, "%s", f.Message)
		}
	}
	if p.TeamID != nil {
		if _, found, err := s.People.TeamByID(tx, actor.Org, *p.TeamID); err != nil {
			return p, err
		} else if !found {
			bad.Add("body.team_id", "there is no team %d", *p.TeamID)
		}
	}
	if p.handsOver() {
		all, err := policiesByID(tx, actor.Org, lock)
		if err != nil {
			return p, err
		}
		settleHandOvers(&p, all, &bad)
	}
	return p, bad.Err()
}
