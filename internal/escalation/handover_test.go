package escalation

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func handsTo(policies ...string) string {
	var actions []string
	for _, name := range policies {
		actions = append(actions, `{"type": "policy", "policy": "`+name+`"}`)
	}
	return `"steps": [{"actions": [` + strings.Join(actions, ", ") + `]}]`
}

func TestAHandOverKeepsItsPolicyThoughThatIsRenamed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		night := h.policy(`{"name": "Night", "steps": []}`)
		day := h.policy(`{"name": "Day", ` + handsTo("night") + `}`)
		if got := day.Steps[0].Actions[0].Policy; got != text(night.ID) {
			t.Errorf("kept is %q, want the id %d", got, night.ID)
		}
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, night.ID, 0, json.RawMessage(`{"name": "Late"}`)))
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, day.ID, 0, json.RawMessage(`{"description": "still fine"}`)))
	})
}

func TestHandOversThatCannotBeAreRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		a := h.policy(`{"name": "A", "steps": []}`)
		b := h.policy(`{"name": "B", ` + handsTo("A") + `}`)
		c := h.policy(`{"name": "C", ` + handsTo("B") + `}`)
		ofShop := h.policy(`{"name": "Shop's", "team_id": ` + text(h.team("Shop")) + `, ` + handsTo("A") + `}`)
		h.policy(`{"name": "All's", ` + handsTo("Shop's") + `}`)
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		theirs := must[Policy](t)(h.CreatePolicy(t.Context(), stranger, json.RawMessage(`{"name": "Theirs", "steps": []}`)))
		for _, one := range []struct {
			name string
			id   int64 // 0: a new one
			body string
			want string
		}{
			{"nobody", 0, `{"name": "n", ` + handsTo("Nobody") + `}`, `there is no policy "Nobody"`},
			{"another organisation's", 0, `{"name": "n", ` + handsTo("Theirs") + `}`, `there is no policy "Theirs"`},
			{"another organisation's by id", 0, `{"name": "n", ` + handsTo(text(theirs.ID)) + `}`, `there is no policy "` + text(theirs.ID) + `"`},
			{"another team's", 0, `{"name": "n", "team_id": ` + text(h.team("Bank")) + `, ` + handsTo(text(ofShop.ID)) + `}`, "belongs to another team"},
			{"itself", a.ID, `{` + handsTo("A") + `}`, "hands over in a circle: A → A"},
			{"itself by its new name", a.ID, `{"name": "A2", ` + handsTo(text(a.ID)) + `}`, "hands over in a circle: A2 → A2"},
			{"through another", a.ID, `{` + handsTo("B") + `}`, "hands over in a circle: A → B → A"},
			{"through two others", a.ID, `{` + handsTo("C") + `}`, "hands over in a circle: A → C → B → A"},
		} {
			var err error
			if one.id == 0 {
				_, err = h.CreatePolicy(t.Context(), h.root, json.RawMessage(one.body))
			} else {
				_, err = h.UpdatePolicy(t.Context(), h.root, one.id, 0, json.RawMessage(one.body))
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "body.steps[0].actions[0].policy "+one.want) {
				t.Errorf("%s: %v", one.name, err)
			}
		}
		_, err := h.CreatePolicy(t.Context(), h.root, json.RawMessage(`{"name": "", "team_id": 4711, `+handsTo("A", "Nobody")+`}`))
		if diff := cmp.Diff([]string{"body.name", "body.steps[0].actions[1].policy", "body.team_id"}, badFields(t, err)); diff != "" {
			t.Errorf("every bad field is named: %s", diff)
		}
		if err := h.DeletePolicy(t.Context(), h.root, b.ID); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "C") {
			t.Errorf("deleted while another hands over to it: %v", err)
		}
		for _, id := range []int64{c.ID, b.ID} {
			if err := h.DeletePolicy(t.Context(), h.root, id); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestTwoHandOversSavedAtOnceMakeNoCircle(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for range 5 {
			a := h.policy(`{"name": "A", "steps": []}`)
			b := h.policy(`{"name": "B", "steps": []}`)
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, try := range []struct{ from, to int64 }{{a.ID, b.ID}, {b.ID, a.ID}} {
				wg.Go(func() {
					_, errs[i] = h.UpdatePolicy(t.Context(), h.root, try.from, 0, json.RawMessage(`{`+handsTo(text(try.to))+`}`))
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("one is saved and one refused: %v, %v", errs[0], errs[1])
			}
			for _, id := range []int64{a.ID, b.ID} {
				must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, id, 0, json.RawMessage(`{"steps": []}`)))
			}
			for _, id := range []int64{a.ID, b.ID} {
				if err := h.DeletePolicy(t.Context(), h.root, id); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
