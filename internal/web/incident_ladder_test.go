package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// rungsOf are the words of the first ladder on the page, those that are reached with a star.
func rungsOf(body string) string {
	var words []string
	for _, li := range strings.Split(between(body, `<ol class="rungs"`, `</ol>`), "<li")[1:] {
		word := between(li, "<span>", "</span>")
		if strings.Contains(li, "is-reached") {
			word += "*"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestAPageClimbsItsLadder(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve, lea := h.person("eve", account.RoleOncallEngineer, shop), h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	lead, engineer := h.signIn(lea), h.signIn(eve)
	ladder := func() string { t.Helper(); return rungsOf(lead.get("/incidents/1").shows(`class="ladder"`).body) }
	want := func(rungs string) {
		t.Helper()
		if got := ladder(); got != rungs {
			t.Errorf("the ladder is %q, want %q", got, rungs)
		}
	}
	want("Queued* Sent Delivered Seen Acknowledged")
	h.send()
	want("Queued* Sent* Delivered Seen Acknowledged")
	h.clk.Advance(time.Minute)
	engineer.get("/incidents/1")
	want("Queued* Sent* Seen* Acknowledged")
	h.clk.Advance(time.Minute)
	engineer.post("/incidents/1/acknowledge", nil)
	want("Queued* Sent* Seen* Acknowledged*")
}

func TestAPageThatIsNotWantedAnyMoreEndsItsLadder(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b := h.signIn(eve)
	b.post("/incidents/1/acknowledge", nil)
	page := b.get("/incidents/1").shows("Not tried")
	if got := rungsOf(page.body); got != "Queued* Cancelled" {
		t.Errorf("the ladder is %q", got)
	}
}

func TestOnlyASignedInPersonWhoOpensTheIncidentSeesIt(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve, lea := h.person("eve", account.RoleOncallEngineer, shop), h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.send()
	engineer, lead := h.signIn(eve), h.signIn(lea)
	h.browser().get("/incidents/1").is(http.StatusSeeOther)
	lead.get("/incidents/1").shows("Checkout fails")
	engineer.header = http.Header{"Hx-Request": {"true"}}
	engineer.get("/incidents/1?part=live").shows("Checkout fails")
	engineer.header = http.Header{"Sec-Purpose": {"prefetch;prerender"}}
	engineer.get("/incidents/1").shows("Checkout fails")
	engineer.header = http.Header{}
	engineer.get("/incidents")
	if got := h.seen(); len(got) != 0 {
		t.Fatalf("seen at %v", got)
	}
	engineer.get("/incidents/1").shows("Checkout fails")
	if got := h.seen(); len(got) != 1 || !got[eve.ID].Equal(h.clk.Now()) {
		t.Errorf("seen at %v, want by Eve now", got)
	}
}

func TestOneMessageForSeveralIncidentsIsNamed(t *testing.T) {
	h, list, _ := listed(t)
	b := h.browser()
	b.post("/login", url.Values{"email": {"boss@example.com"}, "password": {goodPassword}})
	page := b.get("/incidents/"+idText(list[1].ID)).shows("Messages beside the steps", "One message told of this and of others")
	address := between(page.body, `href="/notifications?message=`, `"`)
	address, _, _ = strings.Cut(address, "&")
	one := b.get("/notifications?tab=all&message="+address).shows("These went out in one message.", "Disk &lt;")
	if got := strings.Count(one.body, `<tr id="n-`); got != len(list) {
		t.Errorf("%d notifications are listed, want %d", got, len(list))
	}
}

func TestTheTimelineIsShownInParts(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	b.post("/incidents/1/comments", url.Values{"content": {"It is DNS."}})
	b.post("/incidents/1/acknowledge", nil)
	b.get("/incidents/1").shows("It is DNS.", "paging Eve", "Eve acknowledged.", `href="/incidents/1?show=notes"`, `href="#event-`)
	b.get("/incidents/1?show=notes").shows("It is DNS.", `part=live&amp;show=notes`, `href="/incidents/1#event-`).hides("paging Eve", "Eve acknowledged.")
	b.get("/incidents/1?show=pages").shows("paging Eve").hides("It is DNS.", "Eve acknowledged.")
	b.get("/incidents/1?show=changes").shows("Eve acknowledged.").hides("It is DNS.", "paging Eve")
	b.get("/incidents/1?show=nonsense").shows("It is DNS.", "paging Eve")
}

func TestWhatStepsTellToDoIsAChecklist(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(`{"name": "Runbook", "repeat": {"times": 1, "every_minutes": 1}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "team"},
		{"type": "instructions", "text": "- [ ] Look at <db-7>\n2. Call the provider\n\n"}]}]}`)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.clk.Advance(time.Minute)
	h.steps()
	page := b.get("/incidents/1").shows("What to do", `value="Done: Look at &lt;db-7&gt;"`, `value="Done: Call the provider"`, "Step 1 says what to do.")
	if got := strings.Count(page.body, `value="Done: `); got != 2 {
		t.Errorf("%d tasks are listed, want 2 although the step was taken twice", got)
	}
	b.post("/incidents/1/comments", url.Values{"content": {"Done: Call the provider"}}).goesTo("/incidents/1")
	b.get("/incidents/1").shows("<s>Call the provider</s>", `value="Done: Look at &lt;db-7&gt;"`).hides(`value="Done: Call the provider"`)
}

func TestTheIncidentShowsItsLedger(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.send()
	b.get("/incidents/1").shows("What was owed", "Adds up", "1: 1 sent", "2: 1 sent, 1 on the way", "On its way", "Its next step is due at").hides("Does not add up")
	h.clk.Advance(time.Hour) // The step that is due in ten minutes is not taken.
	b.get("/incidents/1").shows("Does not add up", "and has not been taken.")
}

func TestAPageThatCouldNotBeSentIsSaidInWords(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	b := h.signIn(h.person("eve", account.RoleOncallEngineer, shop))
	h.policy(twoSteps)
	h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.letters.answer = &notify.Outcome{Result: notify.Permanent, Detail: "550 no such <box>"}
	h.send()
	page := b.get("/incidents/1").shows("550 no such &lt;box&gt;", "It is not tried again.", "; it could not be sent by e-mail.")
	if got := rungsOf(page.body); got != "Queued* Failed" {
		t.Errorf("the ladder is %q", got)
	}
}
