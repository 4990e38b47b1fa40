package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/account"
)

// PermissionRow is one line of the permission table.
type PermissionRow struct {
	Permission string            `json:"permission" example:"act_on_any_incident"`
	Title      string            `json:"title"`
	Roles      map[string]string `json:"roles" doc:"How far each role that has it reaches: teams (one's own) or all."`
}

func (s *server) permissions() {
	register(s, op(tagOrganisation, http.MethodGet, "/v1/permissions", "list-permissions", "The permission table"),
		func(context.Context, account.Actor, *struct{}) (*answer[[]PermissionRow], error) {
			return reply(list(account.Table(), wirePermission)), nil
		})
}

func wirePermission(row account.Row) PermissionRow {
	roles := map[string]string{}
	for role, scope := range row.Scopes {
		if scope != account.ScopeNone {
			roles[string(role)] = string(scope)
		}
	}
	return PermissionRow{Permission: string(row.Permission), Title: row.Title, Roles: roles}
}

// Settings are the organisation's own rules; null is the default.
type Settings struct {
	Signup              *string        `json:"signup" enum:"open,invite,closed" doc:"Who may sign up; null leaves it to the server's configuration."`
	FallbackContacts    []int64        `json:"fallback_contacts" doc:"Users who are paged when nobody else is found; empty: the administrators."`
	AckTimeoutMinutes   *int           `json:"ack_timeout_minutes" doc:"How long an acknowledgement of an urgent incident holds; 0 is for ever, null 60."`
	Repeat              orNull[Repeat] `json:"repeat" doc:"How an urgent incident's policy starts over unless it says so itself; null is 3 times, every 15 minutes."`
	ReopenWindowMinutes *int           `json:"reopen_window_minutes" doc:"How long after a source's resolve the same alert reopens its incident; null is 10."`
}

// Repeat is a number of further rounds and the distance between them.
type Repeat struct {
	Times        int `json:"times" minimum:"0" maximum:"20"`
	EveryMinutes int `json:"every_minutes" minimum:"1" maximum:"1440"`
}

// SettingsChange changes what is given.
type SettingsChange struct {
	Signup              patch[string] `json:"signup,omitzero" enum:"open,invite,closed" doc:"null returns to the server's configuration."`
	FallbackContacts    *[]int64      `json:"fallback_contacts,omitempty" maxItems:"100"`
	AckTimeoutMinutes   *int          `json:"ack_timeout_minutes,omitempty" minimum:"0" maximum:"10080"`
	Repeat              *Repeat       `json:"repeat,omitempty"`
	ReopenWindowMinutes *int          `json:"reopen_window_minutes,omitempty" minimum:"0" maximum:"1440"`
}

func wireSettings(s account.Settings) Settings {
	out := Settings{
		Signup: given(s.Signup), FallbackContacts: list(s.FallbackContacts, func(id int64) int64 { return id }),
		AckTimeoutMinutes: s.AckTimeoutMinutes, ReopenWindowMinutes: s.ReopenWindowMinutes,
	}
	if s.Repeat != nil {
		out.Repeat.Value = &Repeat{Times: s.Repeat.Times, EveryMinutes: s.Repeat.EveryMinutes}
	}
	return out
}

func (c SettingsChange) domain() account.SettingsPatch {
	p := account.SettingsPatch{
		FallbackContacts: c.FallbackContacts, AckTimeoutMinutes: c.AckTimeoutMinutes, ReopenWindowMinutes: c.ReopenWindowMinutes,
	}
	if c.Signup.Given {
		signup := ""
		if c.Signup.Value != nil {
			signup = *c.Signup.Value
		}
		p.Signup = &signup
	}
	if c.Repeat != nil {
		p.Repeat = &account.Repeat{Times: c.Repeat.Times, EveryMinutes: c.Repeat.EveryMinutes}
	}
	return p
}

func (s *server) settings() {
	register(s, op(tagOrganisation, http.MethodGet, "/v1/settings", "get-settings", "Get the organisation's settings"),
		func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[Settings], error) {
			organization, err := s.Accounts.Organization(ctx, actor)
			return replyOr(wireSettings(organization.Settings), err)
		})
	register(s, op(tagOrganisation, http.MethodPut, "/v1/settings", "update-settings", "Change the organisation's settings"),
		func(ctx context.Context, actor account.Actor, in *answer[SettingsChange]) (*answer[Settings], error) {
			settings, err := s.Accounts.UpdateSettings(ctx, actor, in.Body.domain())
			return replyOr(wireSettings(settings), err)
		})
}
