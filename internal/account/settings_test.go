package account

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

func TestAdministratorsChangeTheSettingsAndEveryNodeIsTold(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", RoleVP, 0)
		told := h.hub.Subscribe(live.TopicConfig)
		defer told.Close()
		patch := SettingsPatch{
			Signup: new(SignupOpen), FallbackContacts: &[]int64{ann.ID, h.admin.UserID}, AckTimeoutMinutes: new(0),
			Repeat: &Repeat{Times: 5, EveryMinutes: 10}, ReopenWindowMinutes: new(30),
		}
		wantKind(t, "a reader", errOf(h.UpdateSettings(t.Context(), h.actor(ann), patch)), fault.Forbidden)
		if len(told.C) != 0 {
			t.Error("told of nothing")
		}
		settings, err := h.UpdateSettings(t.Context(), h.admin, patch)
		if err != nil {
			t.Fatal(err)
		}
		if notice := <-told.C; notice.Org != DefaultOrg {
			t.Errorf("told %+v", notice)
		}
		want := Settings{
			Signup: SignupOpen, FallbackContacts: []int64{ann.ID, h.admin.UserID}, AckTimeoutMinutes: new(0),
			Repeat: &Repeat{Times: 5, EveryMinutes: 10}, ReopenWindowMinutes: new(30),
		}
		if diff := cmp.Diff(want, settings); diff != "" {
			t.Error(diff)
		}
		if _, err := h.UpdateSettings(t.Context(), h.admin, SettingsPatch{FallbackContacts: &[]int64{}, Signup: new("")}); err != nil {
			t.Fatal(err)
		}
		want.FallbackContacts, want.Signup = nil, ""
		h.read(func(tx *db.Tx) error {
			stored, err := h.OrgSettings(tx, DefaultOrg)
			if diff := cmp.Diff(want, stored); diff != "" {
				t.Error(diff)
			}
			return err
		})
		o, err := h.Organization(t.Context(), h.actor(ann))
		if err != nil || o.Slug != "default" || o.Settings.AckTimeout() != 0 {
			t.Errorf("a reader sees %+v, %v", o, err)
		}
		wantKind(t, "others", errOf(h.Organization(t.Context(), h.actor(h.person("m", RoleManager, 0)))), fault.Forbidden)
	})
}

func TestWrongSettingsAreNamedAndLeaveAllAsItWas(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		gone := h.direct(NewUser{Email: "gone@example.com", IsActive: new(false)})
		neighbour := h.neighbour()
		_, err := h.UpdateSettings(t.Context(), h.admin, SettingsPatch{
			Signup: new("maybe"), AckTimeoutMinutes: new(30),
			FallbackContacts: &[]int64{h.admin.UserID, gone.ID, neighbour.UserID, 404, h.admin.UserID},
		})
		wantFields(t, err, "body.signup", "body.fallback_contacts[1]", "body.fallback_contacts[2]", "body.fallback_contacts[3]", "body.fallback_contacts[4]")
		o, err := h.Organization(t.Context(), h.admin)
		if diff := cmp.Diff(Settings{}, o.Settings); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}

func TestTwoWhoChangeDifferentSettingsKeepEachOthers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		patches := []SettingsPatch{{AckTimeoutMinutes: new(5)}, {ReopenWindowMinutes: new(6)}, {Signup: new(SignupClosed)}}
		results := atOnce(len(patches), func(i int) error { return errOf(h.UpdateSettings(t.Context(), h.admin, patches[i])) })
		o, err := h.Organization(t.Context(), h.admin)
		want := Settings{AckTimeoutMinutes: new(5), ReopenWindowMinutes: new(6), Signup: SignupClosed}
		if diff := cmp.Diff(want, o.Settings); err != nil || diff != "" || results[0] != 3 {
			t.Error(results, err, diff)
		}
	})
}
