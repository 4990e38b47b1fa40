package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
)

// operation is huma's description of one.
type operation = huma.Operation

// op describes an operation: "GET", "/v1/teams", "list-teams", "List the teams". The tag is the group it stands in.
func op(tag, method, path, id, summary string) operation {
	return operation{Tags: []string{tag}, Method: method, Path: path, OperationID: id, Summary: summary}
}

// creates marks an operation that answers 201.
func creates(o operation) operation {
	o.DefaultStatus = http.StatusCreated
	return o
}

// answers adds statuses that the operation may refuse with, besides those that every operation has.
func answers(o operation, statuses ...int) operation {
	o.Errors = append(o.Errors, statuses...)
	return o
}

// described adds what the summary does not say.
func described(o operation, text string) operation {
	o.Description = text
	return o
}

// register adds an operation for somebody who is signed in.
func register[I, O any](s *server, o operation, handler func(context.Context, account.Actor, *I) (*O, error)) {
	o.Security = []map[string][]string{{bearerScheme: {}}}
	o.Errors = append(o.Errors, http.StatusUnauthorized, http.StatusForbidden)
	o.Middlewares = huma.Middlewares{s.signedIn}
	add(s, o, func(ctx context.Context, in *I) (*O, error) { return handler(ctx, door.ActorFrom(ctx), in) })
}

// registerOpen adds an operation for anybody. by is who asks, if somebody does.
func registerOpen[I, O any](s *server, o operation, handler func(ctx context.Context, by *account.Actor, in *I) (*O, error)) {
	o.Security = []map[string][]string{{}, {bearerScheme: {}}}
	o.Errors = append(o.Errors, http.StatusUnauthorized, http.StatusForbidden)
	o.Middlewares = huma.Middlewares{s.perhapsSignedIn}
	add(s, o, func(ctx context.Context, in *I) (*O, error) {
		if actor := door.ActorFrom(ctx); actor.UserID != 0 {
			return handler(ctx, &actor, in)
		}
		return handler(ctx, nil, in)
	})
}

func add[I, O any](s *server, o operation, handler func(context.Context, *I) (*O, error)) {
	o.Errors = append(o.Errors, http.StatusBadRequest, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	if o.Method != http.MethodGet {
		o.Errors = append(o.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	slices.Sort(o.Errors)
	// The door has limited and timed the body, and checkInput has read it.
	o.MaxBodyBytes = -1
	o.BodyReadTimeout = time.Minute
	huma.Register(s.api, o, handler)
}

// signedIn lets in who shows a good credential.
func (s *server) signedIn(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if _, err := s.door.Actor(r); err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	next(ctx)
}

// perhapsSignedIn lets in who shows a good credential or none.
func (s *server) perhapsSignedIn(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	if s.door.Identify(r) == (account.Credential{}) {
		next(ctx)
		return
	}
	s.signedIn(ctx, next)
}

func statusKey(status int) string { return strconv.Itoa(status) }
