package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAMessageIsPutIntoOtherWords(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ida", account.RoleAdmin))
	const one = "/notification-templates/page/email"
	b.get("/incidents").shows(`href="/notification-templates"`)
	b.get("/notification-templates").shows("Message texts", "Page", "Assigned", "E-mail", "Built in").hides("Your own")
	b.get(one).shows("Page by E-mail", "Preview", "{{.SEVERITY}}", ".AckURL", "truncate", "A made-up incident").hides("Back to the built-in words")
	b.post(one, url.Values{"subject": {"{{.Nope}}"}, "text": {"a\n{{if}}"}, "html": {"<b>kept</b>"}, "version": {"0"}}).is(http.StatusUnprocessableEntity).
		says("there is no .Nope", "ine 2: missing value for if", "&lt;b&gt;kept&lt;/b&gt;", "{{.Nope}}")
	b.post(one, url.Values{"subject": {"{{.What}}!"}, "version": {"0"}}).is(http.StatusSeeOther)
	b.get(one).shows("{{.What}}!", `name="version" value="1"`, "Back to the built-in words")
	b.get("/notification-templates").shows("Your own")
	b.post(one, url.Values{"subject": {"x"}, "version": {"7"}}).is(http.StatusUnprocessableEntity).says("has been changed meanwhile")
	b.post(one+"/delete", nil).is(http.StatusSeeOther)
	b.get(one).hides("{{.What}}!")
	b.get("/notification-templates/holiday/email").is(http.StatusNotFound)
	b.get("/notification-templates/page/pigeon").is(http.StatusNotFound)
}

func TestAPreviewRunsNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ida", account.RoleAdmin))
	i := h.incident(incident.NewIncident{Title: `<script>alert(1)</script>`, Severity: "critical"})
	const preview = "/notification-templates/page/email/preview"
	p := b.post(preview, url.Values{
		"subject": {"{{.What}}"}, "text": {"{{.What}}"}, "html": {`<p>{{.What}}</p><script>evil()</script>`}, "incident_id": {idText(i.ID)},
	})
	// The page escapes what the template has escaped already: in the inner frame it is text, and a script there is not run.
	p.is(http.StatusOK).shows("<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>", `sandbox=""`, "&lt;p&gt;&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;&lt;/p&gt;",
		"has no link to acknowledge").hides("<script")
	policy := p.header.Get("Content-Security-Policy")
	if strings.Contains(policy, "script-src") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'self'") ||
		p.header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("it may be framed and run by %q, %q", policy, p.header.Get("X-Frame-Options"))
	}
	if page := b.get("/notification-templates/page/email"); !strings.Contains(page.header.Get("Content-Security-Policy"), "frame-src 'self'") ||
		page.header.Get("X-Frame-Options") != "DENY" {
		t.Error("the editor frames what it likes, or is framed")
	}
	b.get(preview).shows("CRITICAL #4711: Checkout answers slowly", "/a/sample", `sandbox=""`)
	b.post(preview, url.Values{"text": {"{{range 1000000000}}{{end}}"}}).is(http.StatusOK).shows("Text: ", "oes on for too long").hides("<h1>")
}

func TestOnlyAdministratorsPutMessagesIntoWords(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("mia", account.RoleManager))
	b.get("/incidents").hides(`href="/notification-templates"`)
	b.get("/notification-templates").is(http.StatusForbidden)
	b.get("/notification-templates/page/email").is(http.StatusForbidden)
	b.get("/notification-templates/page/email/preview").is(http.StatusForbidden)
	b.post("/notification-templates/page/email", url.Values{"subject": {"x"}}).is(http.StatusForbidden)
	b.post("/notification-templates/page/email/delete", nil).is(http.StatusForbidden)
	h.browser().get("/notification-templates").is(http.StatusSeeOther)
}
