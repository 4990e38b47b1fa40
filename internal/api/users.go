package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// User is a person. The password's hash is never part of it.
type User struct {
	ID          int64     `json:"id" example:"7"`
	Email       string    `json:"email" format:"email" example:"ann@example.org"`
	FullName    string    `json:"full_name" example:"Ann Example"`
	PhoneNumber string    `json:"phone_number" example:"+49 30 1234567"`
	IsActive    bool      `json:"is_active"`
	IsSuperuser bool      `json:"is_superuser" doc:"May do whatever an admin may."`
	TeamID      *int64    `json:"team_id" doc:"The home team."`
	Role        string    `json:"role" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin"`
	Timezone    string    `json:"timezone" example:"Europe/Berlin" doc:"An IANA zone name."`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func wireUser(u account.User) User {
	return User{
		ID: u.ID, Email: u.Email, FullName: u.FullName, PhoneNumber: u.PhoneNumber, IsActive: u.IsActive,
		IsSuperuser: u.IsSuperuser, TeamID: u.TeamID, Role: string(u.Role), Timezone: u.Timezone,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
}

// NewUser is what makes a user.
type NewUser struct {
	Email       string   `json:"email" maxLength:"320" format:"email" example:"ann@example.org"`
	Password    string   `json:"password" minLength:"8" maxLength:"128" format:"password"`
	FullName    string   `json:"full_name,omitempty" maxLength:"255"`
	PhoneNumber string   `json:"phone_number,omitempty" maxLength:"50"`
	Role        string   `json:"role,omitempty" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin" default:"user"`
	TeamID      *int64   `json:"team_id,omitempty" minimum:"1" nullable:"true" doc:"The home team."`
	IsActive    *bool    `json:"is_active,omitempty" default:"true"`
	IsSuperuser bool     `json:"is_superuser,omitempty"`
	Timezone    string   `json:"timezone,omitempty" maxLength:"100" doc:"An IANA zone name; UTC unless given."`
	_           struct{} `json:"-" additionalProperties:"true"`
}

func (n NewUser) domain() account.NewUser {
	return account.NewUser{
		Email: n.Email, Password: n.Password, FullName: n.FullName, PhoneNumber: n.PhoneNumber, Role: account.Role(n.Role),
		TeamID: n.TeamID, IsActive: n.IsActive, IsSuperuser: n.IsSuperuser, Timezone: n.Timezone,
	}
}

// UserChange changes what is given.
type UserChange struct {
	Email       *string      `json:"email,omitempty" maxLength:"320" format:"email"`
	Password    *string      `json:"password,omitempty" minLength:"8" maxLength:"128" format:"password"`
	FullName    *string      `json:"full_name,omitempty" maxLength:"255"`
	PhoneNumber *string      `json:"phone_number,omitempty" maxLength:"50"`
	Role        *string      `json:"role,omitempty" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin"`
	TeamID      patch[int64] `json:"team_id,omitzero" minimum:"1" doc:"null takes the person out of the home team."`
	IsActive    *bool        `json:"is_active,omitempty"`
	IsSuperuser *bool        `json:"is_superuser,omitempty"`
	Timezone    *string      `json:"timezone,omitempty" maxLength:"100"`
	_           struct{}     `json:"-" additionalProperties:"true"`
}

func (c UserChange) domain() account.UserPatch {
	return account.UserPatch{
		Email: c.Email, Password: c.Password, FullName: c.FullName, PhoneNumber: c.PhoneNumber, Role: (*account.Role)(c.Role),
		TeamID: zeroForNull(c.TeamID), IsActive: c.IsActive, IsSuperuser: c.IsSuperuser, Timezone: c.Timezone,
	}
}

// MeChange is what people may change about themselves.
type MeChange struct {
	Email       *string  `json:"email,omitempty" maxLength:"320" format:"email"`
	FullName    *string  `json:"full_name,omitempty" maxLength:"255"`
	PhoneNumber *string  `json:"phone_number,omitempty" maxLength:"50"`
	Timezone    *string  `json:"timezone,omitempty" maxLength:"100"`
	OldPassword *string  `json:"old_password,omitempty" maxLength:"1000" format:"password" doc:"Needed to change the password or the address."`
	Password    *string  `json:"password,omitempty" minLength:"8" maxLength:"128" format:"password"`
	_           struct{} `json:"-" additionalProperties:"true"`
}

// ByID is the input of operations on one thing.
type ByID struct {
	ID int64 `path:"id" example:"7"`
}

// listUsers is the query of the list of users.
type listUsers struct {
	Paging
	TeamID   int64  `query:"team_id" doc:"Who belongs to this team."`
	Role     string `query:"role" enum:"user,oncall_engineer,team_lead,manager,vp,cto,admin"`
	IsActive string `query:"is_active" enum:"true,false"`
	Query    string `query:"q" maxLength:"255" doc:"A part of the name or the e-mail address."`
}

func (s *server) users() {
	register(s, op(tagUsers, http.MethodGet, "/v1/users", "list-users", "List users"), s.listUsers)
	register(s, creates(op(tagUsers, http.MethodPost, "/v1/users", "create-user", "Create a user")), s.createUser)
	register(s, op(tagUsers, http.MethodGet, "/v1/users/me", "get-me", "Get myself"), s.me)
	register(s, described(op(tagUsers, http.MethodPut, "/v1/users/me", "update-me", "Change my profile or password"),
		"Changing the password ends all other sign-ins. Role, team and flags are not changed here."), s.updateMe)
	register(s, answers(op(tagUsers, http.MethodGet, "/v1/users/{id}", "get-user", "Get a user"), http.StatusNotFound), s.getUser)
	register(s, answers(op(tagUsers, http.MethodPut, "/v1/users/{id}", "update-user", "Change a user"), http.StatusNotFound, http.StatusConflict), s.updateUser)
	register(s, described(answers(op(tagUsers, http.MethodDelete, "/v1/users/{id}", "delete-user", "Delete a user"), http.StatusNotFound, http.StatusConflict),
		"Somebody to whom anything refers is deactivated instead."), s.deleteUser)
}

func (s *server) signup(ctx context.Context, by *account.Actor, in *answer[NewUser]) (*answer[User], error) {
	user, err := s.Accounts.Signup(ctx, by, in.Body.domain())
	return replyOr(wireUser(user), err)
}

func (s *server) me(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[User], error) {
	user, err := s.Accounts.GetUser(ctx, actor, actor.UserID)
	return replyOr(wireUser(user), err)
}

func (s *server) updateMe(ctx context.Context, actor account.Actor, in *answer[MeChange]) (*answer[User], error) {
	user, err := s.Accounts.UpdateMe(ctx, actor, account.MePatch{
		Email: in.Body.Email, FullName: in.Body.FullName, PhoneNumber: in.Body.PhoneNumber, Timezone: in.Body.Timezone,
		OldPassword: in.Body.OldPassword, Password: in.Body.Password,
	})
	return replyOr(wireUser(user), err)
}

func (s *server) listUsers(ctx context.Context, actor account.Actor, in *listUsers) (*page[User], error) {
	filter := account.UserFilter{
		TeamID: given(in.TeamID), Role: (*account.Role)(given(in.Role)), IsActive: yesOrNo(in.IsActive), Query: in.Query,
		Skip: in.Skip, Limit: in.Limit, Cursor: in.Cursor,
	}
	users, total, err := s.Accounts.ListUsers(ctx, actor, filter)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(users) == in.Limit {
		next = account.UserCursor(users[len(users)-1])
	}
	return paged(in.Paging, list(users, wireUser), total, false, next), nil
}

func (s *server) createUser(ctx context.Context, actor account.Actor, in *answer[NewUser]) (*answer[User], error) {
	user, err := s.Accounts.CreateUser(ctx, actor, in.Body.domain())
	return replyOr(wireUser(user), err)
}

func (s *server) getUser(ctx context.Context, actor account.Actor, in *ByID) (*answer[User], error) {
	user, err := s.Accounts.GetUser(ctx, actor, in.ID)
	return replyOr(wireUser(user), err)
}

func (s *server) updateUser(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body UserChange
},
) (*answer[User], error) {
	user, err := s.Accounts.UpdateUser(ctx, actor, in.ID, in.Body.domain())
	return replyOr(wireUser(user), err)
}

func (s *server) deleteUser(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	deactivated, err := s.Accounts.DeleteUser(ctx, actor, in.ID)
	switch {
	case err != nil:
		return nil, err
	case deactivated:
		return say("User deactivated: others refer to this person"), nil
	}
	return say("User deleted successfully"), nil
}
