package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestPoliciesGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
	lead, ann := h.person("lea", account.RoleTeamLead, team), h.person("ann", account.RoleUser, team)
	s := &script{h: h}
	const at = "/v1/escalation/policies/"
	id := s.do("create", lead, "POST", at, m{
		"name": "Payments, urgent", "team_id": team, "conditions": m{"severity": "critical", "labels": m{"env": []string{"prod", "live"}}},
		"steps": []m{
			{"delay_minutes": 0, "actions": []m{{"type": "notify_oncall_engineer"}}},
			{"delay_minutes": 7.5, "actions": []m{{"type": "notify", "recipients": []string{"team_lead", "ann@example.org"}, "channels": []string{"email"}}}},
		},
		"repeat": m{"times": 2, "every_minutes": 15}, "colour": "red",
	}).is(201).id()
	s.do("with a name that is taken", lead, "POST", at, m{"name": "Payments, urgent", "team_id": team}).is(400)
	s.do("badly", lead, "POST", at, m{
		"name": 7, "team_id": team, "conditions": m{"severty": "high", "severity": "bad"},
		"steps": []m{{"delay_minutes": -1, "actions": []m{{"type": "shout"}, {"type": "notify", "target": "team:"}}}},
	}).is(422)
	s.do("what is no object", lead, "POST", at, []int{}).is(400)
	s.do("as a plain user", ann, "POST", at, m{"name": "mine"}).is(403)
	s.do("list", lead, "GET", at, nil).is(200)
	s.do("list as a plain user", ann, "GET", at, nil).is(403)
	s.do("get", lead, "GET", path("%s%d", at, id), nil).is(200)
	s.do("change", lead, "PUT", path("%s%d", at, id), m{"steps": []m{}, "repeat": nil, "is_active": false}).is(200)
	s.do("versions", lead, "GET", path("%s%d/versions", at, id), nil).is(200)
	s.do("one version", lead, "GET", path("%s%d/versions/1", at, id), nil).is(200)
	s.do("a version that never was", lead, "GET", path("%s%d/versions/9", at, id), nil).is(404)
	s.do("the difference", lead, "GET", path("%s%d/diff?from=1&to=2", at, id), nil).is(200)
	s.do("a difference from nothing", lead, "GET", path("%s%d/diff?to=2", at, id), nil).is(422)
	s.do("what saving would answer", lead, "POST", at+"validate", m{
		"name": "New", "team_id": team, "conditions": m{"service": "shoop"}, "steps": []m{{"actions": []m{{"type": "notify", "target": "99"}}}},
	}).is(200)
	s.do("what a bad change would answer", lead, "POST", path("%svalidate?policy_id=%d", at, id), m{"conditions": m{"expression": "incident.titel == 'x'"}}).is(200)
	s.do("what changing nothing known would answer", lead, "POST", at+"validate?policy_id=99", m{}).is(404)
	s.do("as a plain user, too", ann, "POST", at+"validate", m{"name": "mine"}).is(403)
	s.do("restore", lead, "POST", path("%s%d/versions/1/restore", at, id), nil).is(200)
	s.do("restore as a plain user", ann, "POST", path("%s%d/versions/1/restore", at, id), nil).is(403)
	s.do("use it", h.admin, "PUT", path("/v1/teams/%d", team), m{"default_policy_id": id}).is(200)
	s.do("delete", lead, "DELETE", path("%s%d", at, id), nil).is(200)
	s.do("and it is gone", lead, "GET", path("%s%d/", at, id), nil).is(404)
	s.is("policies")
}

func TestAPolicyThatSomebodyElseHasChangedIsNotReplacedUnseen(t *testing.T) {
	h := newHouse(t)
	const at = "/v1/escalation/policies/"
	created := h.admin.post(at, m{"name": "Night"})
	one := path("%s%d", at, created.id())
	tag := created.header.Get("ETag")
	if tag != `"1"` || h.admin.call("GET", one, nil).header.Get("ETag") != tag {
		t.Fatalf("the tag is %q", tag)
	}
	second := h.admin.call("PUT", one, m{"description": "mine"}, "If-Match", tag).is(200)
	if second.header.Get("ETag") != `"2"` {
		t.Errorf("the tag is %q", second.header.Get("ETag"))
	}
	for _, stale := range []string{tag, "W/" + tag, `"soon"`, `"-2"`} {
		h.admin.call("PUT", one, m{"description": "yours"}, "If-Match", stale).is(412)
		h.admin.call("POST", one+"/versions/1/restore", nil, "If-Match", stale).is(412)
	}
	for _, good := range []string{`W/"2"`, "*"} { // A proxy that compresses makes tags weak.
		h.admin.call("PUT", one, m{"description": "ours"}, "If-Match", good).is(200)
	}
	h.admin.call("POST", one+"/versions/1/restore", nil, "If-Match", `"4"`).is(200)
}
