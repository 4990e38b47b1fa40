package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

const twoSteps = `{"name": "Shop", "conditions": {"severity": "high"}, "repeat": {"times": 0}, "steps": [
	{"delay_minutes": 0, "actions": [{"type": "notify", "target": "ann@example.com"}]},
	{"delay_minutes": 10, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`

func TestUnfinishedRunsAreShownWithTheirNextStep(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Ann", account.RoleOncallEngineer, "Shop")
		h.person("Bob", account.RoleTeamLead, "Shop")
		h.policy(twoSteps)
		first := h.alert("db down", incident.SeverityHigh)
		h.after(3 * time.Minute)
		second := h.alert("disk full", incident.SeverityHigh)
		h.after(time.Minute)

		running, err := h.Running(t.Context(), h.as("Ann"), []int64{first, second, 4711})
		if err != nil || len(running) != 2 || len(running[first]) != 1 {
			t.Fatalf("running: %v, %v", running, err)
		}
		view := running[first][0]
		if view.PolicyName != "Shop" || view.IncidentTitle != "db down" || view.Steps != 2 || view.NextStep != 1 {
			t.Errorf("shown is %+v", view)
		}
		if want := dbtest.Start.Add(10 * time.Minute); view.NextAt == nil || !view.NextAt.Equal(want) {
			t.Errorf("next at %v, want %v", view.NextAt, want)
		}

		if _, err := h.incidents.Snooze(t.Context(), h.root, first, h.clk.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		list, err := h.ListRunning(t.Context(), h.as("Ann"), 0)
		if err != nil || len(list) != 2 || list[0].IncidentID != second || list[1].IncidentID != first || list[1].NextAt != nil {
			t.Errorf("what is due comes first and what is paused last: %+v, %v", list, err)
		}
		if list, err := h.ListRunning(t.Context(), h.as("Ann"), 1); err != nil || len(list) != 1 {
			t.Errorf("limit 1: %v, %v", list, err)
		}

		if _, err := h.incidents.Resolve(t.Context(), h.root, first); err != nil {
			t.Fatal(err)
		}
		if running, err := h.Running(t.Context(), h.as("Ann"), []int64{first}); err != nil || len(running) != 0 {
			t.Errorf("a resolved incident has no unfinished run: %v, %v", running, err)
		}
	})
}

func TestTheFallbackRunIsShownByItsOwnName(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Root", account.RoleAdmin)
		id := h.alert("db down", incident.SeverityHigh)
		running, err := h.Running(t.Context(), h.as("Root"), []int64{id})
		if err != nil || len(running[id]) != 1 || running[id][0].PolicyName != FallbackName || running[id][0].Steps != 1 {
			t.Errorf("running: %+v, %v", running, err)
		}
	})
}

func TestRunsAreSeenByWhoSeesTheIncident(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Ann", account.RoleUser, "Shop")
		h.person("Eve", account.RoleUser, "Bank")
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		for _, who := range []struct {
			name  string
			actor account.Actor
			sees  int
		}{{"a member of the team", h.as("Ann"), 1}, {"a member of another team", h.as("Eve"), 0}, {"another organisation", stranger, 0}} {
			running, err := h.Running(t.Context(), who.actor, []int64{id})
			if err != nil || len(running) != who.sees {
				t.Errorf("%s is shown %v, %v", who.name, running, err)
			}
			if list, err := h.ListRunning(t.Context(), who.actor, 10); err != nil || len(list) != who.sees {
				t.Errorf("%s is listed %v, %v", who.name, list, err)
			}
		}
		for _, limit := range []int{-1, maxLimit + 1} {
			if _, err := h.ListRunning(t.Context(), h.root, limit); !fault.Is(err, fault.Invalid) {
				t.Errorf("limit %d: %v", limit, err)
			}
		}
	})
}
