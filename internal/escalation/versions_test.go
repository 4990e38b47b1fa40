package escalation

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestAnEarlierVersionCanBeMadeTheNext(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		first := h.policy(`{"name": "Ladder", "description": "First", "priority": 3, "exclusive": true, "repeat": {"times": 1, "every_minutes": 5},
			"ack_timeout_minutes": 10, "conditions": {"expression": "incident.alert_count > 0", "time": {"days": "weekdays", "timezone": "UTC"}},
			"steps": [{"wait_until": "on_call", "until": "resolved", "condition": {"alert_count": {"at_least": 2}}, "actions": [{"type": "notify", "target": "team:Shop"}]}]}`)
		change := func(body string) Policy {
			return must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, first.ID, 0, json.RawMessage(body)))
		}
		change(`{"name": "Ladder 2", "description": "Second", "team_id": ` + text(h.team("Shop")) + `, "is_active": false, "priority": 0, "exclusive": false,
			"repeat": null, "ack_timeout_minutes": null, "conditions": {}, "steps": []}`)
		restored := must[Policy](t)(h.Restore(t.Context(), h.root, first.ID, 1, 0))
		if diff := cmp.Diff(first.Definition, restored.Definition); diff != "" {
			t.Errorf("what it does: %s", diff)
		}
		if restored.Version != 3 || restored.Description != "First" || restored.Name != "Ladder 2" || restored.IsActive || restored.TeamID == nil {
			t.Errorf("the rest stays: %+v", restored)
		}
		read := must[Policy](t)(h.GetPolicy(t.Context(), h.root, first.ID))
		if diff := cmp.Diff(restored, read, cmpopts.IgnoreFields(Policy{}, "Warnings")); diff != "" {
			t.Errorf("read again: %s", diff)
		}
		d := must[Difference](t)(h.Diff(t.Context(), h.root, first.ID, 1, 3))
		var said []string
		for _, c := range d.Changes {
			said = append(said, c.Sentence)
		}
		if diff := cmp.Diff([]string{"Name: Ladder → Ladder 2", "Active: yes → no", "Team: none → Shop"}, said); diff != "" || d.From.Version != 1 || d.To.Version != 3 {
			t.Errorf("since the first: %s", diff)
		}
		second := must[PolicyVersion](t)(h.Version(t.Context(), h.root, first.ID, 2))
		if second.Name != "Ladder 2" || second.Description != "Second" || second.IsActive || *second.TeamID != h.team("Shop") || len(second.Definition.Steps) != 0 {
			t.Errorf("the second: %+v", second)
		}
	})
}

func TestAVersionThatCannotBeSavedAnyMoreSaysWhy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		night := h.policy(`{"name": "Night", "steps": []}`)
		day := h.policy(`{"name": "Day", ` + handsTo("Night") + `}`)
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, day.ID, 0, json.RawMessage(`{"steps": []}`)))
		if err := h.DeletePolicy(t.Context(), h.root, night.ID); err != nil {
			t.Fatal(err)
		}
		_, err := h.Restore(t.Context(), h.root, day.ID, 1, 0)
		if diff := cmp.Diff([]string{"body.steps[0].actions[0].policy"}, badFields(t, err)); diff != "" {
			t.Error(diff)
		}
		if versions := must[[]PolicyVersion](t)(h.PolicyVersions(t.Context(), h.root, day.ID)); len(versions) != 2 {
			t.Errorf("nothing is saved: %+v", versions)
		}
	})
}

func TestWhoMaySeeCompareAndRestoreVersions(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Tom", account.RoleUser, "Shop")
		h.person("Ann", account.RoleOncallEngineer, "Shop")
		h.person("Bob", account.RoleTeamLead, "Shop")
		h.person("Zed", account.RoleTeamLead, "Bank")
		h.person("Meg", account.RoleManager)
		p := h.policy(`{"name": "Shop's", "team_id": ` + text(h.team("Shop")) + `, "steps": []}`)
		for _, who := range []struct {
			name          string
			sees, changes bool
		}{{"Tom", false, false}, {"Ann", true, false}, {"Bob", true, true}, {"Zed", true, false}, {"Meg", true, true}} {
			actor := h.as(who.name)
			allowed := func(what string, err error, want bool) {
				t.Helper()
				if got := err == nil; got != want || (err != nil && !fault.Is(err, fault.Forbidden)) {
					t.Errorf("%s: %s: %v, want %v", who.name, what, err, want)
				}
			}
			_, err := h.Version(t.Context(), actor, p.ID, 1)
			allowed("see", err, who.sees)
			_, err = h.Diff(t.Context(), actor, p.ID, 1, 1)
			allowed("compare", err, who.sees)
			_, err = h.Restore(t.Context(), actor, p.ID, 1, 0)
			allowed("restore", err, who.changes)
			review, err := h.Validate(t.Context(), actor, &p.ID, json.RawMessage(`{}`))
			allowed("validate", err, who.sees)
			if refused := len(review.Errors) > 0; who.sees && refused == who.changes {
				t.Errorf("%s: the review says %+v", who.name, review.Errors)
			}
		}
		for name, try := range map[string]func() error{
			"a version that never was": func() error { _, err := h.Version(t.Context(), h.root, p.ID, 99); return err },
			"restoring it":             func() error { _, err := h.Restore(t.Context(), h.root, p.ID, 99, 0); return err },
			"comparing with it":        func() error { _, err := h.Diff(t.Context(), h.root, p.ID, 99, 1); return err },
			"comparing it":             func() error { _, err := h.Diff(t.Context(), h.root, p.ID, 1, 99); return err },
			"an unknown policy's":      func() error { _, err := h.Version(t.Context(), h.root, 4711, 1); return err },
			"comparing an unknown's":   func() error { _, err := h.Diff(t.Context(), h.root, 4711, 1, 1); return err },
			"restoring an unknown's":   func() error { _, err := h.Restore(t.Context(), h.root, 4711, 1, 0); return err },
			"validating an unknown one": func() error {
				_, err := h.Validate(t.Context(), h.root, new(int64(4711)), json.RawMessage(`{}`))
				return err
			},
		} {
			if err := try(); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOfTwoSavesOfOneVersionOnlyTheFirstIsKept: also when both come at the same instant.
func TestOfTwoSavesOfOneVersionOnlyTheFirstIsKept(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := h.policy(`{"name": "Night", "steps": []}`)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				if i%2 == 0 {
					_, errs[i] = h.UpdatePolicy(t.Context(), h.root, p.ID, p.Version, json.RawMessage(`{"description": "`+text(int64(i))+`"}`))
				} else {
					_, errs[i] = h.Restore(t.Context(), h.root, p.ID, 1, p.Version)
				}
			})
		}
		wg.Wait()
		kept := 0
		for _, err := range errs {
			if err == nil {
				kept++
			} else if !fault.Is(err, fault.Stale) {
				t.Errorf("who comes second is told that it is stale: %v", err)
			}
		}
		now := must[Policy](t)(h.GetPolicy(t.Context(), h.root, p.ID))
		if kept != 1 || now.Version != p.Version+1 {
			t.Errorf("%d were kept, and it is at version %d", kept, now.Version)
		}
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(`{"description": "whatever is there"}`)))
	})
}
