package escalation

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// spoil has the database hold what this program cannot read, as after a newer one wrote it.
func (h *house) spoil(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		n, err := tx.Exec(query, args...)
		if err == nil && n == 0 {
			h.t.Error("nothing was spoilt")
		}
		h.Hub.Publish(tx, live.Notice{Org: account.DefaultOrg, Topic: live.TopicConfig})
		return err
	})
}

func TestARunWhoseVersionCannotBeReadPagesTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		spoilt := h.policy(`{"name": "Spoilt", "conditions": {"service": "a"}, "steps": [{"delay_minutes": 5, "actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Good", "conditions": {"service": "b"}, "steps": [{"delay_minutes": 5, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		of := func(name string) func(r *incident.Report) { return func(r *incident.Report) { r.Service = name } }
		bad := h.alert("a is down", incident.SeverityCritical, of("a"))
		good := h.alert("b is down", incident.SeverityCritical, of("b"))
		h.spoil(`UPDATE escalation_policy_versions SET definition = ? WHERE policy_id = ?`, `{"steps": "five"}`, spoilt.ID)
		h.after(5*time.Minute - time.Second)
		h.isPaged("before its time")
		h.after(time.Second)
		h.isPaged("each by its run", "Root", "Bob")
		if runs := h.runs(bad); len(runs) != 1 || runs[0].NextAt != nil && !runs[0].NextAt.After(h.clk.Now()) {
			t.Errorf("it is not tried on every pass: %+v", runs)
		}
		h.tells(bad, "escalation", "paging Root")
		must[incident.Incident](t)(h.incidents.Acknowledge(t.Context(), h.as("Bob"), good))
		must[incident.Incident](t)(h.incidents.Acknowledge(t.Context(), h.as("Bob"), bad))
	})
}

func TestAPolicyThatCannotBeReadLeavesItsPlaceToTheFallbackPolicy(t *testing.T) {
	for column, value := range map[string]string{"conditions": `{"severity": {"at": "least"}}`, "steps": `[{"wait_until": "easter"}]`, "repeat": `"often"`} {
		eachHouse(t, func(t *testing.T, h *house) {
			shop(h)
			if err := h.SeedFallback(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := h.policy(`{"name": "Spoilt", "exclusive": true, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
			h.policy(`{"name": "Second", "conditions": {"severity": "low"}, "steps": [{"actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
			h.spoil(`UPDATE escalation_policies SET `+column+` = ? WHERE id = ?`, value, p.ID)
			h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
			h.isPaged("by the fallback policy", "Ann")
			h.alert("slow", incident.SeverityLow, ofTeam(h.team("Shop")))
			h.isPaged("by what comes after it", "Bob")

			read := must[Policy](t)(h.GetPolicy(t.Context(), h.root, p.ID))
			if !read.Unreadable || len(read.Warnings) != 1 || read.Warnings[0].Code != "unreadable" || len(read.Steps) != 0 {
				t.Errorf("it is shown as what it is: %+v", read)
			}
			if _, err := h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(`{"description": "x"}`)); !fault.Is(err, fault.Conflict) {
				t.Errorf("a change would lose the rest: %v", err)
			}
			restored := must[Policy](t)(h.Restore(t.Context(), h.root, p.ID, 1, 0))
			if restored.Unreadable || len(restored.Steps) != 1 || !restored.Exclusive {
				t.Errorf("an earlier version mends it: %+v", restored)
			}
			h.alert("db down again", incident.SeverityHigh, ofTeam(h.team("Shop")))
			h.isPaged("by the policy again", "Meg")
		})
	}
}

func TestAVersionThatCannotBeReadIsNoneToCompareOrRestore(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := h.policy(`{"name": "Spoilt", "steps": []}`)
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(`{"priority": 1}`)))
		h.spoil(`UPDATE escalation_policy_versions SET definition = ? WHERE policy_id = ? AND version = 1`, `[]`, p.ID)
		list := must[[]PolicyVersion](t)(h.PolicyVersions(t.Context(), h.root, p.ID))
		if len(list) != 2 || list[0].Unreadable || !list[1].Unreadable {
			t.Errorf("the list shows it: %+v", list)
		}
		if _, err := h.Restore(t.Context(), h.root, p.ID, 1, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("restore: %v", err)
		}
		if _, err := h.Diff(t.Context(), h.root, p.ID, 1, 2); !fault.Is(err, fault.Conflict) {
			t.Errorf("diff: %v", err)
		}
	})
}
