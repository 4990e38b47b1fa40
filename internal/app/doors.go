package app

import (
	"net/http"

	"github.com/tocsinhq/tocsin/internal/api"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/web"
)

// doors puts the doors side by side. The probes stand before everything else: no limit, log or session concerns them.
func (a *App) doors() http.Handler {
	d := door.New(door.Deps{
		Accounts: a.accounts, TrustedProxies: parseNetworks(a.cfg.TrustedProxies), AllowedOrigins: a.cfg.CORSOrigins,
		Limits:    door.Limits{SignInPerMinute: a.cfg.AuthRate.N, OrdinaryPerMinute: a.cfg.Rate.N},
		PublicURL: a.URL(), Logger: a.host.Logger, Clock: a.host.Clock, Observe: a.metrics.observe,
	})
	pages := web.New(web.Deps{
		Door: d, Accounts: a.accounts, Incidents: a.incidents, Catalog: a.services, Escalations: a.escalations, Intake: a.intake,
		Notifications: a.notifications, Watch: a.watch, Hub: a.hub, Clock: a.host.Clock, Logger: a.host.Logger, PublicURL: a.URL(),
	})
	rest := api.New(api.Deps{
		Door: d, Accounts: a.accounts, Incidents: a.incidents, Catalog: a.services, Escalations: a.escalations, Notifications: a.notifications,
		Intake: a.intake, Watch: a.watch,
		Clock: a.host.Clock, Logger: a.host.Logger, Version: a.host.Version, PublicURL: a.URL(),
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", a.prober.serveLive)
	mux.HandleFunc("GET /readyz", a.prober.serveReady)
	mux.HandleFunc("GET /health", a.prober.serveHealth)
	mux.Handle("GET /metrics", a.metrics.handler())
	for _, path := range []string{"/v1/", "/docs", "/docs/", "/redoc"} {
		mux.Handle(path, rest)
	}
	mux.Handle("/", pages)
	return mux
}
