package account

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestPeopleChangeTheirProfileButNotWhatTheyAre(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		before := h.person("ann", RoleTeamLead, payments.ID)
		ann := h.actor(before)
		after, err := h.UpdateMe(t.Context(), ann, MePatch{
			Email: new("ANN@example.com"), FullName: new("Ann Miller"), PhoneNumber: new("+49 40 99"), Timezone: new("Asia/Tokyo"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if after.FullName != "Ann Miller" || after.PhoneNumber != "+49 40 99" || after.Timezone != "Asia/Tokyo" || after.Email != "ANN@example.com" ||
			after.Role != before.Role || *after.TeamID != payments.ID || after.IsSuperuser || !after.IsActive {
			t.Errorf("got %+v", after)
		}
		_, err = h.UpdateMe(t.Context(), ann, MePatch{
			Email: new("bad"), FullName: new("a\x00b"), PhoneNumber: new("x"), Timezone: new("Mars"), Password: new("short"),
		})
		wantFields(t, err, "body.email", "body.full_name", "body.phone_number", "body.timezone", "body.password", "body.old_password")
		for _, nobody := range []Actor{{}, System(DefaultOrg, "engine"), {Kind: ActorLink, Org: DefaultOrg, UserID: before.ID}} {
			wantKind(t, string(nobody.Kind), errOf(h.UpdateMe(t.Context(), nobody, MePatch{})), fault.Unauthenticated)
		}
	})
}

func TestANewPasswordNeedsTheOldOneAndEndsOtherSignIns(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		u := h.person("ann", RoleUser, 0)
		here, there, client := h.session(u.Email), h.session(u.Email), h.login(u.Email, goodPassword)
		ann, err := h.Authenticate(t.Context(), Credential{Session: here})
		if err != nil {
			t.Fatal(err)
		}
		change := MePatch{Password: new("another password")}
		wantFields(t, errOf(h.UpdateMe(t.Context(), ann, change)), "body.old_password")
		change.OldPassword = new("wrongpass123")
		wantFields(t, errOf(h.UpdateMe(t.Context(), ann, change)), "body.old_password")
		if h.recognises(Credential{Session: there}) != 0 {
			t.Error("a refused change ends sign-ins")
		}
		change.OldPassword = new(goodPassword)
		if _, err := h.UpdateMe(t.Context(), ann, change); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Session: here}) != 0 {
			t.Error("the one who changed it is signed out")
		}
		if h.recognises(Credential{Session: there}) == 0 || h.recognises(Credential{Bearer: client.AccessToken}) == 0 {
			t.Error("other sign-ins live on")
		}
		wantKind(t, "their refresh", errOf(h.Refresh(t.Context(), client.RefreshToken)), fault.Unauthenticated)
		wantKind(t, "the old password", errOf(h.Login(t.Context(), LoginRequest{Email: u.Email, Password: goodPassword})), fault.Malformed)

		client = h.login(u.Email, "another password")
		ann, err = h.Authenticate(t.Context(), Credential{Bearer: client.AccessToken})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.UpdateMe(t.Context(), ann, MePatch{OldPassword: new("another password"), Password: new("a third password")}); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Bearer: client.AccessToken}) != 0 || h.recognises(Credential{Session: here}) == 0 {
			t.Error("changed by a client, that client goes on and the browser does not")
		}
	})
}

func TestANewAddressNeedsThePasswordAndMustBeFree(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("bob", RoleUser, 0)
		ann := h.actor(h.person("ann", RoleUser, 0))
		wantFields(t, errOf(h.UpdateMe(t.Context(), ann, MePatch{Email: new("new@example.com")})), "body.old_password")
		wantKind(t, "taken", errOf(h.UpdateMe(t.Context(), ann, MePatch{Email: new("Bob@example.com"), OldPassword: new(goodPassword)})), fault.Duplicate)
		if _, err := h.UpdateMe(t.Context(), ann, MePatch{Email: new("new@example.com"), OldPassword: new(goodPassword)}); err != nil {
			t.Fatal(err)
		}
		h.login("new@example.com", goodPassword)
	})
}

func TestAStolenSessionIsNoWayToGuessThePassword(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.actor(h.person("ann", RoleUser, 0))
		guess := func(old string) error {
			return errOf(h.UpdateMe(t.Context(), ann, MePatch{OldPassword: &old, Password: new("another password")}))
		}
		for range defaultSignInsPerMinute {
			wantKind(t, "a guess", guess("wrongpass123"), fault.Invalid)
		}
		wantKind(t, "one too many", guess(goodPassword), fault.RateLimited)
	})
}
