package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// listed is a house in which Ann got one message for several incidents, the last of them critical, and the way to the page behind it.
func listed(t *testing.T) (h *house, list []incident.Incident, path string) {
	t.Helper()
	h = newHouse(t)
	ann, boss := h.person("ann", account.RoleUser), h.person("boss", account.RoleManager)
	asks := account.Actor{Kind: account.ActorUser, Org: boss.OrgID, UserID: boss.ID, Name: boss.Name(), Role: boss.Role}
	for n := range 8 {
		severity := incident.SeverityHigh
		i := h.incident(incident.NewIncident{Title: fmt.Sprintf("Disk <%d> full", n), Severity: severity, Service: "payments"})
		if _, err := h.deps.Incidents.Assign(t.Context(), asks, i.ID, ann.ID, ""); err != nil {
			t.Fatal(err)
		}
		list = append(list, i)
	}
	for range 6 {
		h.send()
	}
	var last notify.Message
	for len(last.Bundle) == 0 {
		last = h.letters.next(t)
	}
	list = list[8-len(last.Bundle):]
	// It has become worse since the message: what was one of many has to be seen now.
	worse := incident.SeverityCritical
	if _, err := h.deps.Incidents.Edit(t.Context(), h.root, list[len(list)-1].ID, incident.Edit{Severity: &worse}); err != nil {
		t.Fatal(err)
	}
	path, found := strings.CutPrefix(last.AckURL, "http://tocsin.test")
	if !found || len(list) < 2 {
		t.Fatalf("the message is %+v", last)
	}
	return h, list, path
}

func TestTheListBehindABundlesLinkIsTickedButForTheCritical(t *testing.T) {
	h, list, path := listed(t)
	a := h.reader().get(path).shows(fmt.Sprintf("<h1>%d incidents</h1>", len(list)), "payments", "Critical incidents are not ticked yet", `value="acknowledge"`)
	a.hides("htmx", `value="resolve"`, "You have acknowledged")
	for n, i := range list {
		a.shows("Disk &lt;", fmt.Sprintf(`name="incident" value="%d"`, i.ID))
		if ticked := strings.Contains(a.body, fmt.Sprintf(`name="incident" value="%d" checked`, i.ID)); ticked == (n == len(list)-1) {
			t.Errorf("%d of %d is ticked: %v", n, len(list), ticked)
		}
		if got := h.status(i.ID); got != incident.StatusOpen {
			t.Errorf("reading made the incident %s", got)
		}
	}
}

func TestWhatIsTickedInTheListIsAcknowledged(t *testing.T) {
	h, list, path := listed(t)
	b := h.reader()
	b.post(path, url.Values{"verb": {"acknowledge"}, "incident": {idText(list[0].ID), "rubbish"}}).is(http.StatusOK).
		shows("You have acknowledged one incident.", "You have it.").hides(fmt.Sprintf(`name="incident" value="%d"`, list[0].ID))
	for n, i := range list {
		if got := h.status(i.ID); (got == incident.StatusAcknowledged) != (n == 0) {
			t.Errorf("%d is %s", n, got)
		}
	}
}

func TestAProgramIsToldWhatTheListLeavesToAPerson(t *testing.T) {
	h, list, path := listed(t)
	h.browser().do(http.MethodPost, path, nil).is(http.StatusConflict).says(`"status":"open"`, "One still waits")
	last := list[len(list)-1]
	for _, i := range list[:len(list)-1] {
		if got := h.status(i.ID); got != incident.StatusAcknowledged {
			t.Errorf("%q is %s", i.Title, got)
		}
	}
	if got := h.status(last.ID); got != incident.StatusOpen {
		t.Errorf("the critical one is %s", got)
	}
	h.browser().post(path, url.Values{"verb": {"acknowledge"}, "incident": {idText(last.ID)}}).is(http.StatusOK).says(`"status":"acknowledged"`)
	h.browser().do(http.MethodPost, path, nil).is(http.StatusOK).says("nothing left to acknowledge")
}
