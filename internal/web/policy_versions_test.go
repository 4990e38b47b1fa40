package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestVersionsAreListedReadComparedAndRestored(t *testing.T) {
	h := newHouse(t)
	mia := h.person("mia", account.RoleManager)
	manager := h.signIn(mia)
	p := h.written(`{"name": "Ladder", ` + everyOption["a webhook"] + `}`)
	h.clk.Advance(time.Hour)
	at := policyPath(p.ID)
	form := manager.get(at).filledIn()
	form.Set("name", "Ladder 2")
	form.Set("steps.0.delay_minutes", "5")
	form.Set("op", "action:remove:0:1")
	form = manager.post(at, form).filledIn()
	manager.post(at, form).goesTo(at)

	manager.get(at+"/versions").shows("Version 2", "Version 1", "by Mia", "Now", "as Ladder. ", "Show what changed")
	manager.get(at+"/versions/1").shows("calls hooks.example.org", "Header Authorization", "at once", "What changed since", "Restore").hides("t0ken", "s3cret", "Save policy")
	manager.get(at+"/versions/2").shows("5 min", "What it changed").hides("hooks.example.org", ">Restore")
	manager.get(at+"/diff?from=1&to=2").shows("3 changes", "Name: Ladder → Ladder 2", "Step 1: delay 0 → 5 minutes", "Step 1: no longer calls hooks.example.org").hides("t0ken")
	manager.get(at + "/diff?from=2&to=2").shows("The two are the same.")
	for _, path := range []string{"/versions/3", "/versions/0", "/versions/x", "/diff?from=1", "/diff?from=1&to=9"} {
		manager.get(at + path).is(http.StatusNotFound)
	}
	manager.post(at+"/versions/9/restore", nil).is(http.StatusNotFound)

	manager.post(at+"/versions/1/restore", nil).goesTo(at + "?done=restored")
	manager.get(at+"?done=restored").shows("Restored: it stands as the newest version.", "version 3")
	restored := h.savedPolicy(p.ID)
	if restored.Name != "Ladder 2" || len(restored.Steps[0].Actions) != 2 || restored.Steps[0].Actions[1].Headers["Authorization"] != "Bearer t0ken" {
		t.Errorf("restored is %+v", restored)
	}
}

func TestAVersionThatCannotBeSavedAnyMoreSaysWhy(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	gone := h.written(`{"name": "Gone"}`)
	p := h.written(`{"name": "Ladder", ` + withAction(`{"type": "policy", "policy": `+idText(gone.ID)+`}`) + `}`)
	form := manager.get(policyPath(p.ID)).filledIn()
	form.Set("steps.0.actions.1.type", "assign")
	form.Set("steps.0.actions.1.target", "team")
	manager.post(policyPath(p.ID), form).goesTo(policyPath(p.ID))
	manager.post(policyPath(gone.ID)+"/delete", nil).goesTo("/policies")
	manager.post(policyPath(p.ID)+"/versions/1/restore", nil).is(http.StatusUnprocessableEntity).says("It cannot be saved any more.", "Step 1, action 2, policy: there is no policy &#34;2&#34;.", "hands over to")
}

func TestARestoreDoesNotReplaceUnseenWhatSomebodyElseHasSaved(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	p := h.written(`{"name": "Ladder"}`)
	at := policyPath(p.ID)
	change := func(document string) {
		if _, err := h.deps.Escalations.UpdatePolicy(t.Context(), h.root, p.ID, 0, []byte(document)); err != nil {
			t.Fatal(err)
		}
	}
	change(`{"priority": 4}`)
	seen := func(version string) url.Values {
		manager.get(at + "/versions/1").says(`name="version" value="` + version + `"`)
		return url.Values{"version": {version}}
	}
	before := seen("2")
	change(`{"priority": 5}`)
	manager.post(at+"/versions/1/restore", before).is(http.StatusUnprocessableEntity).says("Somebody else has saved the policy since you opened this page", at+"/diff?from=1&amp;to=3")
	if now := h.savedPolicy(p.ID); now.Priority != 5 {
		t.Errorf("it is %+v", now)
	}
	manager.post(at+"/versions/1/restore", seen("3")).goesTo(at + "?done=restored")
}

func TestAReaderReadsVersionsButRestoresNone(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	reader := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	p := h.written(`{"name": "Ladder", ` + everyOption["a webhook"] + `}`)
	if _, err := h.deps.Escalations.UpdatePolicy(t.Context(), h.root, p.ID, 0, []byte(`{"priority": 4}`)); err != nil {
		t.Fatal(err)
	}
	at := policyPath(p.ID)
	reader.get(at).shows("calls hooks.example.org").hides("t0ken", "s3cret", "Save policy")
	reader.get(at + "/versions").shows("Version 1")
	reader.get(at+"/versions/1").shows("Ladder").hides("t0ken", "s3cret", ">Restore", "/restore")
	reader.get(at + "/diff?from=1&to=2").shows("Priority: 0 → 4")
	reader.post(at+"/versions/1/restore", nil).is(http.StatusForbidden)
}

func TestAPolicyThatCannotBeReadIsRestoredOrDeletedNotEdited(t *testing.T) {
	h := newHouse(t)
	manager := h.signIn(h.person("mia", account.RoleManager))
	p := h.written(twoSteps)
	at := policyPath(p.ID)
	h.spoil(`UPDATE escalation_policies SET steps = ? WHERE id = ?`, `[{"wait_until": "easter"}]`, p.ID)
	manager.get(at).shows("This server cannot read the policy", "Delete policy", "Version 1").hides("Save policy")
	manager.post(at, policyForm("Lost")).is(http.StatusConflict)
	manager.post(at+"/versions/1/restore", nil).goesTo(at)
	manager.get(at).shows("Save policy", "pages the team lead")
	h.spoil(`UPDATE escalation_policy_versions SET definition = ? WHERE policy_id = ? AND version = 1`, `{"steps": "five"}`, p.ID)
	manager.get(at + "/versions").shows("This server cannot read it.")
	manager.get(at + "/versions/1").is(http.StatusConflict)
	manager.get(at + "/diff?from=1&to=2").is(http.StatusConflict)
	manager.post(at+"/versions/1/restore", nil).is(http.StatusConflict)
}
