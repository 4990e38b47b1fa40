package web

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestHowOneWasFoundIsSaidAsAReason(t *testing.T) {
	for via, want := range map[string]string{
		"":                     "somebody asked for you",
		"role oncall_engineer": "you have the role on-call engineer",
		"team_lead of Shop, for nobody is on call": "you are the team lead of Shop, for nobody is on call",
		"oncall_engineer of Shop":                  "you are the on-call engineer of Shop",
		"organisation's manager":                   "you are the organisation's manager",
		"on call when it began":                    "you were on call when it began",
		"on call by schedule Core":                 "you are on call by schedule Core",
		"member of Shop":                           "you are member of Shop",
		"assigned":                                 "you are assigned to it",
		"reporter":                                 "you reported it",
		"named in the policy":                      "the policy names you",
		"you hold it":                              "you hold it",
	} {
		if got := because(via); got != want {
			t.Errorf("%q is %q, want %q", via, got, want)
		}
	}
}

func TestWhoWasAskedDirectlyIsToldWhyAndHow(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleTeamLead)
	i := h.incident(incident.NewIncident{Title: "Disk full", Severity: incident.SeverityHigh})
	h.page(ann, i)
	at := h.clk.Now().UTC().Format(time.RFC3339)
	h.signIn(ann).get("/incidents/1").shows("Why me", "You were paged because ", `by e-mail at <time datetime="`+at+`"`)
}

func TestAPageOfAFormerEpisodeIsNoReasonForThisOne(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.policy(`{"name": "Once", "conditions": {"severity": "critical"}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "team:Shop"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical"})
	h.steps()
	b := h.signIn(eve)
	b.get("/incidents/1").shows("You were paged by step 1 of Once")
	low := incident.SeverityLow
	if _, err := h.deps.Incidents.Resolve(t.Context(), h.root, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.deps.Incidents.Edit(t.Context(), h.root, 1, incident.Edit{Severity: &low}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.deps.Incidents.Reopen(t.Context(), h.root, 1); err != nil {
		t.Fatal(err)
	}
	b.get("/incidents/1").shows("Who was paged", "You were not paged.").hides("You were paged by step 1 of Once")
}

func TestManyWhoWerePagedAreCounted(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	for _, name := range []string{"ada", "bea", "cem", "dan", "fay"} {
		h.person(name, account.RoleUser, shop)
	}
	h.policy(`{"name": "All", "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "team"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.signIn(eve).get("/incidents/1").shows("Why me", " and 2 others were paged too.")
}

func TestAnIncidentWhosePoliciesAreExhaustedSaysSoInRed(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(`{"name": "Short", "repeat": {"times": 0, "every_minutes": 1}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "team"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b.get("/incidents/1").hides(`class="alarm`)
	for range 3 {
		h.clk.Advance(time.Hour)
		h.steps()
	}
	b.get("/incidents/1").shows(`class="alarm is-critical"`, "Every policy has come to its end and nobody took it.", "The fallback contacts")
	b.post("/incidents/1/acknowledge", nil)
	b.get("/incidents/1").hides(`class="alarm`)
}

func TestAStepThatReachedNobodyIsSaidInRedUntilAnotherReachesSomebody(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(`{"name": "Up", "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "org:cto"}]},
		{"delay_minutes": 10, "actions": [{"type": "notify", "target": "team"}]}]}`)
	h.incident(incident.NewIncident{Title: "Slow", Severity: "low", TeamID: &shop})
	h.steps()
	b.get("/incidents/1").shows(`class="alarm is-critical"`, "The last step reached nobody. Nobody to notify.")
	h.clk.Advance(10 * time.Minute)
	h.steps()
	b.get("/incidents/1").hides(`class="alarm`)
}
