package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// Session is a browser that is signed in.
type Session struct {
	ID        int64     `json:"id" example:"12"`
	Address   string    `json:"address" example:"192.0.2.7" doc:"From where it signed in."`
	UserAgent string    `json:"user_agent"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at" doc:"When it was last used, to the hour."`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends unless it is used."`
	Current   bool      `json:"current" doc:"Whether it is the one that asks."`
}

func wireSession(s account.Session) Session { return Session(s) }

func (s *server) sessions() {
	twice(op(tagAuth, http.MethodGet, "/v1/auth/sessions", "list-sessions", "List the browsers I am signed in with"), func(o operation) {
		register(s, o, func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[[]Session], error) {
			sessions, err := s.Accounts.ListSessions(ctx, actor)
			return replyOr(list(sessions, wireSession), err)
		})
	})
	twice(op(tagAuth, http.MethodDelete, "/v1/auth/sessions", "end-other-sessions", "Sign out everywhere else"), func(o operation) {
		register(s, o, func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[Message], error) {
			if err := s.Accounts.EndOtherSessions(ctx, actor); err != nil {
				return nil, err
			}
			return say("Signed out everywhere else"), nil
		})
	})
	twice(answers(op(tagAuth, http.MethodDelete, "/v1/auth/sessions/{id}", "end-session", "Sign a browser out"), http.StatusNotFound), func(o operation) {
		register(s, o, func(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
			if err := s.Accounts.EndSessionByID(ctx, actor, in.ID); err != nil {
				return nil, err
			}
			return say("Session ended"), nil
		})
	})
}
