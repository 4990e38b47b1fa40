package account

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestAnAdministratorMakesUsersAndNobodyElse(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		n := NewUser{
			Email: " Ann@Example.com ", Password: goodPassword, FullName: "Ann Miller", PhoneNumber: "+49 30 1234",
			Role: RoleManager, TeamID: &payments.ID, Timezone: "Europe/Berlin",
		}
		for _, role := range Roles() {
			_, err := h.CreateUser(t.Context(), Actor{Kind: ActorUser, Org: DefaultOrg, Role: role}, NewUser{})
			if role == RoleAdmin {
				wantFields(t, err, "body.email", "body.password")
			} else {
				wantKind(t, string(role), err, fault.Forbidden)
			}
		}
		wantKind(t, "nobody", errOf(h.CreateUser(t.Context(), Actor{}, n)), fault.Unauthenticated)
		ann, err := h.CreateUser(t.Context(), h.admin, n)
		if err != nil {
			t.Fatal(err)
		}
		read, err := h.GetUser(t.Context(), h.admin, ann.ID)
		if err != nil || read.Email != "Ann@Example.com" || read.Role != RoleManager || *read.TeamID != payments.ID || !read.IsActive ||
			read.CreatedAt != h.clk.Now() {
			t.Errorf("read back %+v, %v", read, err)
		}
		for _, email := range []string{"ann@example.com", "ANN@EXAMPLE.COM"} {
			n.Email = email
			wantKind(t, email, errOf(h.CreateUser(t.Context(), h.admin, n)), fault.Duplicate)
		}
		wantKind(t, "the same address in another organisation", errOf(h.CreateUser(t.Context(), h.neighbour(), NewUser{
			Email: "ann@example.com", Password: goodPassword,
		})), fault.Duplicate)
	})
}

func TestEveryWrongFieldOfAUserIsNamedAtOnceAndNothingIsWritten(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		bad := NewUser{
			Email: "ann\x00@example.com", Password: "\xff\xfe", FullName: strings.Repeat("x", 256), PhoneNumber: "call me",
			Role: "boss", TeamID: new(int64(404)), Timezone: "Mars",
		}
		fields := []string{"body.email", "body.full_name", "body.phone_number", "body.role", "body.team_id", "body.timezone"}
		_, err := h.CreateUser(t.Context(), h.admin, bad)
		wantFields(t, err, append(fields, "body.password")...)
		_, err = h.UpdateUser(t.Context(), h.admin, h.admin.UserID, UserPatch{
			Email: &bad.Email, FullName: &bad.FullName, PhoneNumber: &bad.PhoneNumber, Role: &bad.Role, TeamID: bad.TeamID,
			Timezone: &bad.Timezone, Password: new("short"),
		})
		wantFields(t, err, append(fields, "body.password")...)
		theirs := h.neighbour()
		foreign, err := h.CreateTeam(t.Context(), theirs, NewTeam{Name: "Foreign"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.CreateUser(t.Context(), h.admin, NewUser{Email: "a@example.com", Password: goodPassword, TeamID: &foreign.ID})
		wantFields(t, err, "body.team_id")
		old := h.team("Old")
		if _, err := h.UpdateTeam(t.Context(), h.admin, old.ID, TeamPatch{IsActive: new(false)}); err != nil {
			t.Fatal(err)
		}
		_, err = h.CreateUser(t.Context(), h.admin, NewUser{Email: "a@example.com", Password: goodPassword, TeamID: &old.ID})
		wantFields(t, err, "body.team_id")
		if n := h.count("users"); n != 2 {
			t.Errorf("%d users", n)
		}
	})
}

func TestWhoMayReadUsers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleManager, 0)
		vp := h.actor(h.person("vp", RoleVP, 0))
		for _, err := range []error{
			errOf(h.GetUser(t.Context(), h.actor(ann), ann.ID)), errOf(h.GetUser(t.Context(), vp, ann.ID)),
			errOf(h.GetUser(t.Context(), System(DefaultOrg, "test"), ann.ID)),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		wantKind(t, "another", errOf(h.GetUser(t.Context(), h.actor(ann), vp.UserID)), fault.Forbidden)
		wantKind(t, "unknown", errOf(h.GetUser(t.Context(), vp, 404)), fault.NotFound)
		wantKind(t, "another organisation's", errOf(h.GetUser(t.Context(), h.neighbour(), ann.ID)), fault.NotFound)
		_, _, err := h.ListUsers(t.Context(), h.actor(ann), UserFilter{})
		wantKind(t, "list", err, fault.Forbidden)
		wantKind(t, "a reader changes", errOf(h.UpdateUser(t.Context(), vp, ann.ID, UserPatch{})), fault.Forbidden)
		wantKind(t, "a reader deletes", errOf(h.DeleteUser(t.Context(), vp, ann.ID)), fault.Forbidden)
	})
}

func TestListingUsers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann := h.person("ann", RoleTeamLead, payments.ID)
		bob := h.person("bob_b", RoleUser, 0)
		h.direct(NewUser{Email: "gone@example.com", FullName: "100% gone", IsActive: new(false)})
		if _, err := h.PutMember(t.Context(), h.admin, payments.ID, bob.ID, nil); err != nil {
			t.Fatal(err)
		}
		h.neighbour()
		cases := []struct {
			name   string
			filter UserFilter
			want   string
			total  int
		}{
			{"all", UserFilter{}, "gone bob_b ann root", 4},
			{"a team", UserFilter{TeamID: &payments.ID}, "bob_b ann", 2},
			{"a role", UserFilter{Role: new(RoleTeamLead)}, "ann", 1},
			{"the inactive", UserFilter{IsActive: new(false)}, "gone", 1},
			{"a part of the name", UserFilter{Query: "BOB_"}, "bob_b", 1},
			{"wildcards are letters", UserFilter{Query: "%"}, "gone", 1},
			{"an escape is a letter", UserFilter{Query: "!"}, "", 0},
			{"a part of the address", UserFilter{Query: "NN@exa"}, "ann", 1},
			{"the second two", UserFilter{Skip: 2, Limit: 2}, "ann root", 4},
			{"after a cursor", UserFilter{Cursor: UserCursor(ann)}, "root", 4},
			{"beyond the end", UserFilter{Skip: 100}, "", 4},
		}
		for _, c := range cases {
			users, total, err := h.ListUsers(t.Context(), h.admin, c.filter)
			var names []string
			for _, u := range users {
				name, _, _ := strings.Cut(u.Email, "@")
				names = append(names, name)
			}
			if got := strings.Join(names, " "); err != nil || got != c.want || total != c.total {
				t.Errorf("%s: %q of %d, %v; want %q of %d", c.name, got, total, err, c.want, c.total)
			}
		}
		_, _, err := h.ListUsers(t.Context(), h.admin, UserFilter{Skip: -1, Limit: 1001, Cursor: "x", Role: new(Role("boss")), Query: "\xff"})
		wantFields(t, err, "query.skip", "query.limit", "query.cursor", "query.role", "query.q")
	})
}

func TestChangingAUser(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann := h.person("ann", RoleUser, payments.ID)
		h.person("bob", RoleUser, 0)
		h.clk.Advance(1e9)
		changed, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{
			Email: new("Ann.New@example.com"), FullName: new(" Ann "), TeamID: new(int64(0)), Role: new(RoleCTO), IsSuperuser: new(true),
		})
		if err != nil || changed.Email != "Ann.New@example.com" || changed.FullName != "Ann" || changed.TeamID != nil ||
			changed.Role != RoleCTO || !changed.IsSuperuser || changed.PhoneNumber != ann.PhoneNumber || changed.UpdatedAt != h.clk.Now() {
			t.Errorf("got %+v, %v", changed, err)
		}
		h.login("ann.new@example.com", goodPassword)
		wantKind(t, "the former address", errOf(h.Login(t.Context(), LoginRequest{Email: ann.Email, Password: goodPassword})), fault.Malformed)
		wantKind(t, "a taken address", errOf(h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{Email: new("BOB@example.com")})), fault.Duplicate)
		if _, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{Email: new("ANN.NEW@example.com")}); err != nil {
			t.Errorf("the same address, spelt otherwise: %v", err)
		}
		wantKind(t, "unknown", errOf(h.UpdateUser(t.Context(), h.admin, 404, UserPatch{})), fault.NotFound)
		wantKind(t, "another organisation's", errOf(h.UpdateUser(t.Context(), h.neighbour(), ann.ID, UserPatch{})), fault.NotFound)

		session := h.session("ann.new@example.com")
		if _, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{Password: new("another password")}); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Session: session}) == 0 {
			t.Error("a new password leaves old sessions open")
		}
		h.login("ann.new@example.com", "another password")
	})
}

// guest is a welcomer that keeps a row for each user, and can be told to fail or to hold on to it.
type guest struct{ fail, holdsOn bool }

func (g *guest) UserCreated(tx *db.Tx, u User) error {
	if g.fail {
		return errors.New("no welcome")
	}
	_, err := tx.Exec("INSERT INTO notification_preferences (org_id, user_id, channel, is_enabled, updated_at) VALUES (?, ?, ?, ?, ?)",
		u.OrgID, u.ID, "email", true, tx.Now())
	return err
}

func (g *guest) UserRemoved(tx *db.Tx, u User) error {
	if g.holdsOn {
		return nil
	}
	_, err := tx.Exec("DELETE FROM notification_preferences WHERE org_id = ? AND user_id = ?", u.OrgID, u.ID)
	return err
}

func TestTheWelcomerFollowsEachUserInTheSameTransaction(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		g := &guest{fail: true}
		h.SetWelcomer(g)
		wantKind(t, "no welcome", errOf(h.CreateUser(t.Context(), h.admin, NewUser{Email: "ann@example.com", Password: goodPassword})), fault.Internal)
		if n := h.count("users"); n != 1 {
			t.Errorf("%d users although there was no welcome", n)
		}
		g.fail = false
		ann := h.person("ann", RoleUser, 0)
		if n := h.count("notification_preferences"); n != 1 {
			t.Errorf("%d welcomes", n)
		}
		if deactivated, err := h.DeleteUser(t.Context(), h.admin, ann.ID); err != nil || deactivated {
			t.Errorf("deactivated %v, %v", deactivated, err)
		}
		if n := h.count("notification_preferences"); n != 0 {
			t.Errorf("%d preferences of nobody", n)
		}
	})
}

func TestDeletingAUserRemovesOrDeactivates(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		fresh := h.person("fresh", RoleUser, payments.ID)
		session := h.session(fresh.Email)
		h.login(fresh.Email, goodPassword)
		if deactivated, err := h.DeleteUser(t.Context(), h.admin, fresh.ID); err != nil || deactivated {
			t.Fatalf("deactivated %v, %v", deactivated, err)
		}
		wantKind(t, "a removed user", errOf(h.GetUser(t.Context(), h.admin, fresh.ID)), fault.NotFound)
		if h.recognises(Credential{Session: session}) == 0 {
			t.Error("still signed in")
		}
		h.person("fresh", RoleUser, 0) // The address is free again.

		h.SetWelcomer(&guest{holdsOn: true})
		known := h.person("known", RoleUser, 0)
		session = h.session(known.Email)
		if deactivated, err := h.DeleteUser(t.Context(), h.admin, known.ID); err != nil || !deactivated {
			t.Fatalf("deactivated %v, %v", deactivated, err)
		}
		kept, err := h.GetUser(t.Context(), h.admin, known.ID)
		if err != nil || kept.IsActive || kept.Email != known.Email {
			t.Errorf("kept %+v, %v", kept, err)
		}
		if h.recognises(Credential{Session: session}) == 0 {
			t.Error("still signed in")
		}
		wantKind(t, "unknown", errOf(h.DeleteUser(t.Context(), h.admin, 404)), fault.NotFound)
		wantKind(t, "another organisation's", errOf(h.DeleteUser(t.Context(), h.neighbour(), known.ID)), fault.NotFound)
	})
}
