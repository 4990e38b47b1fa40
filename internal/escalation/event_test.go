package escalation

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAnEventTellsWhoWasMeantWhoWasFoundAndWhy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(`{"name": "Shop's", "description": "for the shop", "steps": [{"delay_minutes": 0, "actions": [
			{"type": "notify", "recipients": ["oncall_engineer", "nobody@example.com", "meg@example.com"], "channels": ["ntfy"]}]}]}`)
		h.pager.unknown[h.people["Meg"].ID] = true
		id := h.alert("db down", incident.SeverityCritical, func(r *incident.Report) { r.Service = "checkout"; r.TeamID = new(h.team("Shop")) })
		h.settle()
		e := h.events(id)[0]
		if e.Policy == nil || e.Policy.ID != p.ID || e.Policy.Name != "Shop's" || e.Policy.Description != "for the shop" || e.PolicyVersion != 1 {
			t.Errorf("policy: %+v", e)
		}
		if i := e.Incident; i == nil || i.Title != "db down" || i.Service != "checkout" || i.Severity != "critical" || i.Team == nil || i.Team.Name != "Shop" {
			t.Errorf("incident: %+v", e.Incident)
		}
		m := e.Metadata
		for key, want := range map[string]any{
			"policy_name": "Shop's", "policy_version": 1.0, "severity": "critical", "service": "checkout", "triggered_by": "system",
			"delay_minutes": 0.0, "incident_age_seconds": 0.0,
		} {
			if m[key] != want {
				t.Errorf("%s is %v, want %v", key, m[key], want)
			}
		}
		ann := m["target_users"].([]any)[0].(map[string]any)
		if ann["email"] != "ann@example.com" || ann["name"] != "Ann" || ann["role"] != "oncall_engineer" || ann["via"] == "" ||
			ann["outcome"] != "paged" || ann["channels"].([]any)[0] != "ntfy" {
			t.Errorf("Ann: %v", ann)
		}
		if page := h.pager.since(&h.seen)[0]; page.Via != "role on-call engineer, by step 1 of Shop's" || page.EventID == nil || *page.EventID != e.ID || page.Title != "db down" {
			t.Errorf("the page says the same: %+v", page.Page)
		}
		if meg := m["target_users"].([]any)[1].(map[string]any); meg["outcome"] != "no_way_to_reach" {
			t.Errorf("Meg: %v", meg)
		}
		missing := m["missing"].([]any)[0].(map[string]any)
		if len(m["triggered_for"].([]any)) != 3 || missing["target"] != "nobody@example.com" || missing["why"] != "there is no active user nobody@example.com" {
			t.Errorf("missing: %v", m)
		}
	})
}

func TestEventsAreListedToWhoSeesTheirIncidents(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Tom", account.RoleUser, "Shop")
		h.person("Eve", account.RoleUser, "Bank")
		h.policy(`{"name": "All", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		ours := h.alert("db down", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.alert("disk full", incident.SeverityLow)
		gone := h.alert("deleted", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.settle()
		if err := h.incidents.Delete(t.Context(), h.as("Root"), gone); err != nil {
			t.Fatal(err)
		}
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		for _, who := range []struct {
			name  string
			actor account.Actor
			all   int
			one   bool
		}{
			{"an engineer", h.as("Ann"), 2, true},
			{"a member of the team", h.as("Tom"), 1, true},
			{"a member of another", h.as("Eve"), 0, false},
			{"another organisation", stranger, 0, false},
		} {
			page, err := h.ListEvents(t.Context(), who.actor, EventFilter{})
			if err != nil || len(page.Events) != who.all || page.Total != who.all {
				t.Errorf("%s sees %d of %d: %v", who.name, len(page.Events), page.Total, err)
			}
			_, err = h.ListEvents(t.Context(), who.actor, EventFilter{IncidentID: &ours})
			if (err == nil) != who.one || (err != nil && !fault.Is(err, fault.NotFound)) {
				t.Errorf("%s, of one incident: %v", who.name, err)
			}
		}
	})
}

func TestEventsArePagedNewestFirst(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "All", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		for _, title := range []string{"a", "b", "c", "d", "e"} {
			h.alert(title, incident.SeverityLow)
			h.settle()
		}
		var titles string
		f := EventFilter{Limit: 2}
		for range 3 {
			page := must[EventPage](t)(h.ListEvents(t.Context(), h.root, f))
			for _, e := range page.Events {
				titles += e.Incident.Title
			}
			if page.Total != 5 || page.Capped {
				t.Errorf("total %d", page.Total)
			}
			f.Cursor = page.Next
		}
		if titles != "edcba" || f.Cursor != "" {
			t.Errorf("read are %s, then %q", titles, f.Cursor)
		}
		page := must[EventPage](t)(h.ListEvents(t.Context(), h.root, EventFilter{Skip: 3, Limit: 10}))
		if len(page.Events) != 2 || page.Events[0].Incident.Title != "b" {
			t.Errorf("after three: %+v", page.Events)
		}
		_, err := h.ListEvents(t.Context(), h.root, EventFilter{Skip: -1, Limit: 1001, Cursor: "!"})
		if got := badFields(t, err); len(got) != 3 {
			t.Errorf("named are %v", got)
		}
	})
}
