package app

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// metrics is what /metrics shows. The product's gauges are counted in the background and kept in memory, so that a scrape asks
// the database nothing.
type metrics struct {
	registry *prometheus.Registry
	values   map[string]*atomic.Int64
	requests *prometheus.HistogramVec
	counted  *atomic.Int64 // microseconds since 1970 of the last count
}

const gaugesEvery = 5 * time.Second

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), values: map[string]*atomic.Int64{}, counted: &atomic.Int64{},
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_http_request_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method", "status"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests)
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tocsin_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 }))
	m.read("gauges_counted_timestamp_seconds", "When the tocsin gauges were last counted.", func() float64 { return float64(m.counted.Load()) / 1e6 })
	for _, g := range gauges {
		m.add(g.name, g.help)
	}
	m.add("nodes", "Nodes seen within the last minute.")
	return m
}

// count adds a number that only grows while the process lives.
func (m *metrics) count(name, help string, read func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "tocsin_" + name + "_total", Help: help},
		func() float64 { return float64(read()) }))
}

// countWork adds what this node's rooms have done since it started.
func (m *metrics) countWork(e *escalation.Service, n *notify.Service) {
	m.count("escalation_steps", "Escalation steps taken by this node.", func() int64 { return e.Stats().Steps })
	m.count("escalation_nobody", "Steps that found nobody to notify.", func() int64 { return e.Stats().Nobody })
	m.count("escalation_unreached", "Steps of which no provider took a page in time.", func() int64 { return e.Stats().Unreached })
	m.count("messages_sent", "Messages that providers took from this node.", func() int64 { return n.Stats().Sent })
	m.count("messages_failed", "Attempts to send that failed.", func() int64 { return n.Stats().Failures })
	m.count("messages_lost", "Attempts of senders that did not come back, taken over by this node.", func() int64 { return n.Stats().Lost })
	m.registry.MustRegister(breakerMetrics{n.Breakers})
}

// watchOver adds what the auditor counts. A kind is summed over all organisations.
func (m *metrics) watchOver(w *watch.Service) {
	for _, check := range watch.Checks() {
		m.read(string(check.Kind), check.Help, func() float64 { return float64(w.Picture().Count(check.Kind)) })
	}
	m.count("books_mended", "Incidents whose books the reconciler of this node has put right.", w.Mended)
	m.read("audited_timestamp_seconds", "When the auditor of this node last looked.", func() float64 {
		if at := w.Picture().At; !at.IsZero() {
			return float64(at.UnixMicro()) / 1e6
		}
		return 0
	})
}

// countHeartbeats adds what came of the outgoing heartbeat.
func (m *metrics) countHeartbeats(h *heartbeat) {
	m.count("heartbeats", "Outgoing heartbeats of this node that were taken.", h.sent.Load)
	m.count("heartbeat_failures", "Outgoing heartbeats of this node that were not taken.", h.failed.Load)
	m.read("heartbeat_timestamp_seconds", "When an outgoing heartbeat of this node was last taken.", h.lastCalled)
}

// read adds a gauge that is read when it is asked for; reading it costs nothing.
func (m *metrics) read(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tocsin_" + name, Help: help}, value))
}

func (m *metrics) add(name, help string) {
	value := &atomic.Int64{}
	m.values[name] = value
	m.read(name, help, func() float64 { return float64(value.Load()) })
}

// look reads every gauge in one transaction.
func (m *metrics) look(ctx context.Context, d *db.DB) error {
	return d.Read(ctx, func(tx *db.Tx) error {
		for _, g := range gauges {
			n, err := g.count(tx)
			if err != nil {
				return err
			}
			m.values[g.name].Store(n)
		}
		n, err := watch.CountNodes(tx)
		if err != nil {
			return err
		}
		m.values["nodes"].Store(n)
		m.counted.Store(tx.Now().UnixMicro())
		return nil
	})
}

// run counts until ctx ends. A count that fails keeps the last numbers: their age is a gauge of its own.
func (m *metrics) run(ctx context.Context, d *db.DB, clk clock.Clock, logger *slog.Logger) {
	for {
		if err := m.look(ctx, d); err != nil && ctx.Err() == nil {
			logger.DebugContext(ctx, "the gauges could not be counted", "error", err)
		}
		timer := clk.NewTimer(gaugesEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorHandling: promhttp.ContinueOnError})
}

// observe notes how long a request took. A stream's length says nothing, so routes that stream are left out by the doors.
func (m *metrics) observe(seen door.Seen) {
	m.requests.WithLabelValues(seen.Route, methodLabel(seen.Method), strconv.Itoa(seen.Status)).Observe(seen.Took.Seconds())
}

// methodLabel keeps the label's values few, whatever a client sends.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
