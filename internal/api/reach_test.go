package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestReachGolden(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.RoleUser, 0), h.person("bob", account.RoleUser, 0)
	s := &script{h: h}
	push := s.do("add", ann, "POST", "/v1/contact-methods", m{"channel": "ntfy", "address": "https://:tk_secret@ntfy.example/topsecret", "label": "my phone"}).is(201).id()
	hooked := s.do("add a webhook", ann, "POST", "/v1/contact-methods", m{"channel": "webhook", "address": "https://hooks.example/secret"}).is(201).id()
	mail := s.do("add an address that is to be proven", ann, "POST", "/v1/contact-methods", m{"channel": "email", "address": "ann@phone.example"}).is(201).id()
	s.do("add it twice", ann, "POST", "/v1/contact-methods", m{"channel": "email", "address": "ann@phone.example"}).is(400)
	s.do("badly", ann, "POST", "/v1/contact-methods", m{"channel": "pigeon", "address": "roof", "label": "a\u0001"}).is(422)
	s.do("an address that is none", ann, "POST", "/v1/contact-methods", m{"channel": "email", "address": "ann"}).is(422)
	s.do("with what is not known", ann, "POST", "/v1/contact-methods", m{"channel": "email", "address": "a@b.example", "colour": "red"}).is(422)
	s.do("list", ann, "GET", "/v1/contact-methods", nil).is(200)
	s.do("list as an administrator", h.admin, "GET", path("/v1/contact-methods?user_id=%d", ann.id), nil).is(200)
	s.do("list as somebody else", bob, "GET", path("/v1/contact-methods?user_id=%d", ann.id), nil).is(403)
	s.do("get", ann, "GET", path("/v1/contact-methods/%d", push), nil).is(200)
	s.do("get as somebody else", bob, "GET", path("/v1/contact-methods/%d", push), nil).is(404)
	s.do("change", ann, "PUT", path("/v1/contact-methods/%d", push), m{"label": "my watch", "enabled": false}).is(200)
	s.do("a wrong code", ann, "POST", path("/v1/contact-methods/%d/verify", mail), m{"code": "no code"}).is(422)
	s.do("another code too soon", ann, "POST", path("/v1/contact-methods/%d/code", mail), nil).is(429)
	s.do("no code is needed", ann, "POST", path("/v1/contact-methods/%d/code", push), nil).is(200)
	s.do("test", ann, "POST", path("/v1/contact-methods/%d/test", push), nil).is(200)
	s.do("test what is not proven", ann, "POST", path("/v1/contact-methods/%d/test", mail), nil).is(409)
	s.do("delete", ann, "DELETE", path("/v1/contact-methods/%d", hooked), nil).is(200)
	s.do("and it is gone", ann, "GET", path("/v1/contact-methods/%d", hooked), nil).is(404)
	s.is("contact_methods")
}

func TestAnAddressIsProvenOverREST(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleUser, 0)
	own := into[[]ContactMethod](ann.get("/v1/contact-methods").is(200))
	if len(own) != 1 || !own[0].OfAccount || own[0].Address != ann.email {
		t.Fatalf("at first: %+v", own)
	}
	ann.call("DELETE", path("/v1/contact-methods/%d", own[0].ID), nil).is(409)
	if got := into[ContactMethod](ann.post(path("/v1/contact-methods/%d/verify", own[0].ID), m{"code": "000000"}).is(200)); !got.Verified {
		t.Errorf("the account's own: %+v", got)
	}
	// An administrator adds it for somebody; it is proven all the same.
	mail := into[ContactMethod](h.admin.post(path("/v1/contact-methods?user_id=%d", ann.id), m{"channel": "email", "address": "ann@phone.example"}).is(201))
	if mail.Verified || mail.UserID != ann.id {
		t.Errorf("added for somebody: %+v", mail)
	}
	for range 5 {
		ann.post(path("/v1/contact-methods/%d/verify", mail.ID), m{"code": "x"}).is(422)
	}
	if got := ann.post(path("/v1/contact-methods/%d/verify", mail.ID), m{"code": "x"}).is(409).problem(); got.Code != "too_many_tries" {
		t.Errorf("the sixth: %+v", got)
	}
}

func TestRulesGolden(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.RoleUser, 0), h.person("bob", account.RoleUser, 0)
	push := ann.post("/v1/contact-methods", m{"channel": "ntfy", "address": "https://ntfy.example/ann"}).id()
	own := into[[]ContactMethod](ann.get("/v1/contact-methods").is(200))[0].ID
	theirs := into[[]ContactMethod](bob.get("/v1/contact-methods").is(200))[0].ID
	line := func(minutes any, method any) m { return m{"delay_minutes": minutes, "contact_method_id": method} }
	s := &script{h: h}
	s.do("at first", ann, "GET", "/v1/notification-rules", nil).is(200)
	s.do("set", ann, "PUT", "/v1/notification-rules", m{"high": []m{line(0, push), line(2.5, own)}, "low": []m{line(30, own)}}).is(200)
	s.do("get", ann, "GET", "/v1/notification-rules", nil).is(200)
	s.do("as an administrator", h.admin, "GET", path("/v1/notification-rules?user_id=%d", ann.id), nil).is(200)
	s.do("as somebody else", bob, "PUT", path("/v1/notification-rules?user_id=%d", ann.id), m{}).is(403)
	s.do("every wrong entry", ann, "PUT", "/v1/notification-rules", m{
		"high": []m{line(1, theirs), line(0, 999), line(1e300, own)}, "low": []m{line(-0.001, own), line(2000, push)},
	}).is(422)
	s.do("wrong types", ann, "PUT", "/v1/notification-rules", m{"high": []m{line("soon", nil)}, "low": 7}).is(422)
	s.do("one urgency only", ann, "PUT", "/v1/notification-rules", m{"high": []m{line(0, own)}}).is(200)
	s.is("rules")
}

func TestPreferencesGolden(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.RoleUser, 0), h.person("bob", account.RoleUser, 0)
	s := &script{h: h}
	s.do("my notices, at first", ann, "GET", "/v1/notice-preferences/me", nil).is(200)
	s.do("switch comments off", ann, "PUT", "/v1/notice-preferences/me/commented", m{"enabled": false}).is(200)
	s.do("a page cannot be switched off", ann, "PUT", "/v1/notice-preferences/me/page", m{"enabled": false}).is(422)
	s.do("notices as an administrator", h.admin, "GET", path("/v1/notice-preferences/%d", ann.id), nil).is(200)
	s.do("notices switched by an administrator", h.admin, "PUT", path("/v1/notice-preferences/%d/resolved", ann.id), m{"enabled": false}).is(200)
	s.do("notices by somebody else", bob, "PUT", path("/v1/notice-preferences/%d/resolved", ann.id), m{"enabled": true}).is(403)
	s.do("notices of nobody", h.admin, "GET", "/v1/notice-preferences/4040", nil).is(404)
	s.do("mine, at first", ann, "GET", "/v1/notification-preferences/me", nil).is(200)
	s.do("switch off", ann, "PUT", "/v1/notification-preferences/me/email", m{"enabled": false}).is(200)
	s.do("switch on by the other name", ann, "PUT", "/v1/notification-preferences/me/ntfy/", m{"is_enabled": true, "colour": "red"}).is(200)
	s.do("an unknown channel", ann, "PUT", "/v1/notification-preferences/me/pigeon", m{"enabled": false}).is(422)
	s.do("neither on nor off", ann, "PUT", "/v1/notification-preferences/me/email", m{}).is(422)
	s.do("both", ann, "PUT", "/v1/notification-preferences/me/email", m{"enabled": true, "is_enabled": false}).is(422)
	s.do("as an administrator", h.admin, "GET", path("/v1/notification-preferences/%d", ann.id), nil).is(200)
	s.do("switched by an administrator", h.admin, "PUT", path("/v1/notification-preferences/%d/email", ann.id), m{"enabled": true}).is(200)
	s.do("by somebody else", bob, "PUT", path("/v1/notification-preferences/%d/email", ann.id), m{"enabled": false}).is(403)
	s.do("of somebody else", bob, "GET", path("/v1/notification-preferences/%d", ann.id), nil).is(403)
	s.do("of nobody", h.admin, "GET", "/v1/notification-preferences/999", nil).is(404)
	s.is("preferences")
}
