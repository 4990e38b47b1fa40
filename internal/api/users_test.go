package api

import (
	"fmt"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func TestUsersGolden(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleUser, 0)
	s := &script{h: h}
	team := s.do("a team", h.admin, "POST", "/v1/teams/", m{"name": "Payments"}).is(201).id()
	bob := s.do("create", h.admin, "POST", "/v1/users/", m{
		"email": "Bob@example.org", "password": "testpass123", "full_name": "Bob", "phone_number": "+49 30 1234567",
		"role": "team_lead", "team_id": team, "timezone": "Europe/Berlin", "unknown": true,
	}).is(201).id()
	s.do("create with everything wrong", h.admin, "POST", "/v1/users/", m{
		"email": "no address", "password": "short", "full_name": 7, "role": "boss", "team_id": -1, "timezone": "Mars/Olympus", "is_active": "yes",
	}).is(422)
	s.do("create with a team that is not there", h.admin, "POST", "/v1/users/", m{"email": "c@example.org", "password": "testpass123", "team_id": 999}).is(422)
	s.do("create as a plain user", ann, "POST", "/v1/users/", m{"email": "c@example.org", "password": "testpass123"}).is(403)
	s.do("list", h.admin, "GET", "/v1/users/?limit=1&role=team_lead", nil).is(200)
	s.do("list a page", h.admin, "GET", "/v1/users/?skip=1&limit=1", nil).is(200)
	s.do("list badly", h.admin, "GET", "/v1/users/?skip=-1&limit=0&role=boss&is_active=perhaps&team_id=x", nil).is(422)
	s.do("list as a plain user", ann, "GET", "/v1/users/", nil).is(403)
	s.do("get", h.admin, "GET", path("/v1/users/%d", bob), nil).is(200)
	s.do("get myself", ann, "GET", path("/v1/users/%d", ann.id), nil).is(200)
	s.do("get another as a plain user", ann, "GET", path("/v1/users/%d", bob), nil).is(403)
	s.do("get what is not there", h.admin, "GET", "/v1/users/999", nil).is(404)
	s.do("get what is no id", h.admin, "GET", "/v1/users/bob", nil).is(422)
	s.do("change", h.admin, "PUT", path("/v1/users/%d", bob), m{"full_name": "Robert", "team_id": nil, "role": "manager"}).is(200)
	s.do("change my profile", ann, "PUT", "/v1/users/me", m{"full_name": "Ann A.", "role": "admin", "is_superuser": true}).is(200)
	s.do("change my password without the old one", ann, "PUT", "/v1/users/me", m{"password": "another password"}).is(422)
	s.do("change my password", ann, "PUT", "/v1/users/me", m{"password": "another password", "old_password": password}).is(200)
	s.do("delete the last administrator", h.admin, "DELETE", path("/v1/users/%d", h.admin.id), nil).is(409)
	s.do("delete", h.admin, "DELETE", path("/v1/users/%d", bob), nil).is(200)
	s.do("and it is gone", h.admin, "GET", path("/v1/users/%d", bob), nil).is(404)
	s.is("users")
}

func TestTeamsGolden(t *testing.T) {
	h := newHouse(t)
	lead, ann := h.person("lea", account.RoleTeamLead, 0), h.person("ann", account.RoleUser, 0)
	s := &script{h: h}
	team := s.do("create", h.admin, "POST", "/v1/teams/", m{"name": "Payments", "description": "Money in, money out."}).is(201).id()
	s.do("create with a name that is taken", h.admin, "POST", "/v1/teams/", m{"name": "Payments"}).is(400)
	s.do("create without a name", h.admin, "POST", "/v1/teams/", m{"description": 7}).is(422)
	s.do("create as a plain user", ann, "POST", "/v1/teams/", m{"name": "Search"}).is(403)
	s.do("add the lead", h.admin, "PUT", path("/v1/teams/%d/members/%d", team, lead.id), m{}).is(200)
	s.do("the lead adds Ann as an engineer", lead, "PUT", path("/v1/teams/%d/members/%d", team, ann.id), m{"role": "oncall_engineer"}).is(200)
	s.do("with an unknown member of the body", lead, "PUT", path("/v1/teams/%d/members/%d", team, ann.id), m{"rôle": "user"}).is(422)
	s.do("members", lead, "GET", path("/v1/teams/%d/members", team), nil).is(200)
	s.do("get", ann, "GET", path("/v1/teams/%d", team), nil).is(200)
	s.do("list", ann, "GET", "/v1/teams/?q=pay", nil).is(200)
	s.do("change", h.admin, "PUT", path("/v1/teams/%d", team), m{"description": "Money", "is_active": true, "default_policy_id": nil}).is(200)
	s.do("change with a policy that is not there", h.admin, "PUT", path("/v1/teams/%d", team), m{"default_policy_id": 999}).is(422)
	s.do("remove Ann", lead, "DELETE", path("/v1/teams/%d/members/%d", team, ann.id), nil).is(200)
	s.do("who is no longer there", lead, "DELETE", path("/v1/teams/%d/members/%d", team, ann.id), nil).is(404)
	s.do("delete", h.admin, "DELETE", path("/v1/teams/%d", team), nil).is(200)
	s.do("and it is gone", h.admin, "GET", path("/v1/teams/%d", team), nil).is(404)
	s.is("teams")
}

func TestOrganisationGolden(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleUser, 0)
	s := &script{h: h}
	s.do("the settings", h.admin, "GET", "/v1/settings", nil).is(200)
	s.do("as a plain user", ann, "GET", "/v1/settings", nil).is(403)
	s.do("change", h.admin, "PUT", "/v1/settings", m{
		"signup": "closed", "fallback_contacts": []int64{ann.id}, "ack_timeout_minutes": 0, "repeat": m{"times": 1, "every_minutes": 5},
	}).is(200)
	s.do("back to the default", h.admin, "PUT", "/v1/settings", m{"signup": nil, "fallback_contacts": []int64{}}).is(200)
	s.do("badly", h.admin, "PUT", "/v1/settings", m{
		"signup": "perhaps", "fallback_contacts": []int64{999}, "ack_timeout_minutes": -1, "repeat": m{"times": 99}, "color": "red",
	}).is(422)
	s.do("who may do what", ann, "GET", "/v1/permissions", nil).is(200)
	s.is("organisation")
}
