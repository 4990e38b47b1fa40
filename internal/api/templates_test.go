package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestTemplatesGolden(t *testing.T) {
	h := newHouse(t)
	bob := h.person("bob", account.RoleManager, 0)
	const one = "/v1/notification-templates/page/email"
	s := &script{h: h}
	s.do("none at first", h.admin, "GET", "/v1/notification-templates", nil).is(200)
	s.do("what they can say", bob, "GET", "/v1/notification-templates/reference", nil).is(200)
	s.do("the built-in words have no template", h.admin, "GET", one, nil).is(404)
	s.do("wrong in every field", h.admin, "PUT", one, m{"subject": "{{.Nope}}", "text": "a\n{{if}}", "html": "<a href='{{.What}}"}).is(422)
	s.do("for nothing that there is", h.admin, "PUT", "/v1/notification-templates/holiday/pigeon", m{"text": "x"}).is(422)
	s.do("made", h.admin, "PUT", one, m{"subject": "[{{.SEVERITY}}] {{.What}}", "text": "{{.What}}\n{{.AckURL}}"}).is(200)
	s.do("changed meanwhile", h.admin, "PUT", one, m{"subject": "x", "version": 7}).is(412)
	s.do("changed", h.admin, "PUT", one, m{"subject": "{{.What}}", "version": 1}).is(200)
	s.do("by somebody who may not", bob, "PUT", one, m{"subject": "x"}).is(403)
	s.do("seen by somebody who may not", bob, "GET", "/v1/notification-templates", nil).is(403)
	s.do("all", h.admin, "GET", "/v1/notification-templates", nil).is(200)
	s.do("previewed", h.admin, "POST", "/v1/notification-templates/preview",
		m{"event": "page", "channel": "email", "subject": "{{.What}}", "text": "{{.Name}}", "html": "<b>{{.What}}</b>"}).is(200)
	incident := h.admin.post("/v1/incidents", m{"title": "db <down>", "severity": "low"}).id()
	s.do("previewed for an incident", h.admin, "POST", "/v1/notification-templates/preview",
		m{"event": "resolved", "channel": "ntfy", "subject": "{{.What}}", "text": "{{.Said}}", "incident_id": incident}).is(200)
	s.do("previewed for none", h.admin, "POST", "/v1/notification-templates/preview", m{"event": "page", "channel": "email", "incident_id": 999}).is(404)
	s.do("previewed for nothing that there is", h.admin, "POST", "/v1/notification-templates/preview", m{"event": "x", "channel": "y", "colour": 1}).is(422)
	s.do("taken away", h.admin, "DELETE", one, nil).is(200)
	s.do("taken away twice", h.admin, "DELETE", one, nil).is(404)
	s.is("templates")
}
