package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// component is what is known of one part the server needs.
type component struct {
	Status string `json:"status"` // "ok" or "failed"
	Detail string `json:"detail,omitempty"`

	cause error
}

// health is the answer of /health.
type health struct {
	Status    string               `json:"status"`
	Version   string               `json:"version"`
	Timestamp time.Time            `json:"timestamp"`
	Checks    map[string]component `json:"checks"`
}

// prober looks at the database in the background and keeps what it saw, so that the probes answer from memory: a balancer must
// get its answer when requests hold every connection and every hashing slot.
type prober struct {
	clock    clock.Clock
	logger   *slog.Logger
	version  string
	examine  func(ctx context.Context) map[string]component
	seen     atomic.Pointer[health]
	stopping atomic.Bool
}

const (
	probeEvery = time.Second
	probeBound = 2 * time.Second
	// A picture older than this means that the prober itself is stuck, which is no health.
	probeStale = 15 * time.Second
)

// run examines every second until ctx ends.
func (p *prober) run(ctx context.Context) {
	for {
		p.look(ctx)
		timer := p.clock.NewTimer(probeEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
	}
}

// look examines once and tells the log when the picture has changed.
func (p *prober) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeBound)
	defer cancel()
	picture := &health{Status: "ok", Version: p.version, Checks: p.examine(ctx)}
	for _, check := range picture.Checks {
		if check.Status != "ok" {
			picture.Status = "failed"
		}
	}
	picture.Timestamp = p.clock.Now()
	before := p.seen.Swap(picture)
	if before != nil && before.Status != picture.Status && !p.stopping.Load() {
		p.tell(picture)
	}
}

func (p *prober) tell(picture *health) {
	if picture.Status == "ok" {
		p.logger.Info("all is well again")
	}
	for name, check := range picture.Checks {
		if check.Status != "ok" {
			p.logger.Warn("a part has failed", "part", name, "detail", check.Detail, "error", check.cause)
		}
	}
}

// current is the last picture, failed when there is none or the prober is stuck.
func (p *prober) current() health {
	picture := p.seen.Load()
	now := p.clock.Now()
	if picture == nil {
		return health{Status: "failed", Version: p.version, Timestamp: now, Checks: map[string]component{"start": {Status: "failed", Detail: "The server is starting."}}}
	}
	answer := *picture
	if now.Sub(picture.Timestamp) > probeStale {
		answer.Status = "failed"
		answer.Checks = map[string]component{
			"prober": {Status: "failed", Detail: "Nothing has been examined since " + picture.Timestamp.Format(time.RFC3339) + "."},
		}
	}
	return answer
}

// serveHealth answers /health: 200 or 503, with the detail of every part.
func (p *prober) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer := p.current()
	writeProbe(w, answer.Status == "ok", answer)
}

// serveReady answers /readyz: whether requests should be sent here.
func (p *prober) serveReady(w http.ResponseWriter, _ *http.Request) {
	answer := p.current()
	if p.stopping.Load() {
		answer.Status = "failed"
		answer.Checks = map[string]component{"server": {Status: "failed", Detail: "The server is stopping."}}
	}
	writeProbe(w, answer.Status == "ok", answer)
}

// serveLive answers /livez: the process runs and serves. It asks for nothing else, for a restart mends no database.
func (p *prober) serveLive(w http.ResponseWriter, _ *http.Request) {
	writeProbe(w, true, map[string]string{"status": "ok"})
}

func writeProbe(w http.ResponseWriter, good bool, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !good {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // A client that went away needs no answer.
}
