package escalation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestSimulateSaysWhoWouldBePagedIfNobodyAnswered(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		team := h.team("Shop")
		out := must[Forecast](t)(h.Simulate(t.Context(), h.root, Question{Incident: &Hypothesis{Severity: incident.SeverityCritical, TeamID: &team}}))
		want := []string{"0m Ann", "10m Bob", "20m Meg", "35m Ann", "45m Bob", "55m Meg", "70m exhausted", "70m Root", "130m Root"}
		if got := told(out)[:len(want)]; !slices.Equal(got, want) {
			t.Errorf("foreseen is %v, want %v", got, want)
		}
		h.isPaged("and nobody is paged by it")

		id := h.alert("db down", incident.SeverityCritical, ofTeam(team))
		h.after(12 * time.Minute)
		h.isPaged("meanwhile", "Ann", "Bob")
		out = must[Forecast](t)(h.Simulate(t.Context(), h.root, Question{IncidentID: &id}))
		if got := told(out)[:2]; !slices.Equal(got, []string{"8m Meg", "23m Ann"}) {
			t.Errorf("how it goes on: %v", got)
		}
	})
}

func TestSimulateOfADraftAndOfBadQuestions(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(ladder)
		team := h.team("Shop")
		draft := json.RawMessage(`{"steps": [{"delay_minutes": 3, "actions": [{"type": "notify", "target": "meg@example.com"}]}], "conditions": {"severity": "low"}}`)
		out := must[Forecast](t)(h.Simulate(t.Context(), h.root, Question{PolicyID: &p.ID, Draft: draft, Incident: &Hypothesis{TeamID: &team}}))
		if got := told(out)[:1]; !slices.Equal(got, []string{"3m Meg"}) || out.Matches == nil || *out.Matches {
			t.Errorf("foreseen is %v, matches %v", got, out.Matches)
		}
		for name, q := range map[string]Question{
			"a severity that is none": {Incident: &Hypothesis{Severity: "awful"}},
			"a team that is none":     {Incident: &Hypothesis{TeamID: &[]int64{999}[0]}},
			"a bad draft":             {Draft: json.RawMessage(`{"steps": [{"actions": [{"type": "dance"}]}]}`)},
		} {
			if _, err := h.Simulate(t.Context(), h.root, q); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, q := range map[string]Question{"no such policy": {PolicyID: &[]int64{999}[0]}, "no such incident": {IncidentID: &[]int64{999}[0]}} {
			if _, err := h.Simulate(t.Context(), h.root, q); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// told is a forecast in short: when, and who or what.
func told(f Forecast) (list []string) {
	for _, line := range f.Steps {
		what := line.Who
		if line.Kind != KindPage {
			what = line.Kind
		}
		list = append(list, fmt.Sprintf("%dm %s", int(line.At.Sub(f.At).Minutes()), what))
	}
	return list
}

// TestSimulateEqualsTheEngine has many incidents, each with policies of its own, foreseen first and then happen.
// TOCSIN_SIMULATED_WORLDS sets how many.
func TestSimulateEqualsTheEngine(t *testing.T) {
	worlds := 100
	if !dbtest.OnSQLite() {
		worlds = 10 // Each takes a race detector long, and nothing in them is concurrent.
	}
	if text := os.Getenv("TOCSIN_SIMULATED_WORLDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		worlds = n
	}
	together := min(worlds, 100)
	for first := 0; first < worlds; first += together {
		d, clk := dbtest.SQLite(t)
		foresee(t, newHouse(t, d, clk), uint64(first), together) //nolint:gosec // It is not negative.
	}
}

// worldsHorizon is how long a world is looked at.
const worldsHorizon = 3 * time.Hour

func foresee(t *testing.T, h *house, seed uint64, n int) {
	shop(h)
	h.person("Cid", account.RoleOncallEngineer, "Shop")
	h.person("Dan", account.RoleUser, "Dev")
	dice := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // A world that can be made again.
	h.pager.unknown[h.people["Dan"].ID] = dice.IntN(2) == 0
	h.holds([]int{0, 30, 60}[dice.IntN(3)])
	var ids []int64
	documents := map[int64][]string{}
	for i := range n {
		service := "service-" + strconv.Itoa(i)
		var list []string
		for k := range 1 + dice.IntN(3) {
			list = append(list, randomPolicy(dice, service, k))
			h.policy(list[k])
		}
		change := func(r *incident.Report) { r.Service = service }
		id := h.alert(service, []incident.Severity{incident.SeverityCritical, incident.SeverityHigh, incident.SeverityLow}[dice.IntN(3)],
			change, ofTeam(h.team([]string{"Shop", "Dev"}[dice.IntN(2)])))
		ids = append(ids, id)
		documents[id] = list
	}
	foreseen := map[int64][]string{}
	for _, id := range ids {
		out := must[Forecast](t)(h.Simulate(t.Context(), h.root, Question{IncidentID: &id}))
		for _, line := range out.Steps {
			if line.Kind == KindPage && line.At.Sub(out.At) <= worldsHorizon {
				foreseen[id] = append(foreseen[id], fmt.Sprintf("%s user %d", line.At.Format("15:04:05"), line.UserID))
			}
		}
	}
	h.after(worldsHorizon)
	happened := map[int64][]string{}
	for _, page := range h.pager.pages {
		happened[page.IncidentID] = append(happened[page.IncidentID], fmt.Sprintf("%s user %d", page.at.Format("15:04:05"), page.UserID))
	}
	for _, id := range ids {
		want, got := sorted(happened[id]), sorted(foreseen[id])
		if len(got) < maxForeseen && !slices.Equal(got, want) {
			t.Errorf("seed %d, incident %d, foreseen (-) and happened (+):\n%s\nof %v\npolicies\n%s", seed, id, cmp.Diff(got, want), want,
				strings.Join(documents[id], "\n"))
			return
		}
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func randomPolicy(dice *rand.Rand, service string, k int) string {
	one := func(list ...string) string { return list[dice.IntN(len(list))] }
	var steps []string
	delay := 0
	for range 1 + dice.IntN(4) {
		delay += dice.IntN(12)
		var actions []string
		for range 1 + dice.IntN(2) {
			actions = append(actions, one(
				`{"type": "notify", "target": "oncall_engineer"}`, `{"type": "notify", "target": "oncall_engineer"}`, `{"type": "notify_team_lead"}`,
				`{"type": "notify", "target": "meg@example.com"}`, `{"type": "notify", "target": "assignees"}`, `{"type": "notify", "target": "cto"}`,
				`{"type": "notify", "target": "dan@example.com"}`, `{"type": "notify", "target": "team", "pick": "round_robin"}`,
				`{"type": "notify", "target": "team", "pick": "random"}`, `{"type": "assign", "target": "bob@example.com"}`,
				`{"type": "change_status", "status": "acknowledged"}`, `{"type": "change_severity", "severity": "critical"}`,
				`{"type": "change_severity", "severity": "low"}`,
			))
		}
		extra := one("", "", "", "", `, "until": "resolved"`, `, "acknowledge": "all"`, `, "condition": {"severity": "critical"}`,
			`, "condition": {"alert_count": {"at_least": 2}}`, `, "wait_until": {"from": "10:30", "to": "18:00", "timezone": "UTC"}`)
		if dice.IntN(40) == 0 {
			extra = `, "wait_until": "on_call"`
		}
		steps = append(steps, fmt.Sprintf(`{"delay_minutes": %d, "actions": [%s]%s}`, delay, strings.Join(actions, ", "), extra))
	}
	more := one("", `, "repeat": {"times": 1, "every_minutes": 7}`, `, "repeat": {"times": 0, "every_minutes": 5}`) +
		one("", "", `, "ack_timeout_minutes": 20`) + one("", "", `, "exclusive": true`)
	severity := one("", "", `, "severity": "critical"`)
	return fmt.Sprintf(`{"name": "%s %d", "priority": %d, "conditions": {"service": "%s"%s}, "steps": [%s]%s}`,
		service, k, dice.IntN(3), service, severity, strings.Join(steps, ", "), more)
}
