package api

import (
	"log/slog"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/work"
)

func TestSystemGolden(t *testing.T) {
	h := newHouse(t)
	h.admin.post("/v1/incidents", m{"title": "db down", "severity": "critical"})
	h.clk.Advance(time.Minute)
	loops := []*work.Loop{work.NewLoop("steps", time.Second, h.deps.Escalations.Steps, h.clk, slog.New(slog.DiscardHandler))}
	if _, err := h.deps.Watch.Beat(t.Context(), loops); err != nil {
		t.Fatal(err)
	}
	h.clk.Advance(time.Minute + time.Second)
	if _, _, err := h.deps.Watch.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &script{h: h}
	s.do("as an administrator", h.admin, "GET", "/v1/system", nil).is(200)
	s.do("as a manager", h.person("max", account.RoleManager, 0), "GET", "/v1/system", nil).is(403)
	s.do("as nobody", h.nobody(), "GET", "/v1/system", nil).is(401)
	s.is("system")
}
