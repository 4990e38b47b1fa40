package notify

import (
	"context"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Preferences are a person's switches, one for every channel. Faults: Forbidden for another person's unless the actor
// administers, NotFound.
func (s *Service) Preferences(ctx context.Context, actor account.Actor, userID int64) (list []Preference, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.whose(tx, actor, userID); err != nil {
			return err
		}
		off, err := switchedOff(tx, actor.Org, []int64{userID})
		if err != nil {
			return err
		}
		list = nil
		for _, kind := range kinds(s.Channels) {
			list = append(list, s.preference(userID, kind, !off[userID][kind]))
		}
		return nil
	})
	return list, err
}

func (s *Service) preference(userID int64, kind string, enabled bool) Preference {
	return Preference{UserID: userID, Channel: kind, Title: s.Channels[kind].Describe().Title, Enabled: enabled}
}

// SetPreference switches a channel on or off for a person. Faults: Forbidden, NotFound, Invalid for an unknown channel.
func (s *Service) SetPreference(ctx context.Context, actor account.Actor, userID int64, channel string, enabled bool) (Preference, error) {
	var c fault.Checks
	if s.Channels[channel] == nil {
		c.Add("path.channel", "must be one of %s", strings.Join(kinds(s.Channels), ", "))
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.whose(tx, actor, userID); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		return savePreference(tx, actor.Org, userID, channel, enabled)
	})
	if err != nil {
		return Preference{}, err
	}
	return s.preference(userID, channel, enabled), nil
}
