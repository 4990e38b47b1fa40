package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestNotificationsGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
	lea, bob, ann := h.person("lea", account.RoleTeamLead, team), h.person("bob", account.RoleUser, team), h.person("ann", account.RoleUser, 0)
	incident := h.admin.post("/v1/incidents", m{"title": "db down", "severity": "critical", "team_id": team}).id()
	lea.post(path("/v1/incidents/%d/assign", incident), m{"user_id": bob.id}).is(200)
	s := &script{h: h}
	s.do("mine", bob, "GET", "/v1/notifications/", nil).is(200)
	s.do("sent to me", bob, "GET", "/v1/notifications/history", nil).is(200)
	s.do("of everybody", lea, "GET", "/v1/notifications?status=pending,sent&channel=email&limit=1", nil).is(200)
	s.do("of somebody else, as a plain user", bob, "GET", path("/v1/notifications?user_id=%d", lea.id), nil).is(403)
	s.do("of an incident", bob, "GET", path("/v1/notifications/incidents/%d/notifications", incident), nil).is(200)
	s.do("of an incident that one may not see", ann, "GET", path("/v1/notifications/incidents/%d/notifications", incident), nil).is(404)
	s.do("of no incident", lea, "GET", "/v1/notifications/incidents/999/notifications", nil).is(404)
	id := s.do("one", bob, "GET", "/v1/notifications/1", nil).is(200).id()
	s.do("somebody else's", ann, "GET", path("/v1/notifications/%d", id), nil).is(404)
	s.do("none", lea, "GET", "/v1/notifications/999", nil).is(404)
	s.do("of a status that is none", lea, "GET", "/v1/notifications?status=lost", nil).is(422)
	s.do("with a cursor that is none", lea, "GET", "/v1/notifications?cursor=x", nil).is(422)
	s.do("after it was answered", bob, "POST", path("/v1/incidents/%d/acknowledge", incident), nil).is(200)
	s.do("is cancelled", bob, "GET", "/v1/notifications/1", nil).is(200)
	s.is("notifications")
}
