package api

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/api/reference"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// Deps is what the REST door hangs on.
type Deps struct {
	Door          *door.Door
	Accounts      *account.Service
	Incidents     *incident.Service
	Catalog       *catalog.Catalog
	Escalations   *escalation.Service
	Notifications *notify.Service
	Intake        *intake.Service
	Watch         *watch.Service
	Clock         clock.Clock
	Logger        *slog.Logger
	Version       string // of the server, shown in the OpenAPI document
	PublicURL     string // without a slash at the end; intake URLs begin with it
}

// server holds the rooms for the handlers.
type server struct {
	Deps
	door   *door.Door
	api    huma.API
	routes *door.Routes
}

// New is everything under /v1, and the documentation pages /docs and /redoc.
func New(deps Deps) http.Handler {
	s := newServer(deps)
	ordinary, lane := s.door.API(checkInput(s.routes), classify), s.door.Lane(s.lane())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inLane(r.URL.Path) {
			lane.ServeHTTP(w, r)
			return
		}
		ordinary.ServeHTTP(w, r)
	})
}

func newServer(deps Deps) *server {
	setHuma()
	s := &server{Deps: deps, door: deps.Door, routes: door.NewRoutes(door.WriteProblem)}
	s.api = humago.New(s.routes, config(deps.Version))
	s.auth()
	s.recovery()
	s.sessions()
	s.users()
	s.teams()
	s.members()
	s.incidents()
	s.services()
	s.policies()
	s.escalation()
	s.ledger()
	s.simulation()
	s.reach()
	s.preferences()
	s.noticePreferences()
	s.notifications()
	s.integrations()
	s.intakeOperations()
	s.permissions()
	s.settings()
	s.system()
	s.templates()
	s.document()
	reference.Mount(s.routes)
	return s
}

// classify says which rate a request counts against: whatever takes a password is slow, the description of the API is free.
func classify(r *http.Request) door.Class {
	path := strings.TrimSuffix(r.URL.Path, "/")
	rest, ok := strings.CutPrefix(path, "/v1")
	short := strings.TrimPrefix(rest, "/auth")
	switch {
	case !ok || rest == "/openapi.json":
		return door.Unlimited
	case signInPaths[short], strings.HasPrefix(short, recoveryPrefix):
		return door.SignIn
	}
	return door.Ordinary
}
