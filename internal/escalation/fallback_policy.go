package escalation

import (
	"context"
	"fmt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

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
	name, err := freeName(tx, org, "Fallback")
	if err != nil {
		return err
	}
	p := Policy{
		OrgID: org, Name: name, IsActive: true, IsFallback: true, CreatedAt: tx.Now(),
		Description: "Pages when no other policy does.", Definition: Definition{Priority: maxPriority, Steps: fallbackSteps},
	}
	if p.ID, err = tx.NextID("escalation_policies"); err != nil {
		return err
	}
	err = s.write(tx, account.System(org, actorName), &p)
	if fault.Is(err, fault.Duplicate) {
		return db.ErrAgain // Another node was faster.
	}
	return err
}

// freeName is the name, with a number if another policy has it.
func freeName(tx *db.Tx, org int64, name string) (string, error) {
	candidate := name
	for n := 2; ; n++ {
		taken, err := nameTaken(tx, Policy{OrgID: org, Name: candidate})
		if err != nil || !taken {
			return candidate, err
		}
		candidate = fmt.Sprintf("%s (%d)", name, n)
	}
}
