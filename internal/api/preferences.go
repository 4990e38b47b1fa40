package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Preference is a person's switch for one channel.
type Preference struct {
	UserID    int64  `json:"user_id" example:"7"`
	Channel   string `json:"channel" example:"email"`
	Title     string `json:"title" example:"E-mail"`
	Enabled   bool   `json:"enabled" doc:"On until it is switched off."`
	IsEnabled bool   `json:"is_enabled" doc:"The same."`
}

func wirePreference(p notify.Preference) Preference {
	return Preference{UserID: p.UserID, Channel: p.Channel, Title: p.Title, Enabled: p.Enabled, IsEnabled: p.Enabled}
}

// PreferenceChange switches a channel, by either name.
type PreferenceChange struct {
	_         struct{} `json:"-" additionalProperties:"true"`
	Enabled   *bool    `json:"enabled,omitempty" doc:"This or is_enabled."`
	IsEnabled *bool    `json:"is_enabled,omitempty"`
}

// enabled is what was meant.
func (p PreferenceChange) enabled() (bool, error) {
	var c fault.Checks
	switch {
	case p.Enabled == nil && p.IsEnabled == nil:
		c.Add("body.enabled", "is required")
	case p.Enabled != nil && p.IsEnabled != nil && *p.Enabled != *p.IsEnabled:
		c.Add("body.is_enabled", "must not differ from enabled")
	}
	on := p.Enabled
	if on == nil {
		on = p.IsEnabled
	}
	return on != nil && *on, c.Err()
}

// NoticePreference is a person's switch for one kind of notice.
type NoticePreference struct {
	UserID  int64  `json:"user_id" example:"7"`
	Notice  string `json:"notice" example:"commented"`
	Title   string `json:"title" example:"Comments"`
	When    string `json:"when" example:"Somebody commented on an incident that you are assigned to."`
	Enabled bool   `json:"enabled" doc:"On until it is switched off."`
}

func wireNoticePreference(p notify.NoticePreference) NoticePreference { return NoticePreference(p) }

// ByNotice is the path parameter of a kind of notice.
type ByNotice struct {
	Notice string `path:"notice" maxLength:"50" example:"commented"`
}

// ByPerson is the path parameter of what belongs to a person.
type ByPerson struct {
	UserID int64 `path:"user_id" example:"7"`
}

// ByChannel is the path parameter of what belongs to a channel.
type ByChannel struct {
	Channel string `path:"channel" maxLength:"50" example:"email"`
}

func (s *server) preferences() {
	const path = "/v1/notification-preferences"
	register(s, op(tagReach, http.MethodGet, path+"/me", "list-my-preferences", "List my switches, one for every channel"),
		func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[[]Preference], error) {
			return s.listPreferences(ctx, actor, actor.UserID)
		})
	register(s, described(op(tagReach, http.MethodPut, path+"/me/{channel}", "set-my-preference", "Switch a channel on or off for me"),
		"A page that would then reach me nowhere is sent all the same."),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByChannel
			Body PreferenceChange
		},
		) (*answer[Preference], error) {
			return s.setPreference(ctx, actor, actor.UserID, in.Channel, in.Body)
		})
	register(s, answers(op(tagReach, http.MethodGet, path+"/{user_id}", "list-preferences", "List a person's switches, as an administrator"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByPerson) (*answer[[]Preference], error) {
			return s.listPreferences(ctx, actor, in.UserID)
		})
	register(s, answers(op(tagReach, http.MethodPut, path+"/{user_id}/{channel}", "set-preference", "Switch a channel on or off for a person, as an administrator"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByPerson
			ByChannel
			Body PreferenceChange
		},
		) (*answer[Preference], error) {
			return s.setPreference(ctx, actor, in.UserID, in.Channel, in.Body)
		})
}

// noticePreferences are of what asks for nothing: a page cannot be switched off.
func (s *server) noticePreferences() {
	const path = "/v1/notice-preferences"
	register(s, described(op(tagReach, http.MethodGet, path+"/me", "list-my-notice-preferences", "List my switches, one for every kind of notice"),
		"A notice tells of something and asks for nothing. Nobody is told of what they did themselves, and several within a short time come in one message."),
		func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[[]NoticePreference], error) {
			return s.listNoticePreferences(ctx, actor, actor.UserID)
		})
	register(s, op(tagReach, http.MethodPut, path+"/me/{notice}", "set-my-notice-preference", "Switch a kind of notice on or off for me"),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByNotice
			Body PreferenceChange
		},
		) (*answer[NoticePreference], error) {
			return s.setNoticePreference(ctx, actor, actor.UserID, in.Notice, in.Body)
		})
	register(s, answers(op(tagReach, http.MethodGet, path+"/{user_id}", "list-notice-preferences", "List a person's switches for notices, as an administrator"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByPerson) (*answer[[]NoticePreference], error) {
			return s.listNoticePreferences(ctx, actor, in.UserID)
		})
	register(s, answers(op(tagReach, http.MethodPut, path+"/{user_id}/{notice}", "set-notice-preference", "Switch a kind of notice on or off for a person, as an administrator"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByPerson
			ByNotice
			Body PreferenceChange
		},
		) (*answer[NoticePreference], error) {
			return s.setNoticePreference(ctx, actor, in.UserID, in.Notice, in.Body)
		})
}

func (s *server) listNoticePreferences(ctx context.Context, actor account.Actor, userID int64) (*answer[[]NoticePreference], error) {
	found, err := s.Notifications.NoticePreferences(ctx, actor, userID)
	return replyOr(list(found, wireNoticePreference), err)
}

func (s *server) setNoticePreference(ctx context.Context, actor account.Actor, userID int64, notice string, change PreferenceChange) (*answer[NoticePreference], error) {
	enabled, err := change.enabled()
	if err != nil {
		return nil, err
	}
	p, err := s.Notifications.SetNoticePreference(ctx, actor, userID, notice, enabled)
	return replyOr(wireNoticePreference(p), err)
}

func (s *server) listPreferences(ctx context.Context, actor account.Actor, userID int64) (*answer[[]Preference], error) {
	found, err := s.Notifications.Preferences(ctx, actor, userID)
	return replyOr(list(found, wirePreference), err)
}

func (s *server) setPreference(ctx context.Context, actor account.Actor, userID int64, channel string, change PreferenceChange) (*answer[Preference], error) {
	enabled, err := change.enabled()
	if err != nil {
		return nil, err
	}
	p, err := s.Notifications.SetPreference(ctx, actor, userID, channel, enabled)
	return replyOr(wirePreference(p), err)
}
