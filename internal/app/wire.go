package app

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/work"
)

// wire makes the rooms, from the lowest floor up, and introduces them to each other. It is one straight function, so that who
// knows whom can be read in one place.
func (a *App) wire(_ context.Context, _ account.Keys) error {
	a.loop("node", beatEvery, a.beatOnce)
	a.handler = a.routes()
	return nil
}

// loop has a pass run in the background while the node works.
func (a *App) loop(name string, every time.Duration, once work.Pass) {
	a.loops = append(a.loops, work.NewLoop(name, every, once, a.host.Clock, a.host.Logger))
}

// routes puts the doors side by side. The probes stand before everything else: no limit, log or session concerns them.
func (a *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", a.prober.serveLive)
	mux.HandleFunc("GET /readyz", a.prober.serveReady)
	mux.HandleFunc("GET /health", a.prober.serveHealth)
	mux.Handle("GET /metrics", a.metrics.handler())
	return mux
}

// localURL is how a browser on the same machine reaches an address that is listened on.
func localURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://localhost"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
