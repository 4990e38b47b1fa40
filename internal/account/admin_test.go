package account

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestTheLastActiveAdministratorStays(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.direct(NewUser{Email: "former@example.com", Role: RoleAdmin, IsActive: new(false)})
		h.neighbour() // Has its own administrator, who does not count here.
		root := h.admin.UserID
		refused := map[string]error{
			"demote":     errOf(h.UpdateUser(t.Context(), h.admin, root, UserPatch{Role: new(RoleCTO)})),
			"deactivate": errOf(h.UpdateUser(t.Context(), h.admin, root, UserPatch{IsActive: new(false)})),
			"delete":     errOf(h.DeleteUser(t.Context(), h.admin, root)),
		}
		for what, err := range refused {
			if fault.From(err) == nil || fault.From(err).Code != "last_admin" || !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := h.UpdateUser(t.Context(), h.admin, root, UserPatch{Role: new(RoleUser), IsSuperuser: new(true)}); err != nil {
			t.Errorf("a superuser administers as well: %v", err)
		}
		wantKind(t, "the flag", errOf(h.UpdateUser(t.Context(), h.actor(User{ID: root, OrgID: DefaultOrg}), root, UserPatch{
			IsSuperuser: new(false),
		})), fault.Conflict)

		h.person("second", RoleAdmin, 0)
		if _, err := h.DeleteUser(t.Context(), h.admin, root); err != nil {
			t.Errorf("with another administrator: %v", err)
		}
	})
}

func TestTwoAdministratorsWhoDemoteEachOtherLeaveOne(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		admins := []Actor{h.admin, h.actor(h.person("second", RoleAdmin, 0)), h.actor(h.person("third", RoleAdmin, 0))}
		results := atOnce(len(admins), func(i int) error {
			victim := admins[(i+1)%len(admins)].UserID
			if i == 0 {
				return errOf(h.DeleteUser(t.Context(), admins[i], victim))
			}
			return errOf(h.UpdateUser(t.Context(), admins[i], victim, UserPatch{Role: new(RoleUser)}))
		})
		if results[0] != 2 || results[fault.Conflict] != 1 {
			t.Errorf("results by kind: %v", results)
		}
		h.read(func(tx *db.Tx) error {
			left, err := h.Admins(tx, DefaultOrg)
			if len(left) != 1 {
				t.Errorf("%d administrators are left", len(left))
			}
			return err
		})
	})
}
