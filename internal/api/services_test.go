package api

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestServicesGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
	lead, ann := h.person("lea", account.RoleTeamLead, team), h.person("ann", account.RoleUser, team)
	s := &script{h: h}
	id := s.do("create", lead, "POST", "/v1/services", m{
		"name": "Checkout", "aliases": []string{"checkout-api", "shop"}, "team_id": team, "runbook_url": "https://example.org/run",
	}).is(201).id()
	s.do("with a name that is taken", lead, "POST", "/v1/services", m{"name": "SHOP", "team_id": team}).is(400)
	s.do("badly", lead, "POST", "/v1/services", m{"aliases": []any{7}, "runbook_url": 7, "colour": "red", "team_id": 0}).is(422)
	s.do("for no team", lead, "POST", "/v1/services", m{"name": "search"}).is(403)
	s.do("list", ann, "GET", "/v1/services?q=check", nil).is(200)
	s.do("get", ann, "GET", path("/v1/services/%d", id), nil).is(200)
	s.do("change", lead, "PUT", path("/v1/services/%d", id), m{"aliases": []string{}, "description": "Where people pay."}).is(200)
	s.do("change with a policy that is not there", lead, "PUT", path("/v1/services/%d", id), m{"policy_id": 999}).is(422)
	s.do("change as a plain user", ann, "PUT", path("/v1/services/%d", id), m{"description": "mine"}).is(403)
	s.do("delete", lead, "DELETE", path("/v1/services/%d", id), nil).is(200)
	s.do("and it is gone", ann, "GET", path("/v1/services/%d", id), nil).is(404)
	s.is("services")
}
