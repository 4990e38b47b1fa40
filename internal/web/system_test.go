package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// beats has a node of another name and version say that it lives.
func (h *house) beats(name, version string) {
	h.t.Helper()
	deps := h.deps.Watch.Deps
	deps.Self = watch.Node{Name: name, Version: version, StartedAt: h.clk.Now()}
	if _, err := watch.New(deps).Beat(h.t.Context(), nil); err != nil {
		h.t.Fatal(err)
	}
}

func TestAdministratorsSeeTheNodesAndWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	admin := h.signIn(h.person("root", account.RoleAdmin))
	admin.get("/incidents").shows(`href="/system"`)
	h.beats("node-<1>", "v1.2")
	h.clk.Advance(2 * time.Minute)
	h.beats("node-2", "v1.3")
	admin.get("/system").shows("Tocsin v1.2 on SQLite", "node-&lt;1&gt;", "node-2", "v1.3", "1 of 2", "Gone", "Lives", `class="gone"`,
		"Nobody has looked yet", "Every provider takes what it is given", "Escalation steps are late", "None").hides("node-<1>")
	inc := h.incident(incident.NewIncident{Title: "db down", Severity: incident.SeverityCritical})
	h.clk.Advance(31 * time.Second)
	if _, _, err := h.deps.Watch.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin.get("/system").shows("#"+idText(inc.ID), "the log names steps that fail").hides("Nobody has looked yet")
}

func TestTheSystemPageShowsProvidersThatFail(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleOncallEngineer)
	admin := h.signIn(h.person("root", account.RoleAdmin))
	h.letters.answer = &notify.Outcome{Result: notify.Retry, Detail: "451 later"}
	h.page(ann, h.incident(incident.NewIncident{Title: "db down", Severity: incident.SeverityCritical}))
	if _, err := h.deps.Watch.Beat(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	admin.get("/system").shows("Failing", "E-mail", "node-1").hides("Every provider takes")
}

func TestTheSystemPageIsForAdministrators(t *testing.T) {
	h := newHouse(t)
	for _, role := range []account.Role{account.RoleUser, account.RoleManager, account.RoleVP} {
		b := h.signIn(h.person(string(role), role))
		b.get("/system").is(http.StatusForbidden)
		b.get("/incidents").hides(`href="/system"`)
	}
}

func TestWhatANodeSaysOfItself(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	stuck := watch.LoopReport{Name: "steps", Behind: 2 * time.Minute, Stuck: 2 * time.Minute}
	for name, c := range map[string]struct {
		node             watch.Node
		look, lag, clock string
		loops            string
	}{
		"well":        {watch.Node{SeenAt: now, ClockOffset: 3 * time.Millisecond}, "Lives", "none", "3ms slow", ""},
		"silent":      {watch.Node{SeenAt: now.Add(-61 * time.Second), Report: watch.Report{Loops: []watch.LoopReport{stuck}}}, "Gone", "none", "right", "Late: steps 2m0s"},
		"standing":    {watch.Node{SeenAt: now, Lag: 2 * time.Minute, Report: watch.Report{Loops: []watch.LoopReport{stuck}}}, "Stands still", "2m0s", "right", "Late: steps 2m0s"},
		"busy":        {watch.Node{SeenAt: now, Report: watch.Report{Loops: []watch.LoopReport{{Name: "steps", Behind: 31 * time.Second}}}}, "Lags", "none", "right", "Late: steps 31s"},
		"out of time": {watch.Node{SeenAt: now, ClockOffset: -11 * time.Second}, "Clock is off", "none", "11s fast", ""},
	} {
		if m := nodeModel(c.node, now); m.Look.Word != c.look || m.Lag != c.lag || m.Clock != c.clock || m.Loops != c.loops {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
