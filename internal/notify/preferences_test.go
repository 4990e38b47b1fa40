package notify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestEveryChannelHasASwitch(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann, bob := h.person("ann", account.RoleUser), h.person("bob", account.RoleUser)
		stranger := h.personOf(dbtest.Organization(t, h.d, "elsewhere"), "stranger", account.RoleUser)
		h.add(ann, "hook", "hook://a")
		for _, enabled := range []bool{false, true, false} {
			p, err := h.SetPreference(t.Context(), ann, ann.UserID, "email", enabled)
			if err != nil || p != (Preference{UserID: ann.UserID, Channel: "email", Title: "E-mail", Enabled: enabled}) {
				t.Errorf("set to %v: %+v, %v", enabled, p, err)
			}
		}
		if _, err := h.SetPreference(t.Context(), h.admin, ann.UserID, "log", true); err != nil {
			t.Errorf("by an administrator: %v", err)
		}
		got, err := h.Preferences(t.Context(), ann, ann.UserID)
		want := []Preference{
			{ann.UserID, "call", "Call", true},
			{ann.UserID, "email", "E-mail", false},
			{ann.UserID, "hook", "Hook", true},
			{ann.UserID, "log", "Log", true},
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("(-want +got):\n%s%v", diff, err)
		}
		if diff := cmp.Diff([]string{"hook hook://a after 0s"}, h.highRoutes(ann.UserID)); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
		_, err = h.SetPreference(t.Context(), ann, ann.UserID, "pigeon", false)
		wantKind(t, "an unknown channel", err, fault.Invalid, "")
		_, err = h.SetPreference(t.Context(), bob, ann.UserID, "email", false)
		wantKind(t, "by a colleague", err, fault.Forbidden, "")
		_, err = h.Preferences(t.Context(), bob, ann.UserID)
		wantKind(t, "read by a colleague", err, fault.Forbidden, "")
		_, err = h.SetPreference(t.Context(), h.admin, stranger.UserID, "email", false)
		wantKind(t, "another organisation's", err, fault.NotFound, "")
	})
}
