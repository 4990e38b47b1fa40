package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func ask(t *testing.T, handler http.HandlerFunc) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	return answer.Code, answer.Body.String()
}

func TestHealthFollowsTheDatabaseAndReadinessTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		examine := func(context.Context) map[string]component {
			if away.Load() {
				return map[string]component{"database": verdict(fault.New(fault.Unavailable, "away", "The database is away."))}
			}
			return map[string]component{"database": {Status: "ok"}}
		}
		p := &prober{clock: clock.System, logger: slog.New(slog.DiscardHandler), version: "v1", examine: examine}
		expect := func(what string, handler http.HandlerFunc, code int, text string) {
			t.Helper()
			if got, body := ask(t, handler); got != code || !strings.Contains(body, text) {
				t.Errorf("%s: got %d %s, want %d with %q", what, got, body, code, text)
			}
		}
		expect("before the first look", p.serveReady, 503, "starting")
		ctx, cancel := context.WithCancel(t.Context())
		go p.run(ctx)
		synctest.Wait()
		expect("all is well", p.serveHealth, 200, `"status":"ok"`)
		expect("ready", p.serveReady, 200, `"version":"v1"`)
		away.Store(true)
		time.Sleep(2 * time.Second)
		expect("database away", p.serveReady, 503, "The database is away.")
		expect("alive all the same", p.serveLive, 200, "ok")
		away.Store(false)
		time.Sleep(2 * time.Second)
		expect("database back", p.serveHealth, 200, `"status":"ok"`)
		p.stopping.Store(true)
		expect("stopping", p.serveReady, 503, "stopping")
		expect("healthy while stopping", p.serveHealth, 200, "ok")
		cancel()
		synctest.Wait()
		time.Sleep(time.Minute)
		expect("nobody looks any more", p.serveHealth, 503, "Nothing has been examined")
	})
}
