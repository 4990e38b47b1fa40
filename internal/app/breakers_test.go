package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestMetricsShowTheBreakerOfEachProvider(t *testing.T) {
	m := newMetrics("v1")
	m.registry.MustRegister(breakerMetrics{func() []notify.BreakerState {
		return []notify.BreakerState{
			{Channel: "email", Provider: "smtp", Standing: notify.BreakerOpen, Failures: 7},
			{Channel: "webhook", Provider: "a.example", Standing: notify.BreakerHalfOpen, Failures: 5},
			{Channel: "webhook", Provider: "b\xff", Standing: notify.BreakerClosed},
		}
	}})
	answer := httptest.NewRecorder()
	m.handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`tocsin_breaker_open{channel="email",provider="smtp"} 1`,
		`tocsin_breaker_open{channel="webhook",provider="a.example"} 0.5`,
		`tocsin_breaker_failures{channel="email",provider="smtp"} 7`,
	} {
		if !strings.Contains(answer.Body.String(), "\n"+line+"\n") {
			t.Errorf("the metrics lack %q", line)
		}
	}
	if answer.Code != http.StatusOK {
		t.Errorf("a strange provider makes the metrics answer %d", answer.Code)
	}
}
