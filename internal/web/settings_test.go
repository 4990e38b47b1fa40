package web

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func settingsTyped() url.Values {
	return url.Values{
		"signup": {""}, "ack_timeout_minutes": {"60"}, "repeat.times": {"3"}, "repeat.every_minutes": {"15"}, "reopen_window_minutes": {"10"},
		"fallback_contacts.0": {""},
	}
}

func TestAdministratorsChangeTheSettings(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.RoleOncallEngineer), h.person("bob", account.RoleOncallEngineer)
	admin := h.signIn(h.person("root", account.RoleAdmin))
	admin.get("/settings").shows(`name="ack_timeout_minutes" value="60"`, `name="repeat.times" value="3"`, `name="reopen_window_minutes" value="10"`,
		"Fallback contact 1", `href="/settings"`).hides("Fallback contact 2")
	form := settingsTyped()
	form.Set("signup", "closed")
	form.Set("ack_timeout_minutes", "0")
	form.Set("repeat.times", "5")
	form.Set("fallback_contacts.0", idText(bob.ID))
	form.Set("fallback_contacts.1", "")
	form.Set("fallback_contacts.2", idText(ann.ID))
	admin.post("/settings", form).goesTo("/settings?done=saved")
	o, err := h.deps.Accounts.Organization(t.Context(), h.root)
	if err != nil {
		t.Fatal(err)
	}
	got := o.Settings
	if got.Signup != "closed" || got.AckTimeout() != 0 || got.HighUrgencyRepeat().Times != 5 || !slices.Equal(got.FallbackContacts, []int64{bob.ID, ann.ID}) {
		t.Errorf("the settings are %+v", got)
	}
	admin.get("/settings").shows("Fallback contact 3", `value="`+idText(bob.ID)+`" selected`, `value="closed" selected`)
	form = settingsTyped()
	admin.post("/settings", form).goesTo("/settings?done=saved")
	if o, err = h.deps.Accounts.Organization(t.Context(), h.root); err != nil || len(o.Settings.FallbackContacts) != 0 || o.Settings.Signup != "" {
		t.Errorf("the settings are %+v (%v)", o.Settings, err)
	}
}

func TestEveryBadSettingIsMarkedAndNothingChanges(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleOncallEngineer)
	admin := h.signIn(h.person("root", account.RoleAdmin))
	form := settingsTyped()
	form.Set("signup", "maybe")
	form.Set("ack_timeout_minutes", "soon")
	form.Set("repeat.times", "21")
	form.Set("repeat.every_minutes", "")
	form.Set("reopen_window_minutes", "99999")
	form.Set("fallback_contacts.0", idText(ann.ID))
	form.Set("fallback_contacts.1", "")
	form.Set("fallback_contacts.2", "404")
	page := admin.post("/settings", form).is(http.StatusUnprocessableEntity).says(`value="soon"`, `value="21"`, "Must be between 0 and 10080.",
		"Must be between 0 and 20.", "Must be between 1 and 1440.", "Must be between 0 and 1440.", "Must be open, invite or closed.", "Must be an active user",
		`id="settings-fallback_contacts.1-bad"`)
	if page.code == http.StatusUnprocessableEntity && between(page.body, `id="settings-fallback_contacts.0"`, ">") == "" {
		t.Error("the contact that was right is gone")
	}
	o, err := h.deps.Accounts.Organization(t.Context(), h.root)
	if err != nil || o.Settings.AckTimeoutMinutes != nil || len(o.Settings.FallbackContacts) != 0 {
		t.Errorf("the settings became %+v (%v)", o.Settings, err)
	}
}

func TestWhoMayReadTheSettings(t *testing.T) {
	h := newHouse(t)
	reader := h.signIn(h.person("vera", account.RoleVP))
	reader.get("/settings").shows("An acknowledgement holds", "60", "As the server is configured").hides("Save settings", "<select")
	reader.post("/settings", settingsTyped()).is(http.StatusForbidden)
	manager := h.signIn(h.person("mia", account.RoleManager))
	manager.get("/settings").is(http.StatusForbidden)
	manager.get("/incidents").hides(`href="/settings"`)
	h.browser().get("/settings").goesTo("/login.html")
}
