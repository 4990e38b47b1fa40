package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestWhoWouldBePagedIsSaidOfTheUnsavedForm(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	h.person("eve", account.RoleOncallEngineer, shop)
	h.person("lea", account.RoleTeamLead, shop)
	manager := h.signIn(h.person("mia", account.RoleManager))
	form := policyForm("Draft")
	form.Set("try.team_id", idText(shop))
	form.Set("try.severity", "critical")
	form.Set("steps.1.delay_minutes", "7")
	form.Set("steps.1.actions.0.type", "notify")
	form.Set("steps.1.actions.0.whom.add", "the team lead")
	foresight := func() string {
		t.Helper()
		return between(manager.post("/policies/try", form).is(http.StatusOK).hides("<html").body, `<ol class="foreseen">`, "</ol>")
	}
	lines := foresight()
	for _, said := range []string{"at once", "<b>Eve</b>", "E-mail", "Step 1: role on-call engineer", "after 7 min", "<b>Lea</b>", "Step 2: team lead of Shop"} {
		if !strings.Contains(lines, said) {
			t.Errorf("%q is not foreseen in %s", said, lines)
		}
	}
	manager.get("/policies").hides("Draft")
	form.Del("name")
	if unnamed := foresight(); unnamed != lines {
		t.Error("of a policy without a name yet it is said:", unnamed)
	}

	form.Set("steps.1.delay_minutes", "later")
	manager.post("/policies/try", form).shows("First mend the policy").hides("<b>Eve</b>")
	form.Set("steps.1.delay_minutes", "9")
	form["conditions.severity"] = []string{"low"}
	manager.post("/policies/try", form).shows("It would not match such an incident", "after 9 min")
	form["conditions.severity"] = nil
	form.Set("try.at", "soon")
	manager.post("/policies/try", form).shows("Must be a day and a time.").hides("<b>Eve</b>")
	form.Set("try.at", "2026-07-01T03:00")
	manager.post("/policies/try", form).shows(`datetime="2026-07-01T03:09:00Z"`)
	form.Set("try.labels", "prod")
	manager.post("/policies/try", form).shows("Write labels as env=prod.")
	form.Set("try.labels", "env=prod, region=eu")
	form.Set("conditions.labels.add", "env=prod")
	manager.post("/policies/try", form).shows("<b>Eve</b>").hides("would not match")

	form.Set("op", "try")
	form.Set("name", "Draft")
	manager.post("/policies", form).shows("<html", "<b>Eve</b>", `value="Draft"`, `value="2026-07-01T03:00"`)
}

func TestTheFirstIncidentThatIsThoughtOfIsOneThatThePolicyIsFor(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	manager := h.signIn(h.person("mia", account.RoleManager))
	p := h.written(`{"name": "Shop", "team_id": ` + idText(shop) + `, "conditions": {"severity": ["low", "info"], "service": "cart", "source": "manual", "labels": {"env": ["prod", "x"]}},
		"steps": [{"actions": [` + pagesTeam + `]}]}`)
	page := manager.get(policyPath(p.ID))
	for name, want := range map[string]string{"try.service": "cart", "try.source": "manual", "try.labels": "env=prod"} {
		if !strings.Contains(page.body, `name="`+name+`" value="`+want+`"`) {
			t.Errorf("%s is not %s", name, want)
		}
	}
}

func TestAReaderAsksWhoWouldBePagedButWritesNoDraft(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	reader := h.signIn(eve)
	p := h.written(twoSteps)
	ask := url.Values{"policy_id": {idText(p.ID)}, "try.severity": {"high"}, "try.team_id": {idText(shop)}, "steps.0.delay_minutes": {"99"}}
	reader.post("/policies/try", ask).shows("<b>Eve</b>", "at once").hides("99")
	ask.Set("op", "try")
	reader.post(policyPath(p.ID), ask).shows("<html", "<b>Eve</b>").hides("Save policy")
	reader.post("/policies/try", url.Values{"try.severity": {"high"}}).is(http.StatusForbidden)
}

func TestThePastIsPlayedAgainUnderTheEditedPolicy(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	h.person("eve", account.RoleOncallEngineer, shop)
	h.person("lea", account.RoleTeamLead, shop)
	mia := h.person("mia", account.RoleManager)
	manager := h.signIn(mia)
	p := h.written(twoSteps)
	h.incident(incident.NewIncident{Title: "Disk <full>", Severity: incident.SeverityHigh, TeamID: &shop})
	h.clk.Advance(time.Minute)
	h.steps()
	form := manager.get(policyPath(p.ID)).filledIn()
	form.Set("op", "compare")
	form.Set("try.days", "7")
	form["steps.0.actions.0.target"] = nil
	form.Set("steps.0.actions.0.whom.add", "the team lead")
	h.clk.Advance(time.Hour)
	page := manager.post("/policies/try", form).shows("For 1 of 1 incident it would have been otherwise.", "Disk &lt;full&gt;", "Was: Eve after 1 min", "Would: Lea at once, Lea after 10 min, Lea after 25 min, Lea after 35 min, and 2 pages more").hides("<html")
	if row := between(page.body, "<td>Eve</td>", "</tr>"); !strings.Contains(row, ">1<") || !strings.Contains(row, ">0<") {
		t.Error("of Eve it is said", row)
	}
	manager.post(policyPath(p.ID), form).shows("<html", "Would: Lea at once")
	form.Set("steps.0.delay_minutes", "x")
	manager.post("/policies/try", form).shows("First mend the policy")
	h.clk.Advance(8 * 24 * time.Hour)
	form.Set("steps.0.delay_minutes", "0")
	manager = h.signIn(mia)
	manager.post("/policies/try", form).shows("No incident began in the last 7 days.")
}
