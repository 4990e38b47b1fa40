package escalation

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// codes are the locations and codes of the warnings.
func codes(warnings []Warning) (list []string) {
	for _, w := range warnings {
		list = append(list, w.Location+" "+w.Code)
	}
	return list
}

func TestAReviewSavesNothingAndSaysWhatSavingWould(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(`{"name": "Ladder", "steps": [{"actions": [{"type": "notify", "target": "team:Shop"}]}]}`)
		validate := func(id *int64, body string) Review {
			return must[Review](t)(h.Validate(t.Context(), h.root, id, json.RawMessage(body)))
		}
		for _, c := range []struct {
			name, body       string
			id               *int64
			errors, warnings []string
		}{
			{"a good one", `{"name": "New", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`, nil, nil, nil},
			{"a good change", `{"priority": 4}`, &p.ID, nil, nil},
			{"a bad one", `{"name": "", "steps": [{"actions": [{"type": "policy", "policy": "Nobody"}, {"type": "shout"}]}]}`, nil, []string{"body.steps[0].actions[1].type", "body.name", "body.steps[0].actions[0].policy"}, nil},
			{"a name that is taken", `{"name": "Ladder"}`, nil, []string{"body.name"}, nil},
			{"its own name", `{"name": "Ladder"}`, &p.ID, nil, nil},
			{"an odd one", `{"name": "New", "colour": "red", "steps": [{"actions": [{"type": "notify", "target": "team:Nowhere"}]}]}`, nil, nil, []string{" unknown_field", "steps[0].actions[0] may_reach_nobody"}},
		} {
			review := validate(c.id, c.body)
			var wrong []string
			for _, f := range review.Errors {
				wrong = append(wrong, f.Location)
			}
			if diff := cmp.Diff(c.errors, wrong) + cmp.Diff(c.warnings, codes(review.Warnings)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
			var err error
			if c.id == nil {
				var made Policy
				if made, err = h.CreatePolicy(t.Context(), h.root, json.RawMessage(c.body)); err == nil {
					if diff := cmp.Diff(codes(review.Warnings), codes(made.Warnings)); diff != "" {
						t.Errorf("%s: saving warns otherwise: %s", c.name, diff)
					}
					if err := h.DeletePolicy(t.Context(), h.root, made.ID); err != nil {
						t.Error(err)
					}
				}
				if (err == nil) != (len(review.Errors) == 0) {
					t.Errorf("%s: saving answers %v", c.name, err)
				}
			}
		}
		if _, err := h.Validate(t.Context(), h.root, nil, json.RawMessage(`[]`)); !fault.Is(err, fault.Malformed) {
			t.Errorf("what is no object: %v", err)
		}
		if list := must[[]Policy](t)(h.ListPolicies(t.Context(), h.root)); len(list) != 1 || list[0].Version != 1 {
			t.Errorf("saved are %+v", list)
		}
	})
}

func TestAReviewLooksAtWhoIsThereNow(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		for i := range 6 {
			h.person(fmt.Sprint("Crew", i), account.RoleUser, "Crew")
		}
		h.team("Empty")
		h.pager.unknown[h.people["Ann"].ID] = true
		review := func(document string) []string {
			t.Helper()
			r := must[Review](t)(h.Validate(t.Context(), h.root, nil, json.RawMessage(document)))
			if len(r.Errors) > 0 {
				t.Fatalf("%+v", r.Errors)
			}
			return codes(r.Warnings)
		}
		steps := func(targets ...string) string {
			list := ""
			for i, target := range targets {
				if i > 0 {
					list += ", "
				}
				list += `{"actions": [{"type": "notify", "target": "` + target + `"}]}`
			}
			return `"steps": [` + list + `]`
		}
		for _, c := range []struct {
			name, document string
			want           []string
		}{
			{"whoever it is without an incident", `{"name": "n", ` + steps("team", "oncall_engineer", "service_owner", "assignees", "reporter") + `}`, nil},
			{"a team of six", `{"name": "n", "team_id": ` + text(h.team("Crew")) + `, ` + steps("team", "assignees") + `}`, []string{"steps[0] many_people"}},
			{"a team without members", `{"name": "n", "team_id": ` + text(h.team("Empty")) + `, ` + steps("team") + `}`, []string{"steps[0].actions[0] may_reach_nobody"}},
			{"somebody without a way", `{"name": "n", ` + steps("ann@example.com", "bob@example.com") + `}`, []string{"steps[0].actions[0] no_way"}},
			{"a role that nobody has", `{"name": "n", ` + steps("org:cto") + `}`, []string{"steps[0].actions[0] may_reach_nobody"}},
			{"a service in the conditions", `{"name": "n", "conditions": {"service": "checkout"}, ` + steps("bob@example.com") + `}`, []string{"conditions.service unknown_service"}},
		} {
			if diff := cmp.Diff(c.want, review(c.document)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
		}
		h.service("checkout", "Shop", h.policy(`{"name": "Own", "steps": []}`))
		if got := review(`{"name": "n", "conditions": {"service": "CHECKOUT"}, ` + steps("bob@example.com") + `}`); got != nil {
			t.Errorf("a service of the catalogue is known: %v", got)
		}
		h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Crew")))
		if diff := cmp.Diff([]string{"steps[0] many_people"}, review(`{"name": "n", `+steps("team")+`}`)); diff != "" {
			t.Errorf("the latest incident stands for others: %s", diff)
		}
		if diff := cmp.Diff([]string{"conditions no_recent_match"}, review(`{"name": "n", "conditions": {"severity": "low"}, `+steps("bob@example.com")+`}`)); diff != "" {
			t.Errorf("conditions that nothing met: %s", diff)
		}
	})
}
