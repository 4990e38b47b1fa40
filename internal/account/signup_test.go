package account

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestWhoMaySignUp(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		greedy := func(email string) NewUser {
			return NewUser{
				Email: email, Password: goodPassword, Role: RoleAdmin, IsSuperuser: true, TeamID: &payments.ID, IsActive: new(false),
			}
		}
		ann := h.actor(h.person("ann", RoleManager, 0))
		wantKind(t, "nobody has opened it", errOf(h.Signup(t.Context(), nil, greedy("a@example.com"))), fault.Forbidden)
		for setting, kind := range map[string]fault.Kind{SignupInvite: fault.Forbidden, SignupClosed: fault.Forbidden, SignupOpen: fault.Duplicate} {
			if _, err := h.UpdateSettings(t.Context(), h.admin, SettingsPatch{Signup: &setting}); err != nil {
				t.Fatal(err)
			}
			wantKind(t, setting, errOf(h.Signup(t.Context(), nil, greedy("root@example.com"))), kind)
			wantKind(t, setting+", by a manager", errOf(h.Signup(t.Context(), &ann, greedy("root@example.com"))), kind)
		}
		if _, err := h.UpdateSettings(t.Context(), h.admin, SettingsPatch{Signup: new(SignupOpen)}); err != nil {
			t.Fatal(err)
		}
		u, err := h.Signup(t.Context(), nil, greedy("bob@example.com"))
		if err != nil || u.Role != RoleUser || u.IsSuperuser || u.TeamID != nil || !u.IsActive {
			t.Errorf("a stranger becomes %+v, %v", u, err)
		}
		u, err = h.Signup(t.Context(), &h.admin, greedy("cto@example.com"))
		if err != nil || u.Role != RoleAdmin || !u.IsSuperuser || u.TeamID == nil || u.IsActive {
			t.Errorf("by an administrator: %+v, %v", u, err)
		}
		wantFields(t, errOf(h.Signup(t.Context(), nil, NewUser{})), "body.email", "body.password")
	})
}

func TestAnOpenHouseWithoutAnybodyIsSetUpByItsLinkAlone(t *testing.T) {
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		h.signup = SignupOpen
		link, err := h.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, "a stranger is first", errOf(h.Signup(t.Context(), nil, firstUser)), fault.Forbidden)
		if _, err := h.CompleteSetup(t.Context(), link, firstUser); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Signup(t.Context(), nil, NewUser{Email: "second@example.com", Password: goodPassword}); err != nil {
			t.Errorf("the server's configuration opens it: %v", err)
		}
	})
}
