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

// landed is a house with an incident of which Ann, a plain user, was paged, and the way to the page behind her link.
func landed(t *testing.T) (h *house, i incident.Incident, path string) {
	t.Helper()
	h = newHouse(t)
	i = h.incident(incident.NewIncident{Title: "Disk full <on> db-1", Description: "97 %", Severity: incident.SeverityHigh, Service: "payments"})
	link := h.page(h.person("ann", account.RoleUser), i).AckURL
	path, found := strings.CutPrefix(link, "http://tocsin.test")
	if !found || !strings.HasPrefix(path, "/a/") {
		t.Fatalf("the link is %q", link)
	}
	return h, i, path
}

func (h *house) status(id int64) incident.Status {
	h.t.Helper()
	d, err := h.deps.Incidents.Get(h.t.Context(), h.root, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d.Incident.Status
}

// reader is a browser that asks for pages.
func (h *house) reader() *browser {
	b := h.browser()
	b.header.Set("Accept", "text/html,application/xhtml+xml")
	return b
}

func TestTheLinkInAPageOpensWithoutSigningIn(t *testing.T) {
	h, i, path := landed(t)
	a := h.reader().get(path).shows("Disk full &lt;on&gt; db-1", "High", "payments", "Ann", "97 %", `value="acknowledge"`, `value="resolve"`, "/incidents/"+idText(i.ID))
	a.shows(`data-seen="`+path+`/seen"`).hides("sprite", "htmx")
	if len(a.body) > 8000 {
		t.Errorf("the page has %d bytes", len(a.body))
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}

func TestWhoeverReadsTheLinkChangesNothing(t *testing.T) {
	h, i, path := landed(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet, http.MethodOptions, http.MethodPut, http.MethodDelete} {
		h.browser().do(method, path+"?verb=acknowledge", nil)
	}
	if got := h.status(i.ID); got != incident.StatusOpen {
		t.Errorf("the incident is %s", got)
	}
}

func TestTheButtonsOnTheLinksPageAct(t *testing.T) {
	h, i, path := landed(t)
	b := h.reader()
	b.post(path, url.Values{"verb": {"acknowledge"}}).shows("You have it.", "Acknowledged", `value="resolve"`).hides(`value="acknowledge"`)
	b.get(path).shows("You have it.")
	b.post(path, url.Values{"verb": {"resolve"}}).shows("You resolved it.").hides(`value="resolve"`)
	if got := h.status(i.ID); got != incident.StatusResolved {
		t.Errorf("the incident is %s", got)
	}
}

// TestAProgramAcknowledgesByAPostAlone: push messages and mail programs send no form, no origin, or a foreign one.
func TestAProgramAcknowledgesByAPostAlone(t *testing.T) {
	for name, header := range map[string]http.Header{
		"nothing":        {},
		"another origin": {"Origin": {"https://ntfy.example"}, "Sec-Fetch-Site": {"cross-site"}},
		"no origin":      {"Origin": {"null"}},
	} {
		t.Run(name, func(t *testing.T) {
			h, i, path := landed(t)
			b := h.browser()
			b.header = header
			a := b.do(http.MethodPost, path, nil).shows(`"status":"acknowledged"`, "You have it.")
			if got := a.header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
			b.do(http.MethodPost, path, nil).shows(`"status":"acknowledged"`)
			if got := h.status(i.ID); got != incident.StatusAcknowledged {
				t.Errorf("the incident is %s", got)
			}
		})
	}
}

func TestALinkThatIsNoLongerGoodSaysWhy(t *testing.T) {
	h, i, path := landed(t)
	h.reader().get(path[:len(path)-1]).is(http.StatusNotFound).says("This link is not valid").hides("Disk full", "<form")
	h.reader().post(path+"x", nil).is(http.StatusNotFound).says("This link is not valid")
	h.browser().post(path+"x", nil).is(http.StatusNotFound).says(`"bad_link"`)
	h.browser().post(path, url.Values{"verb": {"delete"}}).is(http.StatusUnprocessableEntity)
	h.reader().get("/a/").is(http.StatusNotFound)

	if _, err := h.deps.Incidents.Resolve(t.Context(), h.root, i.ID); err != nil {
		t.Fatal(err)
	}
	h.browser().do(http.MethodPost, path, nil).shows("It is resolved.", `"status":"resolved"`)
	if _, err := h.deps.Incidents.Reopen(t.Context(), h.root, i.ID); err != nil {
		t.Fatal(err)
	}
	h.reader().get(path).shows("opened again", "Disk full").hides(`name="verb"`)
	h.browser().do(http.MethodPost, path, nil).is(http.StatusConflict).says("opened again")
	h.clk.Advance(91 * 24 * time.Hour)
	h.reader().get(path).is(http.StatusGone).says("too old").hides("Disk full", `name="verb"`)
	if got := h.status(i.ID); got != incident.StatusOpen {
		t.Errorf("the incident is %s", got)
	}
}
