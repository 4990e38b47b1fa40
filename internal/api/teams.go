package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// Team is a group of people that owns services and is paged together.
type Team struct {
	ID              int64     `json:"id" example:"3"`
	Name            string    `json:"name" example:"Payments"`
	Description     string    `json:"description"`
	IsActive        bool      `json:"is_active"`
	UserCount       int       `json:"user_count" doc:"Active people who belong to it."`
	DefaultPolicyID *int64    `json:"default_policy_id" doc:"Takes the team's incidents when nothing else pages for them."`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
}

func wireTeam(t account.Team) Team {
	return Team{
		ID: t.ID, Name: t.Name, Description: t.Description, IsActive: t.IsActive, UserCount: t.UserCount,
		DefaultPolicyID: t.DefaultPolicyID, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// NewTeam is what makes a team.
type NewTeam struct {
	Name            string   `json:"name" minLength:"1" maxLength:"255" example:"Payments"`
	Description     string   `json:"description,omitempty" maxLength:"10000"`
	IsActive        *bool    `json:"is_active,omitempty" default:"true"`
	DefaultPolicyID *int64   `json:"default_policy_id,omitempty" minimum:"1" nullable:"true"`
	_               struct{} `json:"-" additionalProperties:"true"`
}

// TeamChange changes what is given.
type TeamChange struct {
	Name            *string      `json:"name,omitempty" minLength:"1" maxLength:"255"`
	Description     *string      `json:"description,omitempty" maxLength:"10000"`
	IsActive        *bool        `json:"is_active,omitempty"`
	DefaultPolicyID patch[int64] `json:"default_policy_id,omitzero" minimum:"1" doc:"null takes it away."`
	_               struct{}     `json:"-" additionalProperties:"true"`
}

type listTeams struct {
	Paging
	IsActive string `query:"is_active" enum:"true,false"`
	Query    string `query:"q" maxLength:"255" doc:"A part of the name."`
}

func (s *server) teams() {
	register(s, op(tagTeams, http.MethodGet, "/v1/teams", "list-teams", "List teams"), s.listTeams)
	register(s, creates(op(tagTeams, http.MethodPost, "/v1/teams", "create-team", "Create a team")), s.createTeam)
	register(s, answers(op(tagTeams, http.MethodGet, "/v1/teams/{id}", "get-team", "Get a team"), http.StatusNotFound), s.getTeam)
	register(s, answers(op(tagTeams, http.MethodPut, "/v1/teams/{id}", "update-team", "Change a team"), http.StatusNotFound), s.updateTeam)
	register(s, described(answers(op(tagTeams, http.MethodDelete, "/v1/teams/{id}", "delete-team", "Delete a team"), http.StatusNotFound),
		"A team to which anything refers is deactivated instead."), s.deleteTeam)
}

func (s *server) listTeams(ctx context.Context, actor account.Actor, in *listTeams) (*page[Team], error) {
	teams, total, err := s.Accounts.ListTeams(ctx, actor, account.TeamFilter{
		IsActive: yesOrNo(in.IsActive), Query: in.Query, Skip: in.Skip, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	next := ""
	if len(teams) == in.Limit {
		next = account.TeamCursor(teams[len(teams)-1])
	}
	return paged(in.Paging, list(teams, wireTeam), total, false, next), nil
}

func (s *server) createTeam(ctx context.Context, actor account.Actor, in *answer[NewTeam]) (*answer[Team], error) {
	team, err := s.Accounts.CreateTeam(ctx, actor, account.NewTeam{
		Name: in.Body.Name, Description: in.Body.Description, IsActive: in.Body.IsActive, DefaultPolicyID: in.Body.DefaultPolicyID,
	})
	return replyOr(wireTeam(team), err)
}

func (s *server) getTeam(ctx context.Context, actor account.Actor, in *ByID) (*answer[Team], error) {
	team, err := s.Accounts.GetTeam(ctx, actor, in.ID)
	return replyOr(wireTeam(team), err)
}

func (s *server) updateTeam(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body TeamChange
},
) (*answer[Team], error) {
	team, err := s.Accounts.UpdateTeam(ctx, actor, in.ID, account.TeamPatch{
		Name: in.Body.Name, Description: in.Body.Description, IsActive: in.Body.IsActive,
		DefaultPolicyID: zeroForNull(in.Body.DefaultPolicyID),
	})
	return replyOr(wireTeam(team), err)
}

// teamDeleted is what clients of the first version wait for.
const teamDeleted = "Team deleted successfully"

func (s *server) deleteTeam(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	deactivated, err := s.Accounts.DeleteTeam(ctx, actor, in.ID)
	switch {
	case err != nil:
		return nil, err
	case deactivated:
		return reply(Message{Message: teamDeleted, Detail: "It was deactivated: other things refer to it."}), nil
	}
	return say(teamDeleted), nil
}
