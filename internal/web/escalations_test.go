package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// steps lets the engine take what is due.
func (h *house) steps() {
	h.t.Helper()
	for {
		_, more, err := h.deps.Escalations.Steps(h.t.Context())
		if err != nil {
			h.t.Fatalf("take steps: %v", err)
		}
		if !more {
			return
		}
	}
}

func (h *house) policy(document string) int64 {
	h.t.Helper()
	p, err := h.deps.Escalations.CreatePolicy(h.t.Context(), h.root, []byte(document))
	if err != nil {
		h.t.Fatalf("create policy: %v", err)
	}
	return p.ID
}

const twoSteps = `{"name": "Day and night", "steps": [
	{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
	{"delay_minutes": 10, "actions": [{"type": "notify", "target": "team_lead"}]}]}`

func TestStepsAndWhatIsDueNextAreListed(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	b := h.signIn(eve)
	b.get("/escalations").shows("No policy is at work", "No step was taken yet")
	h.incident(incident.NewIncident{Title: "Checkout <fails>", Severity: "critical", TeamID: &shop, Service: "checkout"})
	h.steps()
	h.clk.Advance(3 * time.Minute)
	b.get("/escalations").shows("Checkout &lt;fails&gt;", "Step 2 of 2", "7:00", `href="/policies/2"`, "the on-call engineer", "Eve", "by email", "Waiting", "1 in all")
	b.get("/incidents").shows("Next escalation in", "7:00")
	if got := h.paged.Paged(); !slices.Equal(got, []int64{eve.ID}) {
		t.Errorf("paged %v, want Eve", got)
	}
	plain := h.signIn(h.person("ulla", account.RoleUser))
	plain.get("/escalations").shows("No step was taken yet").hides("Checkout")
	member := h.signIn(h.person("max", account.RoleUser, shop))
	member.get("/escalations").shows("Checkout", "Day and night").hides(`href="/policies`)
	b.get("/escalations?cursor=made-up").shows("Checkout")
	b.post("/incidents/1/acknowledge", nil)
	b.get("/escalations").hides("7:00")
	b.get("/incidents").hides("Next escalation in")
}

func TestPagesOfStepsFollowEachOther(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	for n := range pageSize + 1 {
		h.incident(incident.NewIncident{Title: "Number " + idText(int64(n+1)) + ".", Severity: "low", TeamID: &shop})
	}
	h.steps()
	first := b.get("/escalations").shows("51 in all", "Older")
	next := between(first.body, `href="/escalations?cursor=`, `"`)
	b.get("/escalations?cursor="+next).shows(`hx-get="/escalations?cursor=`+next, "Newest").hides("Older")
}

func TestOfManyRunsTheFirstDueAreShownAndThatTheyAreNotAll(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	for range runsStep {
		h.incident(incident.NewIncident{Title: "One of many", TeamID: &shop})
	}
	b.get("/escalations").shows(`<span class="count">100</span>`).hides("More are running")
	h.incident(incident.NewIncident{Title: "The last", TeamID: &shop})
	page := b.get("/escalations").shows(`<span class="count">100+</span>`, "More are running", `href="/escalations?runs=200"`).hides("The last")
	if n := strings.Count(page.body, "One of many"); n != runsStep {
		t.Errorf("%d runs are shown, want %d", n, runsStep)
	}
	b.get("/escalations?runs=200").shows(`<span class="count">101</span>`, "The last", `hx-get="/escalations?runs=200"`).hides("More are running")
	b.get("/escalations?runs=-5").shows(`<span class="count">100+</span>`)
}

func TestAnIncidentSaysWhatHappensNextAndWhyMe(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve, lea := h.person("eve", account.RoleOncallEngineer, shop), h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	engineer, lead := h.signIn(eve), h.signIn(lea)
	engineer.get("/incidents/1").shows("Next step in", "10:00", "Step 2 of 2 of Day and night: pages the team lead.", "At work",
		"Why me", "You were paged by step 1 of Day and night because you have the role on-call engineer; it goes out by e-mail at", "Nobody else has been paged yet.", "Escalate now", "Day and night, step 1: paging Eve", "is-pending")
	lead.get("/incidents/1").shows("Next step in", "Who was paged", "You were not paged. Eve was paged, last by step 1 of Day and night at").hides("Why me")
	lead.post("/incidents/1/escalate", nil).goesTo("/incidents/1?done=escalated")
	if got := h.paged.Paged(); !slices.Equal(got, []int64{eve.ID, lea.ID}) {
		t.Errorf("paged %v, want Eve, then Lea", got)
	}
	lead.get("/incidents/1?done=escalated").shows("Escalated: the next step was taken.", "Lea escalated. Day and night, step 2: paging Lea",
		"You were paged by step 2 of Day and night because you are the team lead of Shop", "Lea asked for it. Eve was paged too.")
	engineer.get("/escalations").shows("Step 2, after 10 min, asked for by Lea")
	engineer.post("/incidents/1/acknowledge", nil)
	lead.get("/incidents/1").hides("Next step in")
	lead.header = http.Header{"Hx-Request": {"true"}}
	lead.post("/incidents/1/escalate", nil).shows(`<article id="incident"`).hides("<html")
}

func TestWhyMeNamesTheStepThatPagedAndNotOneThatFoundThemPagedAlready(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.policy(`{"name": "First", "priority": 1, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
	h.policy(`{"name": "Second", "priority": 2, "steps": [{"delay_minutes": 1, "actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.clk.Advance(time.Minute)
	h.steps()
	engineer := h.signIn(eve)
	engineer.get("/escalations").shows("paged a moment before")
	engineer.get("/incidents/1").shows("You were paged by step 1 of First").hides("You were paged by step 1 of Second")
}

func TestNobodyToNotifyIsSaidInRed(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("mia", account.RoleManager))
	h.policy(`{"name": "Empty house", "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "org:cto"}]}]}`)
	h.incident(incident.NewIncident{Title: "Lonely", Severity: "high"})
	h.steps()
	b.get("/escalations").shows("Nobody to notify.", "Failed", "every CTO")
	b.get("/incidents/1").shows("Empty house, step 1: nobody to notify.", "is-critical", "Nobody to notify.")
}

func TestEscalatingIsForWhoMayAct(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	h.incident(incident.NewIncident{Title: "Theirs", TeamID: &shop})
	h.signIn(h.person("olga", account.RoleUser)).post("/incidents/1/escalate", nil).is(http.StatusNotFound)
	lead := h.signIn(h.person("lea", account.RoleTeamLead, shop))
	lead.post("/incidents/9/escalate", nil).is(http.StatusNotFound)
	lead.post("/incidents/1/resolve", nil)
	lead.get("/incidents/1").hides("Escalate now")
	lead.post("/incidents/1/escalate", nil).goesTo("/incidents/1?done=no_escalation")
	lead.get("/incidents/1?done=no_escalation").shows("It is resolved, so nothing was done.")
	h.browser().post("/incidents/1/escalate", nil).goesTo("/login.html")
}
