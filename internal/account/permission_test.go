package account

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// cells is the permission table written out by hand: one letter per role in the order of Roles, "-" not at all, "t" in one's
// teams, "A" in the whole organisation.
var cells = map[Permission]string{
	ReportIncident:     "AAAAAAA",
	SeeTeamIncidents:   "tAAAAAA",
	ActOnTeamIncidents: "tAAAAAA",
	SeeAllIncidents:    "-AAAAAA",
	ActOnAnyIncident:   "-AAAAAA",
	OverrideOwnShift:   "-ttAAAA",
	OverrideShift:      "--tAAAA",
	ManageTeamObjects:  "--tAAAA",
	ManageTeamMembers:  "--tAAAA",
	ManageAllObjects:   "---AAAA",
	ReadAdmin:          "----AAA",
	Admin:              "------A",
}

func TestEveryCellOfThePermissionTable(t *testing.T) {
	if len(Table()) != len(cells) {
		t.Fatalf("the table has %d rows, the test knows %d", len(Table()), len(cells))
	}
	mine, other := int64(7), int64(8)
	for permission, row := range cells {
		for i, role := range Roles() {
			t.Run(string(permission)+"/"+string(role), func(t *testing.T) {
				actor := Actor{Kind: ActorUser, Role: role, Teams: map[int64]Role{mine: ""}}
				everywhere, inMine := row[i] == 'A', row[i] != '-'
				if got := actor.Can(permission); got != everywhere {
					t.Errorf("in the organisation: %v, want %v", got, everywhere)
				}
				if got := actor.CanIn(permission, &mine); got != inMine {
					t.Errorf("in one's team: %v, want %v", got, inMine)
				}
				if got := actor.CanIn(permission, &other); got != everywhere {
					t.Errorf("in another team: %v, want %v", got, everywhere)
				}
				if got := actor.CanIn(permission, nil); got != everywhere {
					t.Errorf("of no team: %v, want %v", got, everywhere)
				}
			})
		}
	}
}

func TestSuperusersAndTheServerMayDoEverythingAndSendersNothing(t *testing.T) {
	for permission := range cells {
		if !(Actor{Kind: ActorUser, Role: RoleUser, Superuser: true}).Can(permission) {
			t.Errorf("a superuser may not %s", permission)
		}
		if !System(1, "escalation").Can(permission) {
			t.Errorf("the server may not %s", permission)
		}
		for _, kind := range []ActorKind{ActorIntegration, ActorLink, ""} {
			team := int64(7)
			actor := Actor{Kind: kind, Role: RoleAdmin, Superuser: true, Teams: map[int64]Role{team: RoleAdmin}}
			if actor.Can(permission) || actor.CanIn(permission, &team) {
				t.Errorf("a %q actor may %s", kind, permission)
			}
		}
	}
}

func TestARoleInATeamCountsThereAndOnlyThere(t *testing.T) {
	payments, search := int64(1), int64(2)
	ann := Actor{Kind: ActorUser, Role: RoleUser, Teams: map[int64]Role{payments: RoleTeamLead, search: ""}}
	if !ann.CanIn(ManageTeamMembers, &payments) {
		t.Error("the lead of payments may not manage its members")
	}
	if ann.CanIn(ManageTeamMembers, &search) || ann.Can(ManageTeamMembers) {
		t.Error("leading payments must not reach beyond it")
	}
	bob := Actor{Kind: ActorUser, Role: RoleTeamLead, Teams: map[int64]Role{payments: RoleUser}}
	if bob.CanIn(ManageTeamObjects, &payments) {
		t.Error("a plain member of payments must not manage it, whatever he leads elsewhere")
	}
	eve := Actor{Kind: ActorUser, Role: RoleUser, Teams: map[int64]Role{payments: RoleAdmin}}
	for _, permission := range []Permission{Admin, ReadAdmin, ManageAllObjects, SeeAllIncidents, ActOnAnyIncident} {
		if eve.CanIn(permission, &payments) {
			t.Errorf("a role in one team must not bring %s", permission)
		}
	}
}

func TestTheTableHandedOutIsACopy(t *testing.T) {
	rows := Table()
	rows[0].Scopes[RoleUser] = "changed"
	if diff := cmp.Diff(ScopeAll, Table()[0].Scopes[RoleUser]); diff != "" {
		t.Error(diff)
	}
}

func TestParseRole(t *testing.T) {
	for _, role := range Roles() {
		if got, ok := ParseRole(string(role)); !ok || got != role {
			t.Errorf("ParseRole(%q) = %q, %v", role, got, ok)
		}
	}
	for _, unknown := range []string{"", "Admin", "superuser", "oncall"} {
		if _, ok := ParseRole(unknown); ok {
			t.Errorf("ParseRole(%q) accepts it", unknown)
		}
	}
	if !slices.IsSortedFunc(Roles(), func(a, b Role) int { return a.rank() - b.rank() }) {
		t.Error("the roles are not in order")
	}
}

func TestForbidSaysThePhraseThatClientsLookFor(t *testing.T) {
	err := Forbid("manage users")
	if !fault.Is(err, fault.Forbidden) || err.Error() != "Not enough permissions: you may not manage users." {
		t.Errorf("got %v", err)
	}
}
