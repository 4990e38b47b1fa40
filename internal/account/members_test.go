package account

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestWhoBelongsToATeam(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann := h.person("ann", RoleOncallEngineer, payments.ID)
		bob := h.person("bob", RoleUser, 0)
		lead := h.actor(h.person("lead", RoleTeamLead, payments.ID))
		member, err := h.PutMember(t.Context(), lead, payments.ID, bob.ID, new(RoleOncallEngineer))
		if err != nil || member.User.ID != bob.ID || *member.Role != RoleOncallEngineer {
			t.Fatalf("got %+v, %v", member, err)
		}
		list, err := h.ListMembers(t.Context(), lead, payments.ID)
		if err != nil || len(list) != 3 || list[0].UserID != ann.ID || list[0].Role != nil || list[1].UserID != bob.ID ||
			*list[1].Role != RoleOncallEngineer || list[0].User.PhoneNumber == "" {
			t.Fatalf("got %+v, %v", list, err)
		}
		if list, err := h.ListMembers(t.Context(), h.actor(bob), payments.ID); err != nil || len(list) != 3 || list[0].User.PhoneNumber != "" {
			t.Errorf("a member sees %+v, %v", list, err)
		}
		stranger := h.actor(h.person("stranger", RoleUser, 0))
		wantKind(t, "a stranger", errOf(h.ListMembers(t.Context(), stranger, payments.ID)), fault.Forbidden)
		wantKind(t, "another organisation", errOf(h.ListMembers(t.Context(), h.neighbour(), payments.ID)), fault.NotFound)

		for _, u := range []User{ann, bob} {
			if err := h.RemoveMember(t.Context(), lead, payments.ID, u.ID); err != nil {
				t.Errorf("remove %s: %v", u.FullName, err)
			}
			wantKind(t, "remove again", h.RemoveMember(t.Context(), lead, payments.ID, u.ID), fault.NotFound)
			if h.actor(u).MemberOf(&payments.ID) {
				t.Errorf("%s still belongs to it", u.FullName)
			}
		}
	})
}

func TestWhoMayManageMembers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments, search := h.team("Payments"), h.team("Search")
		bob := h.person("bob", RoleUser, 0)
		lead := h.actor(h.person("lead", RoleTeamLead, payments.ID))
		manager := h.actor(h.person("manager", RoleManager, 0))
		put := func(actor Actor, team int64, role *Role) error {
			return errOf(h.PutMember(t.Context(), actor, team, bob.ID, role))
		}

		wantKind(t, "in another's team", put(lead, search.ID, nil), fault.Forbidden)
		wantKind(t, "a member oneself", put(h.actor(h.person("ann", RoleOncallEngineer, payments.ID)), payments.ID, nil), fault.Forbidden)
		wantKind(t, "a role above one's own", put(lead, payments.ID, new(RoleManager)), fault.Forbidden)
		wantKind(t, "a manager makes a VP", put(manager, payments.ID, new(RoleVP)), fault.Forbidden)
		wantFields(t, put(lead, payments.ID, new(Role("boss"))), "body.role")
		if err := put(manager, search.ID, new(RoleManager)); err != nil {
			t.Errorf("a manager in any team: %v", err)
		}
		if err := put(h.admin, payments.ID, new(RoleCTO)); err != nil {
			t.Errorf("an administrator: %v", err)
		}
		wantKind(t, "take a higher role away", put(lead, payments.ID, nil), fault.Forbidden)
		wantKind(t, "remove who is above", h.RemoveMember(t.Context(), lead, payments.ID, bob.ID), fault.Forbidden)
		wantKind(t, "an unknown person", errOf(h.PutMember(t.Context(), lead, payments.ID, 404, nil)), fault.NotFound)
		wantKind(t, "an unknown team", put(manager, 404, nil), fault.NotFound)
		wantKind(t, "another organisation's team", put(h.neighbour(), payments.ID, nil), fault.NotFound)
		if _, err := h.UpdateTeam(t.Context(), h.admin, search.ID, TeamPatch{IsActive: new(false)}); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "a team that is not active", put(manager, search.ID, nil), fault.Conflict)
	})
}

func TestWhatOtherRoomsAskAboutPeople(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		other := h.team("payments")
		ann := h.person("ann", RoleOncallEngineer, payments.ID)
		bob := h.person("bob", RoleTeamLead, payments.ID)
		far := h.person("far", RoleOncallEngineer, 0)
		gone := h.direct(NewUser{Email: "gone@example.com", Role: RoleOncallEngineer, TeamID: &payments.ID, IsActive: new(false)})
		for member, role := range map[int64]*Role{bob.ID: new(RoleOncallEngineer), far.ID: new(RoleUser)} {
			if _, err := h.PutMember(t.Context(), h.admin, payments.ID, member, role); err != nil {
				t.Fatal(err)
			}
		}
		neighbour := h.neighbour()
		h.read(func(tx *db.Tx) error {
			inTeam, err1 := h.UsersWithRole(tx, DefaultOrg, &payments.ID, RoleOncallEngineer)
			wantPeople(t, "engineers of the team", inTeam, ann, bob)
			everywhere, err2 := h.UsersWithRole(tx, DefaultOrg, nil, RoleOncallEngineer)
			wantPeople(t, "engineers of the organisation", everywhere, ann, far)
			members, err3 := h.MembersOf(tx, DefaultOrg, payments.ID)
			wantPeople(t, "members", members, ann, bob, far)
			admins, err4 := h.Admins(tx, DefaultOrg)
			wantPeople(t, "administrators", admins, User{ID: h.admin.UserID})
			foreign, err5 := h.MembersOf(tx, neighbour.Org, payments.ID)
			wantPeople(t, "seen from elsewhere", foreign)

			byID, err6 := h.UsersByID(tx, DefaultOrg, []int64{gone.ID, ann.ID, neighbour.UserID, 404})
			if len(byID) != 2 || byID[gone.ID].Email != "gone@example.com" {
				t.Errorf("by id: %v", byID)
			}
			byEmail, err7 := h.UsersByEmail(tx, DefaultOrg, []string{"ANN@example.com", neighbour.Email, "nobody@example.com"})
			if len(byEmail) != 1 || byEmail["ann@example.com"].ID != ann.ID {
				t.Errorf("by address: %v", byEmail)
			}
			for name, want := range map[string]int64{"Payments": payments.ID, "payments": other.ID, "PAYMENTS": payments.ID, "Search": 0} {
				team, found, err := h.TeamByName(tx, DefaultOrg, name)
				if err != nil || found != (want != 0) || team.ID != want {
					t.Errorf("team %s is %+v, %v", name, team, err)
				}
			}
			_, found, err8 := h.TeamByID(tx, neighbour.Org, payments.ID)
			orgs, err9 := h.Organizations(tx)
			if found || len(orgs) != 2 || orgs[0].ID != DefaultOrg || orgs[0].Slug != "default" {
				t.Errorf("found %v; organisations %+v", found, orgs)
			}
			for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9} {
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func wantPeople(t *testing.T, what string, got []User, want ...User) {
	t.Helper()
	same := len(got) == len(want)
	for i := range got {
		same = same && got[i].ID == want[i].ID
	}
	if !same {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestNamesForScreens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann, bob := h.person("ann", RoleUser, payments.ID), h.person("bob", RoleUser, 0)
		h.direct(NewUser{Email: "gone@example.com", FullName: "gone", IsActive: new(false), TeamID: &payments.ID})
		zoe := h.person("zoe", RoleOncallEngineer, 0)
		if _, err := h.PutMember(t.Context(), h.admin, payments.ID, zoe.ID, nil); err != nil {
			t.Fatal(err)
		}
		neighbour := h.neighbour()
		people, err := h.People(t.Context(), h.actor(ann), []int64{bob.ID, neighbour.UserID, 404})
		if err != nil || len(people) != 1 || people[bob.ID].FullName != "bob" || people[bob.ID].PhoneNumber != "" {
			t.Errorf("got %+v, %v", people, err)
		}
		wantKind(t, "nobody", errOf(h.People(t.Context(), Actor{}, nil)), fault.Unauthenticated)

		colleagues := func(actor Actor, query string) []User {
			list, err := h.Colleagues(t.Context(), actor, query, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range list {
				if u.PhoneNumber != "" {
					t.Errorf("the number of %s is shown", u.FullName)
				}
			}
			return list
		}
		wantPeople(t, "of a plain user", colleagues(h.actor(ann), ""), ann, zoe)
		wantPeople(t, "of one without a team", colleagues(h.actor(bob), ""), bob)
		wantPeople(t, "of an engineer", colleagues(h.actor(zoe), ""), ann, bob, User{ID: h.admin.UserID}, zoe)
		wantPeople(t, "whom an engineer looks for", colleagues(h.actor(zoe), "BO"), bob)
		wantFields(t, errOf(h.Colleagues(t.Context(), h.admin, "\xff", -1)), "query.q", "query.limit")
	})
}
