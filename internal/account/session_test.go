package account

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestABrowserStaysSignedInWhileItIsUsed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleUser, 0)
		token := h.session(ann.Email)
		end := h.clk.Now().Add(sessionMost)
		for h.clk.Now().Add(10 * 24 * time.Hour).Before(end) {
			h.clk.Advance(10 * 24 * time.Hour)
			if got := h.recognises(Credential{Session: token}); got != 0 {
				t.Fatalf("in use at %v: %v", h.clk.Now(), got)
			}
		}
		h.clk.Set(end)
		if got := h.recognises(Credential{Session: token}); got != fault.Unauthenticated {
			t.Errorf("at its very end: %v", got)
		}

		idle := h.session(ann.Email)
		h.clk.Advance(sessionIdle)
		if got := h.recognises(Credential{Session: idle}); got != fault.Unauthenticated {
			t.Errorf("unused for two weeks: %v", got)
		}
	})
}

func TestPeopleSeeAndEndTheirOwnSessions(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, bob := h.person("ann", RoleUser, 0), h.person("bob", RoleUser, 0)
		laptop, phone, tokens := h.session(ann.Email), h.session(ann.Email), h.login(ann.Email, goodPassword)
		bobs := h.session(bob.Email)
		actor, err := h.Authenticate(t.Context(), Credential{Session: laptop})
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.ListSessions(t.Context(), actor)
		if err != nil || len(list) != 2 {
			t.Fatalf("got %v, %v", list, err)
		}
		if list[0].Current || !list[1].Current || list[1].UserAgent != "Firefox" || list[1].Address != "192.0.2.1" {
			t.Errorf("got %+v", list)
		}
		theirs, err := h.ListSessions(t.Context(), h.actor(bob))
		if err != nil || len(theirs) != 1 {
			t.Fatalf("got %v, %v", theirs, err)
		}
		wantKind(t, "Bob's session", h.EndSessionByID(t.Context(), actor, theirs[0].ID), fault.NotFound)
		if err := h.EndSessionByID(t.Context(), actor, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Session: phone}) == 0 || h.recognises(Credential{Session: laptop}) != 0 || h.recognises(Credential{Session: bobs}) != 0 {
			t.Error("not the phone, or not only the phone, is signed out")
		}
		if err := h.EndOtherSessions(t.Context(), actor); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Bearer: tokens.AccessToken}) == 0 || h.recognises(Credential{Session: laptop}) != 0 {
			t.Error("signed out should be everything but here")
		}
		if err := h.EndSession(t.Context(), laptop); err != nil || h.recognises(Credential{Session: laptop}) == 0 {
			t.Errorf("still signed in (%v)", err)
		}
		for _, unknown := range []string{laptop, "", "nonsense", newOpaqueToken(99)} {
			if err := h.EndSession(t.Context(), unknown); err != nil {
				t.Errorf("ending %q: %v", unknown, err)
			}
			if h.recognises(Credential{Session: unknown + "x"}) == 0 {
				t.Errorf("%q is recognised", unknown)
			}
		}
	})
}

func TestWhatABrowserSaysAboutItselfIsCutToFit(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleUser, 0)
		_, _, _, err := h.StartSession(t.Context(), LoginRequest{
			Email: ann.Email, Password: goodPassword, Address: strings.Repeat("9", 200), UserAgent: strings.Repeat("ü", 600) + "\xff\x00",
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.ListSessions(t.Context(), h.actor(ann))
		if err != nil || len(list) != 1 || list[0].UserAgent != strings.Repeat("ü", 500) {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

func TestWhatHasExpiredIsSweptWhenThePersonSignsInAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleUser, 0)
		h.session(ann.Email)
		h.login(ann.Email, goodPassword)
		h.clk.Advance(refreshLifetime)
		h.login(ann.Email, goodPassword)
		for table, want := range map[string]int{"sessions": 0, "refresh_tokens": 1} {
			if got := h.count(table); got != want {
				t.Errorf("%s holds %d rows, want %d", table, got, want)
			}
		}
	})
}
