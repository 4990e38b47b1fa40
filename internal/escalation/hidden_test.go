package escalation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const hooked = `"steps": [{"actions": [{"type": "webhook", "url": "https://example.org/hook", "headers": {"Authorization": "%s", "X-Env": "%s"}}]}]`

func TestWhoMayNotChangeAPolicySeesNoValuesOfHeaders(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Vic", account.RoleTeamLead, "Shop")
		p := h.policy(`{"name": "Told", ` + fmt.Sprintf(hooked, "Bearer s3cret", "prod") + `}`)
		draft := json.RawMessage(`{"description": "x", ` + fmt.Sprintf(hooked, Masked, Masked) + `}`)
		for name, sees := range map[string]bool{"root": true, "Vic": false} {
			actor := h.root
			if name != "root" {
				actor = h.as(name)
			}
			version := must[PolicyVersion](t)(h.Version(t.Context(), actor, p.ID, 1))
			seen := map[string]any{
				"the list":     must[[]Policy](t)(h.ListPolicies(t.Context(), actor)),
				"the policy":   must[Policy](t)(h.GetPolicy(t.Context(), actor, p.ID)).Definition,
				"its versions": must[[]PolicyVersion](t)(h.PolicyVersions(t.Context(), actor, p.ID)),
				"a version":    version,
				"a review":     must[Review](t)(h.Validate(t.Context(), actor, &p.ID, draft)).Policy.Definition,
			}
			for what, value := range seen {
				raw := string(must[[]byte](t)(json.Marshal(value)))
				if strings.Contains(raw, "s3cret") != sees || !strings.Contains(raw, "X-Env") {
					t.Errorf("%s sees in %s: %s", name, what, raw)
				}
			}
		}
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(`{`+fmt.Sprintf(hooked, "Bearer other", "prod")+`}`)))
		if raw := string(must[[]byte](t)(json.Marshal(must[Difference](t)(h.Diff(t.Context(), h.as("Vic"), p.ID, 1, 2))))); strings.Contains(raw, "s3cret") {
			t.Errorf("the difference tells %s", raw)
		}
	})
}

func TestAMaskedValueThatIsSavedStaysWhatItWas(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(`{"name": "Told", ` + fmt.Sprintf(hooked, "Bearer s3cret", "prod") + `}`)
		save := func(document string) (Policy, error) {
			return h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(document))
		}
		after := must[Policy](t)(save(`{` + fmt.Sprintf(hooked, Masked, "staging") + `}`))
		want := map[string]string{"Authorization": "Bearer s3cret", "X-Env": "staging"}
		if diff := cmp.Diff(want, after.Steps[0].Actions[0].Headers); diff != "" {
			t.Error(diff)
		}
		// What is secret goes to the URL that it was written for, and to no other.
		_, err := save(`{` + strings.Replace(fmt.Sprintf(hooked, Masked, "x"), "example.org", "elsewhere.org", 1) + `}`)
		if !fault.Is(err, fault.Invalid) || fault.From(err).Fields[0].Location != "body.steps[0].actions[0].headers.Authorization" {
			t.Errorf("another URL: %v", err)
		}
	})
}
