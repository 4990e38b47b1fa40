package app

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// breakerMetrics show, for each provider that this node has sent by, whether it is given messages.
type breakerMetrics struct{ read func() []notify.BreakerState }

var (
	breakerOpen = prometheus.NewDesc("tocsin_breaker_open",
		"1 while a provider is given no messages because it fails again and again, 0.5 while one message tries it, else 0.", breakerLabels, nil)
	breakerFailures = prometheus.NewDesc("tocsin_breaker_failures", "Messages in a row in which a provider has failed this node.", breakerLabels, nil)
	breakerLabels   = []string{"channel", "provider"}

	standings = map[notify.BreakerStanding]float64{notify.BreakerClosed: 0, notify.BreakerHalfOpen: 0.5, notify.BreakerOpen: 1}
)

// Describe is prometheus.Collector's.
func (breakerMetrics) Describe(to chan<- *prometheus.Desc) { to <- breakerOpen; to <- breakerFailures }

// Collect is prometheus.Collector's.
func (b breakerMetrics) Collect(to chan<- prometheus.Metric) {
	for _, s := range b.read() {
		s.Provider = strings.ToValidUTF8(s.Provider, "\uFFFD") // Part of an address that somebody typed.
		to <- prometheus.MustNewConstMetric(breakerOpen, prometheus.GaugeValue, standings[s.Standing], s.Channel, s.Provider)
		to <- prometheus.MustNewConstMetric(breakerFailures, prometheus.GaugeValue, float64(s.Failures), s.Channel, s.Provider)
	}
}
