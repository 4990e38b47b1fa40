package escalation

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// finds is who the target stands for on the incident, by name, and why it is nobody.
func (h *house) finds(id int64, target string) (names []string, via, why string) {
	h.t.Helper()
	inc := h.incident(id)
	h.write(func(tx *db.Tx) error {
		r := h.resolver(tx, account.DefaultOrg, []int64{id})
		var err error
		if r.settings, err = h.accounts.OrgSettings(tx, account.DefaultOrg); err != nil {
			return err
		}
		found, err := r.resolve(target, inc)
		names, why = nil, found.Why
		for _, p := range found.People {
			names, via = append(names, p.User.Name()), p.Via
		}
		return err
	})
	return names, via, why
}

func (h *house) deactivates(name string) {
	h.t.Helper()
	must[account.User](h.t)(h.accounts.UpdateUser(h.t.Context(), h.root, h.people[name].ID, account.UserPatch{IsActive: new(false)}))
}

func TestWhomTargetsStandFor(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Amy", account.RoleOncallEngineer, "Shop")
		h.person("Tom", account.RoleUser, "Shop")
		h.person("Old", account.RoleTeamLead, "Shop")
		h.person("Vic", account.RoleVP, "Shop")
		h.person("Zoe", account.RoleOncallEngineer, "Bank")
		h.person("Leo", account.RoleTeamLead, "Lone")
		h.person("Pat", account.RoleUser, "Folk")
		h.team("Empty")
		h.deactivates("Old")
		ours := h.alert("db down", incident.SeverityHigh, of(h.service("checkout", "Shop")))
		theirs := h.alert("disk full", incident.SeverityHigh, of(h.service("ledger", "Bank")))
		none := h.alert("something", incident.SeverityHigh)
		reported := must[incident.Incident](t)(h.incidents.Create(t.Context(), h.as("Tom"), incident.NewIncident{Title: "slow"})).ID
		must[incident.Incident](t)(h.incidents.Assign(t.Context(), h.as("Meg"), ours, h.people["Tom"].ID, ""))
		for _, c := range []struct {
			id     int64
			target string
			want   string
			why    string
		}{
			{ours, "oncall_engineer", "Ann Amy", ""},
			{ours, "team_lead", "Bob", ""},
			{ours, "team", "Ann Bob Amy Tom Vic", ""},
			{ours, "manager", "Meg", ""}, // Of the organisation, for the team has none.
			{ours, "vp", "Vic", ""},
			{ours, "cto", "", "nobody in team Shop or the organisation is cto"},
			{ours, "assignees", "Tom", ""},
			{ours, "service_owner", "Ann Amy", ""},
			{ours, "admins", "Root", ""},
			{ours, "reporter", "", "no person reported it"},
			{ours, "ann@example.com", "Ann", ""},
			{ours, "OLD@example.com", "", "there is no active user old@example.com"},
			{ours, "nobody@example.com", "", "there is no active user nobody@example.com"},
			{ours, text(h.people["Zoe"].ID), "Zoe", ""},
			{ours, "4711", "", "there is no active user 4711"},
			{ours, "team:Bank", "Zoe", ""},
			{ours, "team:bank:oncall", "Zoe", ""},
			{ours, "team:" + text(h.team("Bank")), "Zoe", ""},
			{ours, "team:Bank:team_lead", "", "team Bank has no active team_lead"},
			{ours, "team:Nowhere", "", "there is no team Nowhere"},
			{ours, "team:Nowhere:vp", "", "there is no team Nowhere"},
			{ours, "team:Empty:oncall_engineer", "", "team Empty has no active members"},
			{ours, "team:Lone:oncall_engineer", "Leo", ""},
			{ours, "team:Folk:oncall_engineer", "Pat", ""},
			{ours, "org:oncall_engineer", "Ann Amy Zoe", ""},
			{ours, "fallback", "Root", ""},
			{ours, "gibberish", "", `"gibberish" is no target`},
			{theirs, "oncall_engineer", "Zoe", ""},
			{theirs, "assignees", "", "nobody active is assigned"},
			{none, "team", "", "the incident has no team"},
			{none, "oncall_engineer", "Ann Amy Zoe", ""},
			{none, "service_owner", "", "the incident's service is not in the catalogue"},
			{reported, "reporter", "Tom", ""},
		} {
			names, via, why := h.finds(c.id, c.target)
			if strings.Join(names, " ") != c.want || !strings.HasPrefix(why, c.why) || (c.why == "") != (why == "") || (via == "") != (c.want == "") {
				t.Errorf("%s of %d: %v (%s) %q, want %q %q", c.target, c.id, names, via, why, c.want, c.why)
			}
		}
	})
}

func TestTheFallbackContactsAreThoseOfTheSettings(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		id := h.alert("db down", incident.SeverityHigh)
		contacts := []int64{h.people["Meg"].ID, h.people["Bob"].ID}
		must[account.Settings](t)(h.accounts.UpdateSettings(t.Context(), h.root, account.SettingsPatch{FallbackContacts: &contacts}))
		if names, _, _ := h.finds(id, "fallback"); !slices.Equal(names, []string{"Meg", "Bob"}) {
			t.Errorf("found are %v", names)
		}
		h.deactivates("Meg")
		if names, _, _ := h.finds(id, "fallback"); !slices.Equal(names, []string{"Bob"}) {
			t.Errorf("found are %v", names)
		}
		h.deactivates("Bob")
		if names, via, _ := h.finds(id, "fallback"); !slices.Equal(names, []string{"Root"}) || !strings.Contains(via, "no fallback contact") {
			t.Errorf("found are %v, %s", names, via)
		}
	})
}

func TestWhoWasOnCallWhenItBeganAnswersWhileOfTheTeam(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Amy", account.RoleOncallEngineer, "Shop")
		h.person("Zoe", account.RoleOncallEngineer, "Bank")
		h.incidents.OnDuty = func(tx *db.Tx, org, teamID int64) ([]int64, error) { return []int64{h.people["Amy"].ID}, nil }
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		if names, via, _ := h.finds(id, "oncall_engineer"); !slices.Equal(names, []string{"Amy"}) || via != "on call when it began" {
			t.Errorf("found are %v, %s", names, via)
		}
		// A policy's own assignment makes nobody the engineer on call.
		h.write(func(tx *db.Tx) error {
			h.clk.Advance(1000)
			_, err := h.incidents.Apply(tx, account.DefaultOrg, []incident.Command{{
				IncidentID: id, Verb: incident.Assign, Actor: account.System(account.DefaultOrg, actorName), UserID: h.people["Bob"].ID,
			}})
			return err
		})
		if names, _, _ := h.finds(id, "oncall_engineer"); !slices.Equal(names, []string{"Amy"}) {
			t.Errorf("after an assignment by a policy: %v", names)
		}
		bank := new(h.team("Bank"))
		h.edits("Bob", id, incident.Edit{TeamID: &bank})
		if names, _, _ := h.finds(id, "oncall_engineer"); !slices.Equal(names, []string{"Zoe"}) {
			t.Errorf("once it is another team's: %v", names)
		}
		back := new(h.team("Shop"))
		h.edits("Bob", id, incident.Edit{TeamID: &back})
		h.deactivates("Amy")
		if names, _, _ := h.finds(id, "oncall_engineer"); !slices.Equal(names, []string{"Ann"}) {
			t.Errorf("once she is gone: %v", names)
		}
	})
}
