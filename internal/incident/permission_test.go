package incident

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// TestWhoMayDoWhat goes through every verb for everybody who stands in some relation to an incident.
func TestWhoMayDoWhat(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop, search := h.team("Shop"), h.team("Search")
		reporter, assignee := h.person("reporter", account.RoleUser), h.person("assignee", account.RoleUser)
		const unseen, no, yes = fault.NotFound, fault.Forbidden, fault.Kind(0)
		people := []struct {
			name        string
			actor       account.Actor
			act, delete fault.Kind
		}{
			{"who reported it", reporter, yes, no},
			{"who is assigned", assignee, yes, no},
			{"a user of the team", h.person("member", account.RoleUser, shop), yes, no},
			{"a user of another team", h.person("other", account.RoleUser, search), unseen, unseen},
			{"a user of no team", h.person("nobody", account.RoleUser), unseen, unseen},
			{"an engineer of another team", h.person("engineer", account.RoleOncallEngineer, search), yes, no},
			{"a team lead of another team", h.person("lead", account.RoleTeamLead, search), yes, no},
			{"a manager", h.person("manager", account.RoleManager), yes, no},
			{"a vice president", h.person("vp", account.RoleVP), yes, no},
			{"an administrator", h.person("admin", account.RoleAdmin), yes, yes},
			{"the server", h.root, yes, yes},
			{"an administrator of another organisation", account.Actor{
				Kind: account.ActorUser, Org: dbtest.Organization(t, h.DB, "elsewhere"), UserID: reporter.UserID, Role: account.RoleAdmin,
			}, unseen, unseen},
			{"a tool", account.Actor{Kind: account.ActorIntegration, Org: dbtest.Org}, unseen, unseen},
		}
		title := "Still down"
		verbs := map[string]func(a account.Actor, id int64) error{
			"see":      func(a account.Actor, id int64) error { _, err := h.Get(t.Context(), a, id); return err },
			"comments": func(a account.Actor, id int64) error { _, err := h.Comments(t.Context(), a, id); return err },
			"timeline": func(a account.Actor, id int64) error { _, err := h.Timeline(t.Context(), a, id, 0, 0); return err },
			"abilities": func(a account.Actor, id int64) error {
				may, err := h.Abilities(t.Context(), a, id)
				if err == nil && (!may.Act || may.Delete != a.Can(account.Admin)) {
					t.Errorf("%s is told %+v", a.Name, may)
				}
				return err
			},
			"acknowledge": func(a account.Actor, id int64) error { _, err := h.Acknowledge(t.Context(), a, id); return err },
			"snooze": func(a account.Actor, id int64) error {
				_, err := h.Snooze(t.Context(), a, id, h.clk.Now().Add(time.Hour))
				return err
			},
			"unsnooze": func(a account.Actor, id int64) error { _, err := h.Unsnooze(t.Context(), a, id); return err },
			"edit": func(a account.Actor, id int64) error {
				_, err := h.Edit(t.Context(), a, id, Edit{Title: &title})
				return err
			},
			"assign": func(a account.Actor, id int64) error {
				_, err := h.Assign(t.Context(), a, id, assignee.UserID, "")
				return err
			},
			"comment": func(a account.Actor, id int64) error { _, err := h.Comment(t.Context(), a, id, "Hm."); return err },
			"resolve": func(a account.Actor, id int64) error { _, err := h.Resolve(t.Context(), a, id); return err },
			"reopen":  func(a account.Actor, id int64) error { _, err := h.Reopen(t.Context(), a, id); return err },
			"delete":  func(a account.Actor, id int64) error { return h.Delete(t.Context(), a, id) },
		}
		for name, do := range verbs {
			for _, p := range people {
				inc := h.reported(reporter, NewIncident{Title: "Down", TeamID: &shop})
				_, err := h.Assign(t.Context(), h.root, inc.ID, assignee.UserID, "")
				h.must(err)
				want := p.act
				if name == "delete" {
					want = p.delete
				}
				if err := do(p.actor, inc.ID); (err != nil || want != yes) && fault.KindOf(err) != want {
					t.Errorf("%s may %s: %v", p.name, name, err)
				}
				if p.act != unseen {
					continue
				}
				page, err := h.List(t.Context(), p.actor, Filter{IDs: []int64{inc.ID}})
				h.must(err)
				if page.Total.N != 0 || len(page.Incidents) != 0 || h.now(inc.ID).Version != inc.Version+1 {
					t.Errorf("%s sees or changed it by %s", p.name, name)
				}
			}
		}
	})
}

func TestNobodyMayActOnWhatIsNotThere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := h.reported(h.root, NewIncident{Title: "Down"})
		h.must(h.Delete(t.Context(), h.root, inc.ID))
		for _, id := range []int64{0, -1, inc.ID, inc.ID + 1} {
			_, err := h.Acknowledge(t.Context(), h.root, id)
			h.refused(err, fault.NotFound)
			_, err = h.Get(t.Context(), h.root, id)
			h.refused(err, fault.NotFound)
		}
		h.refused(h.Delete(t.Context(), h.root, inc.ID), fault.NotFound)
		link := account.Actor{Kind: account.ActorLink, Org: dbtest.Org}
		_, err := h.Create(t.Context(), link, NewIncident{Title: "By a link"})
		h.refused(err, fault.Forbidden)
	})
}
