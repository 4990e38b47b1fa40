package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAnIncidentSaysWhoIsPagedIfNobodyAnswers(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b := h.signIn(eve)
	b.get("/incidents/1").shows(`hx-get="/incidents/1/next?part=1"`, `href="/incidents/1/next"`)
	b.get("/incidents/1/next").shows("<html", "If nobody answers, next", "Lea", "E-mail", "Step 2: team lead of Shop", "10:00", "By Day and night.")
	b.header = http.Header{"Hx-Request": {"true"}}
	b.get("/incidents/1/next?part=1").shows("Lea", "Step 2: ").hides("<html")
	b.header = http.Header{}
	b.get("/incidents/99/next").is(http.StatusNotFound)
	plain := h.signIn(h.person("max", account.RoleUser, shop))
	plain.get("/incidents/1").shows("Next step in").hides("/incidents/1/next")
	plain.get("/incidents/1/next").is(http.StatusForbidden)
}

func TestAnAcknowledgedIncidentSaysWhenItsHolderIsAskedAndWhenItOpensAgain(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(`{"name": "Timed", "ack_timeout_minutes": 30, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "team"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b.post("/incidents/1/acknowledge", nil)
	asked := h.clk.Now().Add(20 * time.Minute).UTC().Format(time.RFC3339)
	b.get("/incidents/1").shows("Opens again in", "30:00", `At <time datetime="`+asked+`"`, "whoever has it is asked whether they still are on it.", "If nobody does anything, next")
	b.get("/incidents/1/next").shows("Are you still on it?", "The acknowledgement runs out", "Step 1, round ", "Nobody to notify", "of Fallback contacts", "more times, the last ")
}

func TestASnoozedIncidentSaysWhatComesWhenTheSnoozeEnds(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b.post("/incidents/1/snooze", url.Values{"for": {"1h"}, "zone": {"UTC"}})
	b.get("/incidents/1").shows("Comes back in", "Then it opens again and is escalated on.")
	b.get("/incidents/1/next").shows("The snooze ends", "Eve")
	b.post("/incidents/1/resolve", nil)
	b.get("/incidents/1").shows("It is over, and nobody is paged.").hides("/incidents/1/next")
	b.get("/incidents/1/next").shows("Nothing more happens by itself, and nobody is paged.")
}

func TestAnIncidentThatNoPolicyCoversSaysSoInRed(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("mia", account.RoleManager))
	if _, err := h.deps.Escalations.UpdatePolicy(t.Context(), h.root, 1, 0, []byte(`{"is_active": false}`)); err != nil {
		t.Fatal(err)
	}
	h.incident(incident.NewIncident{Title: "Lonely", Severity: "high"})
	b.get("/incidents/1").shows(`class="alarm is-critical"`, "No policy pages anybody for this incident", "Unescalated", "Nobody has been paged yet.")
	h.steps()
	b.get("/incidents/1").shows(`class="alarm is-critical"`, "No policy pages anybody for this incident")
	b.get("/incidents/new?preview=1&severity=high").shows(`class="alarm is-critical"`, "No policy pages anybody for this")
}

func TestWhoReportsAnIncidentSeesWhoWillBePaged(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.policy(twoSteps)
	b := h.signIn(eve)
	b.get("/incidents/new").shows("Who will be paged", `hx-get="/incidents/preview"`, `name="preview"`).hides("Step 1: ")
	b.get("/incidents/new?preview=1&title=Typed&severity=critical&team_id="+idText(shop)).shows(`value="Typed"`, "Eve", "Step 1: ", "now")
	b.header = http.Header{"Hx-Request": {"true"}}
	b.get("/incidents/preview?severity=critical&team_id="+idText(shop)).shows("Eve", "Step 1: ").hides("<html")
	b.get("/incidents/preview?severity=awful&team_id=77").shows("What is chosen above cannot be").hides("Eve")
	b.header = http.Header{}
	if _, err := h.deps.Incidents.Get(t.Context(), h.root, 1); err == nil {
		t.Error("looking at who would be paged made an incident")
	}
	plain := h.signIn(h.person("max", account.RoleUser, shop))
	plain.get("/incidents/new").shows("Open incident").hides("Who will be paged")
	plain.get("/incidents/new?preview=1").shows("Open incident").hides("Who will be paged")
}

func TestAnIncidentThatFlapsSaysWhenItIsOver(t *testing.T) {
	h := newHouse(t)
	page := h.signIn(h.person("mia", account.RoleManager))
	key := keyOn(t, page.post("/integrations", integrationOf("Scripts", 0)))
	for range 3 {
		h.sends(key, `{"key": "a", "title": "Comes and goes"}`)
		h.clk.Advance(time.Minute)
		h.sends(key, `{"key": "a", "status": "resolved"}`)
		h.clk.Advance(time.Minute)
	}
	over := h.clk.Now().Add(14 * time.Minute).UTC().Format(time.RFC3339)
	page.get("/incidents/1").shows("Nothing fires any more, but it comes and goes", `datetime="`+over+`"`)
	page.get("/incidents/1/next").shows("It is over")
}
