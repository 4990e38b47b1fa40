package account

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestARefreshTokenIsGoodOnceAndItsReuseEndsTheFamily(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		other := h.login("ann@example.com", goodPassword)
		first := h.login("ann@example.com", goodPassword)
		second, err := h.Refresh(t.Context(), first.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if second.RefreshToken == first.RefreshToken || second.User.Email != "ann@example.com" {
			t.Errorf("got %+v", second)
		}
		if got := h.recognises(Credential{Bearer: second.AccessToken}); got != 0 {
			t.Errorf("the new access token: %v", got)
		}

		wantKind(t, "the old token again", errOf(h.Refresh(t.Context(), first.RefreshToken)), fault.Unauthenticated)
		wantKind(t, "the new one, now that there is a thief", errOf(h.Refresh(t.Context(), second.RefreshToken)), fault.Unauthenticated)
		if got := h.recognises(Credential{Bearer: second.AccessToken}); got != fault.Unauthenticated {
			t.Errorf("an access token of the family: %v", got)
		}
		if _, err := h.Refresh(t.Context(), other.RefreshToken); err != nil {
			t.Errorf("another sign-in of the same person suffers: %v", err)
		}
	})
}

func TestOfTwoRefreshesWithOneTokenAtMostOneIsDone(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		tokens := h.login("ann@example.com", goodPassword)
		got := make([]Tokens, 4)
		results := atOnce(len(got), func(i int) (err error) {
			got[i], err = h.Refresh(t.Context(), tokens.RefreshToken)
			return err
		})
		if results[0] != 1 || results[fault.Unauthenticated] != 3 {
			t.Errorf("results by kind: %v", results)
		}
		for _, tokens := range got {
			if tokens.RefreshToken != "" {
				wantKind(t, "the winner's next", errOf(h.Refresh(t.Context(), tokens.RefreshToken)), fault.Unauthenticated)
			}
		}
	})
}

func TestWhichRefreshTokensAreRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		tokens := h.login("ann@example.com", goodPassword)
		for _, token := range []string{"", "1", "1-guessed", newOpaqueToken(1), newOpaqueToken(99), "2" + tokens.RefreshToken[1:], tokens.AccessToken} {
			wantKind(t, token, errOf(h.Refresh(t.Context(), token)), fault.Unauthenticated)
		}
		h.clk.Advance(refreshLifetime - time.Second)
		next, err := h.Refresh(t.Context(), tokens.RefreshToken)
		if err != nil {
			t.Fatalf("just before its end: %v", err)
		}
		h.clk.Advance(refreshLifetime)
		wantKind(t, "at its end", errOf(h.Refresh(t.Context(), next.RefreshToken)), fault.Unauthenticated)
	})
}

func TestSigningOutEndsTheFamilyAndOnlyThat(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("ann", RoleUser, 0)
		h.person("bob", RoleUser, 0)
		here, there, bobs := h.login("ann@example.com", goodPassword), h.login("ann@example.com", goodPassword), h.login("bob@example.com", goodPassword)
		ann, err := h.Authenticate(t.Context(), Credential{Bearer: here.AccessToken})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Logout(t.Context(), ann, bobs.RefreshToken); err != nil {
			t.Errorf("a token of somebody else: %v", err)
		}
		if got := h.recognises(Credential{Bearer: here.AccessToken}); got != fault.Unauthenticated {
			t.Errorf("the access token after signing out: %v", got)
		}
		wantKind(t, "its refresh token", errOf(h.Refresh(t.Context(), here.RefreshToken)), fault.Unauthenticated)
		if got := h.recognises(Credential{Bearer: there.AccessToken}); got != 0 {
			t.Errorf("elsewhere: %v", got)
		}
		if _, err := h.Refresh(t.Context(), bobs.RefreshToken); err != nil {
			t.Errorf("Ann signed Bob out: %v", err)
		}
		if err := h.Logout(t.Context(), ann, there.RefreshToken); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "the other sign-in, ended by its token", errOf(h.Refresh(t.Context(), there.RefreshToken)), fault.Unauthenticated)
		wantKind(t, "nobody signs out", h.Logout(t.Context(), Actor{}, ""), fault.Unauthenticated)
	})
}
