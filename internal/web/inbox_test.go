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

func TestTheInboxShowsWhatOneMaySee(t *testing.T) {
	h := newHouse(t)
	shop, payments := h.team("Shop"), h.team("Payments")
	h.incident(incident.NewIncident{Title: "Shop is down", Severity: "critical", TeamID: &shop, Service: "checkout"})
	h.incident(incident.NewIncident{Title: "Payments <b>late</b>", Severity: "low", TeamID: &payments})
	engineer := h.signIn(h.person("eve", account.RoleOncallEngineer))
	engineer.get("/incidents").shows("Shop is down", "Payments &lt;b&gt;late", "Critical", "checkout", "#1", "2 in all")
	plain := h.signIn(h.person("ulla", account.RoleUser, payments))
	plain.get("/incidents").shows("Payments").hides("Shop is down")
	plain.get("/incidents/1").is(http.StatusNotFound)
}

func TestTabsTilesAndFiltersNarrowTheList(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	ann := h.person("ann", account.RoleTeamLead, shop)
	b := h.signIn(ann)
	first := h.incident(incident.NewIncident{Title: "Alpha", Severity: "critical", TeamID: &shop})
	h.incident(incident.NewIncident{Title: "Beta", Severity: "low", Service: "search"})
	b.post("/incidents/"+idText(first.ID)+"/acknowledge", nil).goesTo("/incidents/1?done=acknowledged")
	for query, wants := range map[string][2]string{
		"status=open":          {"Beta", "Alpha"},
		"tab=acknowledged":     {"Alpha", "Beta"},
		"tab=assigned":         {"Alpha", "Beta"},
		"tab=team":             {"Alpha", "Beta"},
		"severity=low":         {"Beta", "Alpha"},
		"service=search":       {"Beta", "Alpha"},
		"q=alph":               {"Alpha", "Beta"},
		"team=" + idText(shop): {"Alpha", "Beta"},
	} {
		page := b.get("/incidents?" + query).is(http.StatusOK)
		rows := page.body[strings.Index(page.body, `id="rows"`):]
		if !strings.Contains(rows, wants[0]) || strings.Contains(rows, ">"+wants[1]+"<") {
			t.Errorf("%s does not narrow the list to %s", query, wants[0])
		}
	}
	b.get("/incidents").shows(`<b>1</b> Acknowledged`, `<b>1</b> Open`)
	b.get("/incidents?status=nonsense&team=x&sort=;drop&cursor=made-up").shows("Alpha", "Beta")
	b.get("/incidents?q=nothing-like-it").shows("Nothing matches")
}

func TestTheListBeginsWithWhatWaitsForSomebody(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	ann.get("/incidents").shows("All quiet", "Nothing has come in yet")
	for _, severity := range []incident.Severity{"low", "critical", "high", "medium", "info"} {
		h.incident(incident.NewIncident{Title: "It is " + string(severity), Severity: severity})
	}
	ann.post("/incidents/2/acknowledge", nil)
	ann.post("/incidents/3/resolve", nil)
	page := ann.get("/incidents").shows("4 in all").hides("It is high")
	last := -1
	for _, title := range []string{"It is medium", "It is low", "It is info", "It is critical"} {
		at := strings.Index(page.body, title)
		if at <= last {
			t.Errorf("%q stands at %d, after what stands at %d", title, at, last)
		}
		last = at
	}
	ann.get("/incidents?status=any").shows("5 in all", "It is high")
	ann.get("/incidents?status=resolved").shows("1 in all", "It is high")
	ann.get("/incidents?q=It+is+high").shows("Nothing matches", `href="/incidents?q=It+is+high&amp;status=any"`)
	ann.get("/incidents?q=It+is+high&status=any").shows("1 in all")
	for id := int64(1); id <= 5; id++ {
		ann.post("/incidents/"+idText(id)+"/resolve", nil)
	}
	ann.get("/incidents").shows("All quiet", "is resolved.", "Look at the resolved").hides("Nothing has come in yet")
	h.signIn(h.person("ulla", account.RoleUser)).get("/incidents").shows("Nothing has come in yet that you may see").hides("curl")
}

func TestPagesOfTheListFollowEachOther(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	for n := range pageSize + 5 {
		h.clk.Advance(time.Second)
		h.incident(incident.NewIncident{Title: "Number " + idText(int64(n+1)) + "."})
	}
	first := ann.get("/incidents").shows("Number 55.", "Older").hides("Number 5.")
	cursor := between(first.body, `href="/incidents?cursor=`, `"`)
	ann.get("/incidents?cursor="+cursor).shows("Number 5.", "Newest").hides("Number 55.")
}

func TestSeveralAreAcknowledgedAtOnce(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	for _, title := range []string{"One", "Two", "Three"} {
		h.incident(incident.NewIncident{Title: title})
	}
	form := url.Values{"verb": {"acknowledge"}, "id": {"1", "3", "nonsense"}, "back": {"/incidents?q=o"}}
	ann.post("/incidents/bulk", form).goesTo("/incidents?q=o&done=acknowledged")
	ann.get("/incidents?status=acknowledged").shows("One", "Three").hides(">Two<")
	ann.post("/incidents/1/resolve", nil)
	form.Set("back", "//evil.example")
	ann.post("/incidents/bulk", form).goesTo("/incidents?done=some_refused")
	ann.post("/incidents/bulk", url.Values{"verb": {"explode"}, "id": {"1"}}).is(http.StatusBadRequest)
}

func TestANoticeBringsChangedRowsAndCountsNewOnes(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	h.incident(incident.NewIncident{Title: "Known"})
	h.incident(incident.NewIncident{Title: "New one", Severity: "low"})
	ann.post("/incidents/1/acknowledge", nil)
	ann.get("/incidents/rows?id=1&unseen=2").shows(`hx-target="#row-1"`, "Acknowledged", "1 new", `hx-target="#tiles"`)
	ann.get("/incidents/rows?id=1&status=open").shows(`class="row is-medium gone"`)
	ann.get("/incidents/rows?unseen=2&severity=critical").shows(`hx-target="#news"`).hides("1 new")
	plain := h.signIn(h.person("ulla", account.RoleUser))
	plain.get("/incidents/rows?id=1&unseen=2").is(http.StatusOK).hides("Known", "1 new")
}

func TestAScriptGetsOnlyTheRowItActedOn(t *testing.T) {
	h := newHouse(t)
	ann := h.signIn(h.person("ann", account.RoleTeamLead))
	h.incident(incident.NewIncident{Title: "Row"})
	ann.header = http.Header{"Hx-Request": {"true"}, "Hx-Target": {"li#row-1"}}
	ann.post("/incidents/1/acknowledge", nil).shows(`id="row-1"`, "Acknowledged").hides("<html")
	ann.post("/incidents/1/resolve", nil).shows("Resolved")
	refused := ann.post("/incidents/1/acknowledge", nil).is(http.StatusConflict)
	if !strings.Contains(refused.header.Get("HX-Trigger"), "tocsin:toast") {
		t.Errorf("the page is told nothing: %q", refused.header.Get("HX-Trigger"))
	}
	gone := h.browser()
	gone.header = http.Header{"Hx-Request": {"true"}}
	if a := gone.post("/incidents/1/resolve", nil); a.header.Get("HX-Redirect") == "" {
		t.Error("who is not signed in any more is not sent to the sign-in")
	}
}
