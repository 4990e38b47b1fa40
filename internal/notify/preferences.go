package notify

import (
	"context"
	"slices"
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
		off, err := channelSwitches.off(tx, actor.Org, []int64{userID})
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
		return channelSwitches.save(tx, actor.Org, userID, channel, enabled)
	})
	if err != nil {
		return Preference{}, err
	}
	return s.preference(userID, channel, enabled), nil
}

// NoticePreferences are a person's switches, one for every kind of notice. Faults: Forbidden for another person's unless the actor
// administers, NotFound.
func (s *Service) NoticePreferences(ctx context.Context, actor account.Actor, userID int64) (list []NoticePreference, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.whose(tx, actor, userID); err != nil {
			return err
		}
		off, err := noticeSwitches.off(tx, actor.Org, []int64{userID})
		if err != nil {
			return err
		}
		list = nil
		for _, k := range noticeKinds {
			list = append(list, k.preference(userID, !off[userID][k.Name]))
		}
		return nil
	})
	return list, err
}

func (k noticeKind) preference(userID int64, enabled bool) NoticePreference {
	return NoticePreference{UserID: userID, Notice: k.Name, Title: k.Title, When: k.When, Enabled: enabled}
}

// SetNoticePreference switches a kind of notice on or off for a person. Faults: Forbidden, NotFound, Invalid for an unknown kind.
func (s *Service) SetNoticePreference(ctx context.Context, actor account.Actor, userID int64, notice string, enabled bool) (NoticePreference, error) {
	var c fault.Checks
	at := slices.IndexFunc(noticeKinds, func(k noticeKind) bool { return k.Name == notice })
	if at < 0 {
		names := make([]string, len(noticeKinds))
		for i, k := range noticeKinds {
			names[i] = k.Name
		}
		c.Add("path.notice", "must be one of %s", strings.Join(names, ", "))
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.whose(tx, actor, userID); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		return noticeSwitches.save(tx, actor.Org, userID, notice, enabled)
	})
	if err != nil {
		return NoticePreference{}, err
	}
	return noticeKinds[at].preference(userID, enabled), nil
}
