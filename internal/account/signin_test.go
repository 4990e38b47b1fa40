package account

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestSigningInAndBeingRecognised(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann := h.direct(NewUser{
			Email: "Ann@Example.com", FullName: "Ann Miller", Role: RoleTeamLead, TeamID: &payments.ID, Timezone: "Europe/Berlin",
		})
		search := h.team("Search")
		if _, err := h.PutMember(t.Context(), h.admin, search.ID, ann.ID, new(RoleUser)); err != nil {
			t.Fatal(err)
		}
		tokens := h.login(" ann@EXAMPLE.com", goodPassword)
		if tokens.User.Email != "Ann@Example.com" || tokens.ExpiresIn != 30*time.Minute {
			t.Errorf("got %+v", tokens)
		}
		actor, err := h.Authenticate(t.Context(), Credential{Bearer: tokens.AccessToken})
		if err != nil {
			t.Fatal(err)
		}
		if actor.UserID != ann.ID || actor.Org != DefaultOrg || actor.Name != "Ann Miller" || actor.Timezone != "Europe/Berlin" ||
			actor.RoleIn(payments.ID) != RoleTeamLead || actor.RoleIn(search.ID) != RoleUser || len(actor.Teams) != 2 {
			t.Errorf("recognised as %+v", actor)
		}
		h.clk.Advance(30 * time.Minute)
		if _, err := h.Authenticate(t.Context(), Credential{Bearer: tokens.AccessToken}); fault.From(err).Code != "token_expired" {
			t.Errorf("after half an hour: %v", err)
		}
	})
}

func TestWhoIsNotLetIn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		gone := h.direct(NewUser{Email: "gone@example.com", IsActive: new(false)})
		neighbour := h.neighbour() // Has no password.
		cases := []struct {
			name, email, password string
			kind                  fault.Kind
		}{
			{"wrong password", "ann@example.com", "wrongpass123", fault.Malformed},
			{"no password", "ann@example.com", "", fault.Malformed},
			{"unknown address", "nobody@example.com", goodPassword, fault.Malformed},
			{"a NUL in the address", "ann@example.com\x00", "wrongpass123", fault.Malformed},
			{"nothing", "", "", fault.Malformed},
			{"no password set", neighbour.Email, "", fault.Malformed},
			{"inactive", gone.Email, goodPassword, fault.Forbidden},
			{"inactive, wrong password", gone.Email, "wrongpass123", fault.Malformed},
		}
		for _, c := range cases {
			_, err := h.Login(t.Context(), LoginRequest{Email: c.email, Password: c.password})
			wantKind(t, c.name, err, c.kind)
			_, _, _, err = h.StartSession(t.Context(), LoginRequest{Email: c.email, Password: c.password})
			wantKind(t, c.name+", browser", err, c.kind)
		}
		wantKind(t, "no credential", errOf(h.Authenticate(t.Context(), Credential{})), fault.Unauthenticated)
	})
}

func errOf[T any](_ T, err error) error { return err }

func TestAfterTooManyFailuresEvenTheRightPasswordWaits(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		try := func(password string) error {
			return errOf(h.Login(t.Context(), LoginRequest{Email: "ann@example.com", Password: password, Address: "192.0.2.66"}))
		}
		for range defaultSignInsPerMinute {
			wantKind(t, "a failure", try("wrongpass123"), fault.Malformed)
		}
		refused := fault.From(try(goodPassword))
		if refused == nil || refused.Kind != fault.RateLimited || refused.RetryAfter <= 0 {
			t.Fatalf("got %v", refused)
		}
		h.clk.Advance(refused.RetryAfter)
		if err := try(goodPassword); err != nil {
			t.Errorf("after %v: %v", refused.RetryAfter, err)
		}
	})
}

func TestADeactivatedPersonIsRefusedAtOnceAndSignedOutEverywhere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleUser, 0)
		tokens, session := h.login(ann.Email, goodPassword), h.session(ann.Email)
		if _, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{IsActive: new(false)}); err != nil {
			t.Fatal(err)
		}
		if got := h.recognises(Credential{Bearer: tokens.AccessToken}); got != fault.Forbidden {
			t.Errorf("by access token: %v", got)
		}
		if got := h.recognises(Credential{Session: session}); got != fault.Unauthenticated {
			t.Errorf("by session: %v", got)
		}
		wantKind(t, "refresh", errOf(h.Refresh(t.Context(), tokens.RefreshToken)), fault.Unauthenticated)

		if _, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{IsActive: new(true)}); err != nil {
			t.Fatal(err)
		}
		if got := h.recognises(Credential{Bearer: tokens.AccessToken}); got != fault.Unauthenticated {
			t.Errorf("an old token after reactivation: %v", got)
		}
		h.login(ann.Email, goodPassword)
	})
}

func TestARoleThatWasTakenAwayIsGoneAtOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		bob := h.person("bob", RoleAdmin, 0)
		tokens := h.login(bob.Email, goodPassword)
		if _, err := h.UpdateUser(t.Context(), h.admin, bob.ID, UserPatch{Role: new(RoleUser)}); err != nil {
			t.Fatal(err)
		}
		actor, err := h.Authenticate(t.Context(), Credential{Bearer: tokens.AccessToken})
		if err != nil || actor.Can(Admin) {
			t.Errorf("he may still administer (%v)", err)
		}
	})
}
