package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Organization is the actor's organisation with its settings. Faults: Forbidden.
func (s *Service) Organization(ctx context.Context, actor Actor) (o Organization, err error) {
	if err := require(actor, ReadAdmin, "see the settings"); err != nil {
		return Organization{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		o, found, err = organizationByID(tx, actor.Org, "")
		return orNotFound(err, found, "Organisation")
	})
	return o, err
}

// UpdateSettings changes the organisation's settings and tells every node. Faults: Forbidden, Invalid (every wrong field).
func (s *Service) UpdateSettings(ctx context.Context, actor Actor, p SettingsPatch) (settings Settings, err error) {
	if err := require(actor, Admin, "change the settings"); err != nil {
		return Settings{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		o, found, err := organizationByID(tx, actor.Org, tx.Lock())
		if err := orNotFound(err, found, "Organisation"); err != nil {
			return err
		}
		var c fault.Checks
		settings = p.apply(o.Settings, &c)
		if p.FallbackContacts != nil && len(*p.FallbackContacts) <= maxFallbackContacts {
			if err := s.checkContacts(tx, &c, actor.Org, *p.FallbackContacts); err != nil {
				return err
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		s.changed(tx, actor.Org)
		return updateSettings(tx, actor.Org, settings)
	})
	if err != nil {
		return Settings{}, err
	}
	return settings, nil
}

// checkContacts notes every fallback contact who could not be paged: each must be an active user, once.
func (s *Service) checkContacts(tx *db.Tx, c *fault.Checks, org int64, ids []int64) error {
	users, err := s.UsersByID(tx, org, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		location := fmt.Sprintf("body.fallback_contacts[%d]", i)
		switch {
		case !users[id].IsActive:
			c.Add(location, "must be an active user of this organisation")
		case slices.Contains(ids[:i], id):
			c.Add(location, "must not name a user twice")
		}
	}
	return nil
}
