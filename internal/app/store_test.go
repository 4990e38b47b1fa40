package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestStoreRefusesAnotherSecret(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		keep := func(value string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return keepKeyCheck(tx, value) })
		}
		if err := keep("first"); err != nil {
			t.Fatal(err)
		}
		if err := keep("first"); err != nil {
			t.Errorf("the same secret: %v", err)
		}
		if err := keep("second"); !fault.Is(err, fault.Conflict) {
			t.Errorf("another secret: %v", err)
		}
	})
}

// What the gauges count when something is wrong is a matter for the stories; here every count must run on both databases.
func TestStoreCountsEveryGauge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		m := newMetrics("v1")
		if err := m.look(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		m.handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		want := []string{"tocsin_nodes 0", `tocsin_build_info{version="v1"} 1`, "go_goroutines ", "process_open_fds "}
		for _, g := range gauges {
			want = append(want, "tocsin_"+g.name+" 0")
		}
		for _, line := range want {
			if !strings.Contains(answer.Body.String(), "\n"+line) {
				t.Errorf("the metrics lack %q", line)
			}
		}
	})
}
