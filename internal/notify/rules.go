package notify

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// Rules are a person's own order. Faults: Forbidden for another person's unless the actor administers, NotFound.
func (s *Service) Rules(ctx context.Context, actor account.Actor, userID int64) (set RuleSet, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.whose(tx, actor, userID); err != nil {
			return err
		}
		set, err = ruleSetOf(tx, actor.Org, userID)
		return err
	})
	return set, err
}

// SetRules replaces a person's own order, for both urgencies. Delays are kept in whole seconds. Faults: Forbidden, NotFound,
// Invalid naming every wrong entry.
func (s *Service) SetRules(ctx context.Context, actor account.Actor, userID int64, set RuleSet) (RuleSet, error) {
	saved := set.whole()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		owner, err := s.holdReach(tx, actor, userID)
		if err != nil {
			return err
		}
		methods, err := s.methodsNow(tx, owner)
		if err != nil {
			return err
		}
		if err := set.check(methods); err != nil {
			return err
		}
		return replaceRules(tx, actor.Org, userID, saved)
	})
	if err != nil {
		return RuleSet{}, err
	}
	return saved, nil
}
