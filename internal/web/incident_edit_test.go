package web

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// formOf is the form of an incident as its page draws it.
func formOf(i incident.Incident) url.Values {
	form := url.Values{
		"title": {i.Title}, "severity": {string(i.Severity)}, "service": {i.Service}, "team_id": {optionalText(i.TeamID)}, "description": {i.Description},
		"labels": {"env=prod"},
	}
	for name, values := range maps.Clone(form) {
		form["was."+name] = values
	}
	return form
}

func TestAnIncidentIsEdited(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	i := h.incident(incident.NewIncident{Title: "Old words", Severity: "low", Labels: map[string]string{"env": "prod"}, Description: "One.\nTwo."})
	lead.get("/incidents/1").shows(`href="/incidents/1/edit"`)
	lead.get("/incidents/1/edit").shows(`value="Old words"`, "env=prod", `name="was.severity" value="low"`)
	form := formOf(i)
	form.Set("title", "New words")
	form.Set("team_id", idText(shop))
	form.Set("labels", "env=staging\r\nregion = eu")
	form.Set("description", "One.\r\nTwo.")
	lead.post("/incidents/1/edit", form).goesTo("/incidents/1?done=saved")
	lead.get("/incidents/1").shows("New words", "Shop", "env=staging", "region=eu").hides("env=prod")
}

func TestWhatOneDidNotChangeIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	lead := h.signIn(h.person("lea", account.RoleTeamLead))
	i := h.incident(incident.NewIncident{Title: "Words", Severity: "low", Labels: map[string]string{"env": "prod"}})
	form := formOf(i)
	critical := incident.SeverityCritical
	if _, err := h.deps.Incidents.Edit(t.Context(), h.root, i.ID, incident.Edit{Severity: &critical}); err != nil {
		t.Fatal(err)
	}
	form.Set("title", "Better words")
	lead.post("/incidents/1/edit", form).goesTo("/incidents/1?done=saved")
	lead.get("/incidents/1").shows("Better words", "Critical")
}

func TestABadEditIsShownAgain(t *testing.T) {
	h := newHouse(t)
	lead := h.signIn(h.person("lea", account.RoleTeamLead))
	i := h.incident(incident.NewIncident{Title: "Words", Severity: "low", Labels: map[string]string{"env": "prod"}})
	form := formOf(i)
	form.Set("title", "")
	form.Set("severity", "awful")
	form.Set("team_id", "77")
	page := lead.post("/incidents/1/edit", form).is(http.StatusUnprocessableEntity).says("Must be critical", `name="was.title" value="Words"`)
	if n := strings.Count(page.body, `aria-invalid="true"`); n < 2 {
		t.Errorf("%d inputs are marked", n)
	}
	form = formOf(i)
	form.Set("labels", "nonsense")
	lead.post("/incidents/1/edit", form).is(http.StatusUnprocessableEntity).says("nonsense", "rite one label a line")
	outsider := h.signIn(h.person("olga", account.RoleUser))
	outsider.get("/incidents/1/edit").is(http.StatusNotFound)
	outsider.post("/incidents/1/edit", form).is(http.StatusNotFound)
}
