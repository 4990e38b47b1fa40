package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestLedgerGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
	lea, bob, ann := h.person("lea", account.RoleTeamLead, team), h.person("bob", account.RoleUser, team), h.person("ann", account.RoleUser, 0)
	incident := h.admin.post("/v1/incidents", m{"title": "db down", "severity": "critical", "team_id": team}).id()
	lea.post(path("/v1/incidents/%d/assign", incident), m{"user_id": bob.id}).is(200)
	at := path("/v1/incidents/%d/ledger", incident)
	s := &script{h: h}
	s.do("what is on its way", bob, "GET", at, nil).is(200)
	bob.post(path("/v1/incidents/%d/acknowledge", incident), nil).is(200)
	s.do("after it was answered", bob, "GET", at, nil).is(200)
	s.do("of an incident that one may not see", ann, "GET", at, nil).is(404)
	s.do("of no incident", lea, "GET", "/v1/incidents/999/ledger", nil).is(404)
	s.is("ledger")
}
