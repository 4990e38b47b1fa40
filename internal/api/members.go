package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/account"
)

// Member is a person's belonging to a team.
type Member struct {
	TeamID int64   `json:"team_id"`
	UserID int64   `json:"user_id"`
	Role   *string `json:"role" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin" doc:"The role in this team; null is the person's own."`
	User   User    `json:"user"`
}

func wireMember(m account.Member) Member {
	return Member{TeamID: m.TeamID, UserID: m.UserID, Role: (*string)(m.Role), User: wireUser(m.User)}
}

// MemberRole gives a membership its role.
type MemberRole struct {
	Role *string `json:"role,omitempty" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin" nullable:"true" doc:"null or absent: the person's own role."`
}

// MemberPath names a membership.
type MemberPath struct {
	ID     int64 `path:"id" example:"3" doc:"The team."`
	UserID int64 `path:"user_id" example:"7"`
}

func (s *server) members() {
	register(s, answers(op(tagTeams, http.MethodGet, "/v1/teams/{id}/members", "list-members", "List a team's members"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]Member], error) {
			members, err := s.Accounts.ListMembers(ctx, actor, in.ID)
			return replyOr(list(members, wireMember), err)
		})
	register(s, answers(op(tagTeams, http.MethodPut, "/v1/teams/{id}/members/{user_id}", "put-member", "Make a person a member, or change the role"),
		http.StatusNotFound, http.StatusConflict), s.putMember)
	register(s, answers(op(tagTeams, http.MethodDelete, "/v1/teams/{id}/members/{user_id}", "remove-member", "Take a person out of a team"),
		http.StatusNotFound), func(ctx context.Context, actor account.Actor, in *MemberPath) (*answer[Message], error) {
		if err := s.Accounts.RemoveMember(ctx, actor, in.ID, in.UserID); err != nil {
			return nil, err
		}
		return say("Member removed"), nil
	})
}

func (s *server) putMember(ctx context.Context, actor account.Actor, in *struct {
	MemberPath
	Body *MemberRole
},
) (*answer[Member], error) {
	var role *account.Role
	if in.Body != nil {
		role = (*account.Role)(in.Body.Role)
	}
	member, err := s.Accounts.PutMember(ctx, actor, in.ID, in.UserID, role)
	return replyOr(wireMember(member), err)
}
