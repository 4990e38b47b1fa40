package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// component is what is known of one part the server needs.
type component struct {
	Status string `json:"status"` // "ok", "warning" or "failed"
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
	picture := &health{Status: statusOK, Version: p.version, Checks: p.examine(ctx)}
	for _, check := range picture.Checks {
		if check.Status == statusFailed {
			picture.Status = statusFailed
		}
	}
	picture.Timestamp = p.clock.Now()
	before := p.seen.Swap(picture)
	if before != nil && before.Status != picture.Status && !p.stopping.Load() {
		p.tell(picture)
	}
}

func (p *prober) tell(picture *health) {
	if picture.Status == statusOK {
		p.logger.Info("all is well again")
	}
	for name, check := range picture.Checks {
		if check.Status == statusFailed {
			p.logger.Warn("a part has failed", "part", name, "detail", check.Detail, "error", check.cause)
		}
	}
}

// current is the last picture, failed when there is none or the prober is stuck.
func (p *prober) current() health {
	picture := p.seen.Load()
	now := p.clock.Now()
	if picture == nil {
		return health{Status: statusFailed, Version: p.version, Timestamp: now, Checks: map[string]component{"start": {Status: statusFailed, Detail: "The server is starting."}}}
	}
	answer := *picture
	if now.Sub(picture.Timestamp) > probeStale {
		answer.Status = statusFailed
		answer.Checks = map[string]component{
			"prober": {Status: statusFailed, Detail: "Nothing has been examined since " + picture.Timestamp.Format(time.RFC3339) + "."},
		}
	}
	return answer
}

// serveHealth answers /health: 200 or 503, with the detail of every part.
func (p *prober) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer := p.current()
	writeProbe(w, answer.Status == statusOK, answer)
}

// forRequests are the parts that a request needs. One that stands still although requests are answered, such as a loop, sends nobody away.
var forRequests = []string{"database", "writing", "schema", "clock", "start", "prober"}

// serveReady answers /readyz: whether requests should be sent here.
func (p *prober) serveReady(w http.ResponseWriter, _ *http.Request) {
	answer := p.current()
	needed := map[string]component{}
	answer.Status = statusOK
	for name, check := range answer.Checks {
		if slices.Contains(forRequests, name) {
			needed[name] = check
			if check.Status == statusFailed {
				answer.Status = statusFailed
			}
		}
	}
	answer.Checks = needed
	if p.stopping.Load() {
		answer.Status = statusFailed
		answer.Checks = map[string]component{"server": {Status: statusFailed, Detail: "The server is stopping."}}
	}
	writeProbe(w, answer.Status == statusOK, answer)
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
