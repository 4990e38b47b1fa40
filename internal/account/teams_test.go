package account

import (
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestMakingTeams(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		team, err := h.CreateTeam(t.Context(), h.actor(h.person("boss", RoleManager, 0)), NewTeam{Name: " Payments ", Description: "Cards\nand more"})
		if err != nil || team.Name != "Payments" || !team.IsActive || team.CreatedAt != h.clk.Now() {
			t.Fatalf("got %+v, %v", team, err)
		}
		wantKind(t, "the name again", errOf(h.CreateTeam(t.Context(), h.admin, NewTeam{Name: "Payments"})), fault.Duplicate)
		wantKind(t, "a team lead", errOf(h.CreateTeam(t.Context(), h.actor(h.person("lead", RoleTeamLead, team.ID)), NewTeam{Name: "Mine"})), fault.Forbidden)
		_, err = h.CreateTeam(t.Context(), h.admin, NewTeam{
			Name: " ", Description: strings.Repeat("x", maxDescription) + "\x00", DefaultPolicyID: new(int64(1)),
		})
		wantFields(t, err, "body.name", "body.description", "body.default_policy_id")
		if _, err := h.CreateTeam(t.Context(), h.neighbour(), NewTeam{Name: "Payments"}); err != nil {
			t.Errorf("the same name in another organisation: %v", err)
		}
	})
}

func TestEverybodySeesTheTeamsOfTheirOrganisation(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments, search := h.team("Payments"), h.team("Search_1")
		ann := h.person("ann", RoleUser, payments.ID)
		bob := h.person("bob", RoleUser, payments.ID)
		gone := h.person("gone", RoleUser, payments.ID)
		for _, u := range []User{ann, bob, gone} {
			if _, err := h.PutMember(t.Context(), h.admin, search.ID, u.ID, nil); err != nil {
				t.Fatal(err)
			}
		}
		// A membership beside the home does not count twice.
		if _, err := h.PutMember(t.Context(), h.admin, payments.ID, bob.ID, new(RoleTeamLead)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.UpdateUser(t.Context(), h.admin, gone.ID, UserPatch{IsActive: new(false)}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.UpdateTeam(t.Context(), h.admin, search.ID, TeamPatch{IsActive: new(false)}); err != nil {
			t.Fatal(err)
		}
		cases := map[string]struct {
			filter TeamFilter
			want   string
			total  int
		}{
			"all":          {TeamFilter{}, "Search_1 Payments", 2},
			"active":       {TeamFilter{IsActive: new(true)}, "Payments", 1},
			"by name":      {TeamFilter{Query: "h_"}, "Search_1", 1},
			"first":        {TeamFilter{Limit: 1}, "Search_1", 2},
			"second":       {TeamFilter{Skip: 1}, "Payments", 2},
			"after cursor": {TeamFilter{Cursor: TeamCursor(search)}, "Payments", 2},
		}
		for name, c := range cases {
			teams, total, err := h.ListTeams(t.Context(), h.actor(ann), c.filter)
			var names []string
			for _, team := range teams {
				names = append(names, team.Name)
				if team.UserCount != 2 {
					t.Errorf("%s has %d users", team.Name, team.UserCount)
				}
			}
			if got := strings.Join(names, " "); err != nil || got != c.want || total != c.total {
				t.Errorf("%s: %q of %d, %v", name, got, total, err)
			}
		}
		_, _, err := h.ListTeams(t.Context(), h.admin, TeamFilter{Skip: -1, Limit: -1, Cursor: "-4", Query: "a\x00"})
		wantFields(t, err, "query.skip", "query.limit", "query.cursor", "query.q")
		_, _, err = h.ListTeams(t.Context(), Actor{}, TeamFilter{})
		wantKind(t, "nobody", err, fault.Unauthenticated)

		theirs := h.neighbour()
		if teams, total, err := h.ListTeams(t.Context(), theirs, TeamFilter{}); err != nil || len(teams)+total != 0 {
			t.Errorf("the neighbour sees %v, %v", teams, err)
		}
		wantKind(t, "one team", errOf(h.GetTeam(t.Context(), theirs, payments.ID)), fault.NotFound)
		if team, err := h.GetTeam(t.Context(), h.actor(ann), payments.ID); err != nil || team.UserCount != 2 {
			t.Errorf("got %+v, %v", team, err)
		}
	})
}

// book is a policy book with one policy.
type book int64

func (b book) PolicyExists(_ *db.Tx, org, id int64) (bool, error) {
	return org == DefaultOrg && id == int64(b), nil
}

func TestChangingATeam(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.SetPolicies(book(7))
		payments := h.team("Payments")
		h.team("Search")
		lead := h.actor(h.person("lead", RoleTeamLead, payments.ID))
		team, err := h.UpdateTeam(t.Context(), lead, payments.ID, TeamPatch{
			Name: new("Billing"), Description: new("Invoices"), DefaultPolicyID: new(int64(7)),
		})
		if err != nil || team.Name != "Billing" || team.Description != "Invoices" || *team.DefaultPolicyID != 7 || team.UserCount != 1 {
			t.Errorf("got %+v, %v", team, err)
		}
		if team, err = h.UpdateTeam(t.Context(), lead, payments.ID, TeamPatch{DefaultPolicyID: new(int64(0))}); err != nil || team.DefaultPolicyID != nil || team.Name != "Billing" {
			t.Errorf("got %+v, %v", team, err)
		}
		wantKind(t, "a taken name", errOf(h.UpdateTeam(t.Context(), lead, payments.ID, TeamPatch{Name: new("Search")})), fault.Duplicate)
		_, err = h.UpdateTeam(t.Context(), lead, payments.ID, TeamPatch{Name: new(""), Description: new("\xff"), DefaultPolicyID: new(int64(8))})
		wantFields(t, err, "body.name", "body.description", "body.default_policy_id")
		wantKind(t, "a lead ends the team", errOf(h.UpdateTeam(t.Context(), lead, payments.ID, TeamPatch{IsActive: new(false)})), fault.Forbidden)
		member := h.actor(h.person("ann", RoleOncallEngineer, payments.ID))
		wantKind(t, "a member", errOf(h.UpdateTeam(t.Context(), member, payments.ID, TeamPatch{})), fault.Forbidden)
		wantKind(t, "unknown", errOf(h.UpdateTeam(t.Context(), h.admin, 404, TeamPatch{})), fault.NotFound)
		wantKind(t, "another organisation's", errOf(h.UpdateTeam(t.Context(), h.neighbour(), payments.ID, TeamPatch{})), fault.NotFound)
	})
}

func TestDeletingATeamRemovesOrDeactivates(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		fresh, used := h.team("Fresh"), h.team("Used")
		ann := h.person("ann", RoleUser, fresh.ID)
		bob := h.person("bob", RoleUser, used.ID)
		if _, err := h.PutMember(t.Context(), h.admin, fresh.ID, bob.ID, nil); err != nil {
			t.Fatal(err)
		}
		h.exec(`INSERT INTO escalation_policies (org_id, id, name, description, is_active, priority, team_id, conditions, steps,
			exclusive, is_fallback, version, created_at, updated_at) VALUES (?, 1, 'cards', '', ?, 0, ?, '{}', '[]', ?, ?, 1, ?, ?)`,
			DefaultOrg, true, used.ID, false, false, h.clk.Now(), h.clk.Now())

		wantKind(t, "a lead", errOf(h.DeleteTeam(t.Context(), h.actor(h.person("lead", RoleTeamLead, fresh.ID)), fresh.ID)), fault.Forbidden)
		wantKind(t, "another organisation's", errOf(h.DeleteTeam(t.Context(), h.neighbour(), fresh.ID)), fault.NotFound)
		if deactivated, err := h.DeleteTeam(t.Context(), h.admin, fresh.ID); err != nil || deactivated {
			t.Fatalf("deactivated %v, %v", deactivated, err)
		}
		wantKind(t, "a removed team", errOf(h.GetTeam(t.Context(), h.admin, fresh.ID)), fault.NotFound)
		if u, err := h.GetUser(t.Context(), h.admin, ann.ID); err != nil || u.TeamID != nil {
			t.Errorf("its people are %+v, %v", u, err)
		}
		if deactivated, err := h.DeleteTeam(t.Context(), h.admin, used.ID); err != nil || !deactivated {
			t.Fatalf("deactivated %v, %v", deactivated, err)
		}
		team, err := h.GetTeam(t.Context(), h.admin, used.ID)
		if err != nil || team.IsActive || team.UserCount != 1 {
			t.Errorf("a team with a policy is %+v, %v", team, err)
		}
		wantKind(t, "unknown", errOf(h.DeleteTeam(t.Context(), h.admin, fresh.ID)), fault.NotFound)
	})
}
