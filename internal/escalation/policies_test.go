package escalation

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

func TestWhoMaySeeAndChangePolicies(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Tom", account.RoleUser, "Shop")
		h.person("Ann", account.RoleOncallEngineer, "Shop")
		h.person("Bob", account.RoleTeamLead, "Shop")
		h.person("Zed", account.RoleTeamLead, "Bank")
		h.person("Meg", account.RoleManager)
		h.person("Root", account.RoleAdmin)
		ofShop := h.policy(`{"name": "Shop's", "team_id": ` + text(h.team("Shop")) + `, "steps": []}`)
		ofAll := h.policy(`{"name": "All's", "steps": []}`)
		for _, who := range []struct {
			name               string
			sees, shop, global bool
		}{
			{"Tom", false, false, false},
			{"Ann", true, false, false},
			{"Bob", true, true, false},
			{"Zed", true, false, false},
			{"Meg", true, true, true},
			{"Root", true, true, true},
		} {
			actor := h.as(who.name)
			allowed := func(what string, err error, want bool) {
				t.Helper()
				if got := err == nil; got != want || (err != nil && !fault.Is(err, fault.Forbidden)) {
					t.Errorf("%s: %s: %v, want %v", who.name, what, err, want)
				}
			}
			_, err := h.ListPolicies(t.Context(), actor)
			allowed("list", err, who.sees)
			_, err = h.GetPolicy(t.Context(), actor, ofShop.ID)
			allowed("see", err, who.sees)
			_, err = h.PolicyVersions(t.Context(), actor, ofShop.ID)
			allowed("see versions", err, who.sees)
			_, err = h.UpdatePolicy(t.Context(), actor, ofShop.ID, 0, json.RawMessage(`{"description": "changed"}`))
			allowed("change the team's", err, who.shop)
			_, err = h.UpdatePolicy(t.Context(), actor, ofShop.ID, 0, json.RawMessage(`{"team_id": null}`))
			allowed("give the team's to all", err, who.global)
			_, err = h.UpdatePolicy(t.Context(), h.root, ofShop.ID, 0, json.RawMessage(`{"team_id": `+text(h.team("Shop"))+`}`))
			allowed("give it back", err, true)
			_, err = h.UpdatePolicy(t.Context(), actor, ofAll.ID, 0, json.RawMessage(`{"description": "changed"}`))
			allowed("change everybody's", err, who.global)
			made, err := h.CreatePolicy(t.Context(), actor, json.RawMessage(`{"name": "`+who.name+`'s", "team_id": `+text(h.team("Shop"))+`, "steps": []}`))
			allowed("make one of the team", err, who.shop)
			if err != nil {
				made = ofShop
			}
			allowed("delete", h.DeletePolicy(t.Context(), actor, made.ID), who.shop)
			_, err = h.CreatePolicy(t.Context(), actor, json.RawMessage(`{"name": "`+who.name+`", "steps": []}`))
			allowed("make one for all", err, who.global)
		}
	})
}

func TestEachSaveOfAPolicyIsAVersionForGood(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Meg", account.RoleManager)
		first := must[Policy](t)(h.CreatePolicy(t.Context(), h.as("Meg"), json.RawMessage(ladder)))
		h.clk.Advance(time.Hour)
		second := must[Policy](t)(h.UpdatePolicy(t.Context(), h.as("Meg"), first.ID, 0, json.RawMessage(`{"name": "Ladder 2", "priority": 4, "steps": []}`)))
		if first.Version != 1 || second.Version != 2 || !second.CreatedAt.Equal(first.CreatedAt) || !second.UpdatedAt.After(first.UpdatedAt) {
			t.Errorf("%+v, %+v", first, second)
		}
		if len(second.Warnings) != 1 {
			t.Errorf("a policy without steps is told of: %v", second.Warnings)
		}
		read := must[Policy](t)(h.GetPolicy(t.Context(), h.root, first.ID))
		read.Warnings = second.Warnings
		if diff := cmp.Diff(second, read); diff != "" {
			t.Errorf("read again: %s", diff)
		}
		versions := must[[]PolicyVersion](t)(h.PolicyVersions(t.Context(), h.root, first.ID))
		if len(versions) != 2 || versions[0].Version != 2 || versions[0].Name != "Ladder 2" || versions[1].Name != "Ladder" {
			t.Fatalf("versions: %+v", versions)
		}
		if diff := cmp.Diff(first.Definition, versions[1].Definition); diff != "" || *versions[1].CreatedBy != h.people["Meg"].ID {
			t.Errorf("the first is kept as it was: %s", diff)
		}
		err := h.DB.Write(t.Context(), func(tx *db.Tx) error { return savePolicy(tx, second, nil) })
		if err == nil {
			t.Error("a version is not written twice")
		}
	})
}

func TestNamesOfPoliciesAreUniqueWhileTheyLive(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		one := h.policy(`{"name": "Shop", "steps": []}`)
		two := h.policy(`{"name": "Bank", "steps": []}`)
		if _, err := h.CreatePolicy(t.Context(), h.root, json.RawMessage(`{"name": "Shop", "steps": []}`)); !fault.Is(err, fault.Duplicate) {
			t.Errorf("create: %v", err)
		}
		if _, err := h.UpdatePolicy(t.Context(), h.root, two.ID, 0, json.RawMessage(`{"name": "Shop"}`)); !fault.Is(err, fault.Duplicate) {
			t.Errorf("rename: %v", err)
		}
		if versions := must[[]PolicyVersion](t)(h.PolicyVersions(t.Context(), h.root, two.ID)); len(versions) != 1 {
			t.Errorf("nothing half written: %+v", versions)
		}
		if err := h.DeletePolicy(t.Context(), h.root, one.ID); err != nil {
			t.Fatal(err)
		}
		h.policy(`{"name": "Shop", "steps": []}`)
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		must[Policy](t)(h.CreatePolicy(t.Context(), stranger, json.RawMessage(`{"name": "Shop", "steps": []}`)))
	})
}

func TestPoliciesOfAnotherOrganisationAreNotThere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := h.policy(ladder)
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		for name, try := range map[string]func(actor account.Actor, id int64) error{
			"get":      func(a account.Actor, id int64) error { _, err := h.GetPolicy(t.Context(), a, id); return err },
			"versions": func(a account.Actor, id int64) error { _, err := h.PolicyVersions(t.Context(), a, id); return err },
			"update": func(a account.Actor, id int64) error {
				_, err := h.UpdatePolicy(t.Context(), a, id, 0, json.RawMessage(`{"name": "mine"}`))
				return err
			},
			"delete": func(a account.Actor, id int64) error { return h.DeletePolicy(t.Context(), a, id) },
		} {
			if err := try(stranger, p.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s from another organisation: %v", name, err)
			}
			if err := try(h.root, 4711); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of an unknown one: %v", name, err)
			}
		}
		if list := must[[]Policy](t)(h.ListPolicies(t.Context(), stranger)); len(list) != 0 {
			t.Errorf("listed are %+v", list)
		}
		_, err := h.CreatePolicy(t.Context(), stranger, json.RawMessage(`{"name": "x", "team_id": `+text(h.team("Shop"))+`, "steps": []}`))
		if got := badFields(t, err); !slices.Equal(got, []string{"body.team_id"}) {
			t.Errorf("another organisation's team: %v", got)
		}
	})
}

func TestABadPolicyIsNotSaved(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		_, err := h.CreatePolicy(t.Context(), h.root, json.RawMessage(`{"name": "", "steps": [{"actions": [{"type": "shout"}]}]}`))
		if got := badFields(t, err); !slices.Equal(got, []string{"body.name", "body.steps[0].actions[0].type"}) {
			t.Errorf("named are %v", got)
		}
		p := h.policy(ladder)
		_, err = h.UpdatePolicy(t.Context(), h.root, p.ID, 0, json.RawMessage(`{"conditions": {"serverity": "high"}}`))
		if got := badFields(t, err); !slices.Equal(got, []string{"body.conditions.serverity"}) {
			t.Errorf("named are %v", got)
		}
		if list := must[[]Policy](t)(h.ListPolicies(t.Context(), h.root)); len(list) != 1 || list[0].Version != 1 {
			t.Errorf("saved are %+v", list)
		}
	})
}

func TestWhoIsNamedAndNotThereIsWarnedOf(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Old", account.RoleUser)
		h.deactivates("Old")
		p := h.policy(`{"name": "Shop", "steps": [{"actions": [{"type": "notify", "recipients": ["ann@example.com", "nobody@example.com", "team", "team:Shop"]}]},
			{"actions": [{"type": "assign", "target": "team:Nowhere:vp"}, {"type": "notify", "target": "` + text(h.people["Old"].ID) + `"}]}]}`)
		want := []string{
			"steps[0].actions[0] may reach nobody: there is no active user nobody@example.com.",
			"steps[1].actions[0] may reach nobody: there is no team Nowhere.",
			"steps[1].actions[1] may reach nobody: there is no active user " + text(h.people["Old"].ID) + ".",
		}
		var said []string
		for _, w := range p.Warnings {
			said = append(said, w.String())
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeletedPolicyIsForgottenWhereItWasNamed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(`{"name": "Own", "conditions": {"severity": "low"}, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		service := h.service("checkout", "Shop", p)
		h.alert("db down", incident.SeverityHigh, of(service))
		h.isPaged("by the service's own policy", "Meg")
		if err := h.DeletePolicy(t.Context(), h.root, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.services.Update(t.Context(), h.root, service.ID, catalog.ServicePatch{Description: new("still here")}); err != nil {
			t.Errorf("the service can still be changed: %v", err)
		}
		if _, err := h.GetPolicy(t.Context(), h.root, p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the policy: %v", err)
		}
	})
}

func TestEveryOrganisationHasOneFallbackPolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		other := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		nodes := []*Service{h.Service, h.node(live.New(h.DB, "two")), h.node(live.New(h.DB, "three"))}
		var wg sync.WaitGroup
		for _, node := range nodes {
			wg.Go(func() {
				if err := node.SeedFallback(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, actor := range []account.Actor{h.root, other} {
			list := must[[]Policy](t)(h.ListPolicies(t.Context(), actor))
			if len(list) != 1 || !list[0].IsFallback || !list[0].IsActive {
				t.Fatalf("policies: %+v", list)
			}
		}
		fallback := must[[]Policy](t)(h.ListPolicies(t.Context(), h.root))[0]
		if err := h.DeletePolicy(t.Context(), h.root, fallback.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("it cannot be deleted: %v", err)
		}
		h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(20 * time.Minute)
		h.isPaged("by the fallback policy", "Ann", "Bob", "Meg")
	})
}

func TestAPolicyThatIsCalledFallbackAlreadyKeepsItsName(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.policy(`{"name": "Fallback", "steps": []}`)
		h.policy(`{"name": "Fallback (2)", "steps": []}`)
		for range 2 {
			if err := h.SeedFallback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var last []string
		for _, p := range must[[]Policy](t)(h.ListPolicies(t.Context(), h.root)) {
			if p.IsFallback {
				last = append(last, p.Name)
			}
		}
		if !slices.Equal(last, []string{"Fallback (3)"}) {
			t.Errorf("seeded are %v", last)
		}
	})
}
