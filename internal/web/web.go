package web

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/static"
)

// Deps is what the pages are built from.
type Deps struct {
	Door          *door.Door
	Accounts      *account.Service
	Incidents     *incident.Service
	Catalog       *catalog.Catalog
	Escalations   *escalation.Service
	Intake        *intake.Service
	Notifications *notify.Service
	Watch         *watch.Service
	Hub           *live.Hub
	Clock         clock.Clock
	Logger        *slog.Logger
	PublicURL     string // of this server, without a slash at the end; what is shown to senders begins with it
}

type site struct {
	Deps
	routes *door.Routes
}

// New makes the handler of all pages.
func New(deps Deps) http.Handler {
	deps.PublicURL = strings.TrimSuffix(deps.PublicURL, "/")
	s := &site{Deps: deps}
	s.routes = door.NewRoutes(s.refuse)
	s.routes.Handle("GET /static/{hash}/{name...}", static.Handler())
	s.routeDoors()
	s.routeRecovery()
	s.routeLanding()
	s.routeInbox()
	s.routeIncident()
	s.routeIncidentActions()
	s.routeIncidentEdit()
	s.routeNewIncident()
	s.routePolicies()
	s.routeIntegrations()
	s.routeEscalations()
	s.routeNotifications()
	s.routeTemplates()
	s.routeServices()
	s.routeTeams()
	s.routeUsers()
	s.routeMe()
	s.routeSettings()
	s.routeSystem()
	s.routes.HandleFunc("GET /live", s.person(s.live))
	return deps.Door.Pages(s.sameOrigin(s.routes), classify, s.refuse)
}

// sameOrigin refuses unsafe requests that a page of another origin made the browser send. No token is needed in forms.
func (s *site) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if strings.HasPrefix(s.PublicURL, "http") {
		// Behind a proxy that changes Host, an old browser's Origin still names the public address. A wrong address is told by the
		// configuration; here it only means that nothing more is trusted.
		_ = protection.AddTrustedOrigin(originOf(s.PublicURL))
	}
	// A signed link is its own credential, and no cookie counts there: whoever may post to it may do so from anywhere, as the buttons
	// of messages in other programs do.
	protection.AddInsecureBypassPattern("POST " + landingPath + "{token}")
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, fault.New(fault.Forbidden, "cross_origin", "This form was sent by another site, so nothing was done."))
	}))
	return protection.Handler(next)
}

// originOf cuts an address after its host.
func originOf(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// passwordPaths take or reset a password.
var passwordPaths = []string{"/login", forgotPath, resetPath}

// classify says which rate a request counts against.
func classify(r *http.Request) door.Class {
	switch {
	case strings.HasPrefix(r.URL.Path, "/static/"):
		return door.Unlimited
	case r.Method == http.MethodPost && (slices.Contains(passwordPaths, r.URL.Path) || strings.HasPrefix(r.URL.Path, "/setup/")):
		return door.SignIn
	}
	return door.Ordinary
}
