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

func TestAnIncidentIsReportedAndWorkedOn(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	ann, bob := h.person("ann", account.RoleTeamLead, shop), h.person("bob", account.RoleOncallEngineer, shop)
	b := h.signIn(ann)
	b.get("/incidents/new").shows("Shop", "Critical", `name="title"`)
	b.post("/incidents", url.Values{"title": {"Checkout fails"}, "severity": {"critical"}, "team_id": {idText(shop)}, "description": {"500 for all"}}).
		goesTo("/incidents/1?done=created")
	b.get("/incidents/1?done=created").shows("Checkout fails", "Critical", "Open", "500 for all", "Ann reported it.", "Created.", "Snooze until", "Who has it")
	b.post("/incidents/1/assign", url.Values{"user": {idText(bob.ID)}}).goesTo("/incidents/1")
	b.post("/incidents/1/comments", url.Values{"content": {"It is <DNS>.\nAlways."}}).goesTo("/incidents/1?done=comment")
	b.post("/incidents/1/acknowledge", nil).goesTo("/incidents/1")
	b.get("/incidents/1").shows("Acknowledged", "It is &lt;DNS&gt;.", "Bob", "Ann acknowledged.").hides(`data-key="acknowledge"`)
	b.post("/incidents/1/unassign", url.Values{"user": {idText(bob.ID)}}).goesTo("/incidents/1")
	b.post("/incidents/1/resolve", nil).goesTo("/incidents/1?done=resolved")
	b.get("/incidents/1").shows("Resolved", "Reopen").hides("Snooze until")
	b.post("/incidents/1/reopen", nil).goesTo("/incidents/1")
	b.get("/incidents/1").shows("Open", "reopened it.")
}

func TestWhatIsWrongStandsBesideItsInputAndNothingIsLost(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleTeamLead))
	long := strings.Repeat("ä", 256)
	page := b.post("/incidents", url.Values{"title": {long}, "severity": {"awful"}, "team_id": {"77"}, "description": {"keep me"}}).
		is(http.StatusUnprocessableEntity).says(long, "keep me", "at most 255", "Must be critical", "There is no team 77")
	if strings.Count(page.body, `aria-invalid="true"`) != 3 {
		t.Errorf("%d inputs are marked, want 3", strings.Count(page.body, `aria-invalid="true"`))
	}
	b.get("/incidents").shows("All quiet")
}

func TestSnoozeUntilATimeInOnesZone(t *testing.T) {
	now := time.Date(2026, 3, 28, 22, 30, 0, 0, time.UTC) // 23:30 in Berlin; the clocks change in that night.
	for _, c := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"for": {"1h"}, "zone": {"UTC"}}, "2026-03-28T23:30:00Z"},
		{url.Values{"for": {"morning"}, "zone": {"Europe/Berlin"}}, "2026-03-29T06:00:00Z"},
		{url.Values{"for": {"morning"}, "zone": {"UTC"}}, "2026-03-29T08:00:00Z"},
		{url.Values{"until": {"2026-03-30T09:15"}, "zone": {"Europe/Berlin"}}, "2026-03-30T07:15:00Z"},
	} {
		until, err := snoozeUntil(c.form, now)
		if err != nil || until.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%v is %v (%v), want %s", c.form, until.UTC(), err, c.want)
		}
	}
	for _, form := range []url.Values{{"zone": {"UTC"}}, {"for": {"soon"}, "zone": {"UTC"}}, {"until": {"tomorrow"}, "zone": {"UTC"}}, {"for": {"1h"}, "zone": {"Mars/Base"}}} {
		if _, err := snoozeUntil(form, now); err == nil {
			t.Errorf("%v was taken", form)
		}
	}
}

func TestASnoozedIncidentSaysWhenItComesBack(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleTeamLead))
	h.incident(incident.NewIncident{Title: "Later"})
	b.post("/incidents/1/snooze", url.Values{"until": {"1999-01-01T00:00"}, "zone": {"UTC"}}).is(http.StatusUnprocessableEntity).says("snooze-until")
	b.post("/incidents/1/snooze", url.Values{"for": {"4h"}, "zone": {"UTC"}}).goesTo("/incidents/1")
	until := h.clk.Now().Add(4 * time.Hour).UTC().Format(time.RFC3339)
	b.get("/incidents/1").shows("Snoozed", "Comes back in", "Wake now", `Ann snoozed it until <time datetime="`+until+`"`).hides("until " + until)
	b.post("/incidents/1/unsnooze", nil).goesTo("/incidents/1")
	b.get("/incidents/1").shows("Open")
}

func TestARefusedCommentIsNotLost(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleTeamLead))
	h.incident(incident.NewIncident{Title: "Words"})
	long := strings.Repeat("x", 10_001)
	b.post("/incidents/1/comments", url.Values{"content": {long}}).is(http.StatusUnprocessableEntity).says(long, "at most 10000")
	b.post("/incidents/1/comments", url.Values{"content": {"  "}}).is(http.StatusUnprocessableEntity)
}

func TestWhatOneMayNotDoIsRefusedAndNotOffered(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	h.incident(incident.NewIncident{Title: "Theirs", TeamID: &shop})
	outsider := h.signIn(h.person("olga", account.RoleUser))
	outsider.get("/incidents/1").is(http.StatusNotFound)
	for _, verb := range []string{"acknowledge", "resolve", "snooze", "comments", "assign"} {
		a := outsider.post("/incidents/1/"+verb, url.Values{"for": {"1h"}, "zone": {"UTC"}, "content": {"x"}, "user": {"1"}})
		if a.code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", verb, a.code)
		}
	}
}

func TestTheLivePartIsTheArticleAlone(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleTeamLead))
	h.incident(incident.NewIncident{Title: "Live"})
	b.header = http.Header{"Hx-Request": {"true"}}
	b.get("/incidents/1?part=live").shows(`<article id="incident"`, "Live").hides("<html", `class="rail"`)
	b.post("/incidents/1/acknowledge", nil).shows(`<article id="incident"`, "Acknowledged").hides("<html")
}

func TestLinksOfSendersLeadToWebPagesOnly(t *testing.T) {
	links := safeLinks([]incident.Link{
		{Text: "Graph", URL: "https://graphs.example/x"},
		{Text: "Bad", URL: "javascript:alert(1)"},
		{URL: "http://wiki.example/run"},
		{Text: "Data", URL: "data:text/html,x"},
		{Text: "None", URL: "://"},
		{Text: "Relative", URL: "/logout"},
		{Text: "Graph", URL: "https://graphs.example/x"},
	})
	if len(links) != 2 || links[0].Word != "Graph" || links[1].Word != "wiki.example" {
		t.Errorf("the links are %+v", links)
	}
}
