package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

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

func TestStoreKnowsTheNodesThatLive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		nodes := func() (n int64) {
			write(t, d, func(tx *db.Tx) (err error) { n, err = countNodes(tx); return err })
			return n
		}
		live := func(name string) {
			write(t, d, func(tx *db.Tx) error { return beat(tx, name, "v1", dbtest.Start, 20*time.Millisecond) })
		}
		live("a")
		live("b")
		clk.Advance(50 * time.Second)
		live("a")
		if n := nodes(); n != 2 {
			t.Errorf("%d nodes after 50 s, want 2", n)
		}
		clk.Advance(15 * time.Second)
		if n := nodes(); n != 1 {
			t.Errorf("%d nodes when b is silent, want 1", n)
		}
		write(t, d, func(tx *db.Tx) error { return leave(tx, "a") })
		if n := nodes(); n != 0 {
			t.Errorf("%d nodes after the last left, want 0", n)
		}
	})
}

// What the gauges count when something is wrong is a matter for the stories; here every count must run on both databases.
func TestStoreCountsEveryGauge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		write(t, d, func(tx *db.Tx) error { return beat(tx, "a", "v1", dbtest.Start, 0) })
		m := newMetrics("v1")
		if err := m.look(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		m.handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		want := []string{"tocsin_nodes 1", `tocsin_build_info{version="v1"} 1`, "go_goroutines ", "process_open_fds "}
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
