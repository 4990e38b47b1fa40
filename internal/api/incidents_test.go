package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestIncidentsGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments", "description": "Money"}).id()
	ann, bob := h.person("ann", account.RoleOncallEngineer, team), h.person("bob", account.RoleUser, 0)
	s := &script{h: h}
	id := s.do("report", ann, "POST", "/v1/incidents/", m{
		"title": "Checkout is slow", "description": "p99 is 9 s", "severity": "high", "service": "checkout", "team_id": team,
		"labels": m{"host": "web-1"}, "metadata": m{"graph": "https://example.org/g", "values": []int{1, 2}}, "surprise": true,
	}).is(201).id()
	s.do("report badly", ann, "POST", "/v1/incidents/", m{
		"description": 7, "severity": "bad", "team_id": "x", "status": "asleep", "labels": m{"host": 7}, "metadata": []int{},
	}).is(422)
	s.do("report for a team that is not there", ann, "POST", "/v1/incidents/", m{"title": "x", "team_id": 999}).is(422)
	in := path("/v1/incidents/%d", id)
	s.do("acknowledge", ann, "POST", in+"/acknowledge", nil).is(200)
	s.do("again", ann, "POST", in+"/acknowledge/", nil).is(200)
	s.do("assign", ann, "POST", in+"/assign", m{"user_id": bob.id}).is(200)
	s.do("assign nobody", ann, "POST", in+"/assign", m{"user_id": 999}).is(422)
	s.do("comment", bob, "POST", in+"/comments", m{"content": "Looking at the <database>.", "incident_id": id}).is(200)
	s.do("comment nothing", bob, "POST", in+"/comments", m{"content": ""}).is(422)
	s.do("comments", bob, "GET", in+"/comments", nil).is(200)
	h.clk.Advance(time.Minute)
	s.do("snooze", ann, "POST", in+"/snooze?hours=2", nil).is(200)
	s.do("snooze by body", ann, "POST", in+"/snooze", m{"until": "2026-03-02T12:00:00+01:00"}).is(200)
	s.do("snooze for ever", ann, "POST", in+"/snooze", m{"hours": 1000}).is(422)
	s.do("snooze into the past", ann, "POST", in+"/snooze", m{"until": "2026-03-01T12:00:00Z"}).is(422)
	s.do("snooze for no time", ann, "POST", in+"/snooze", nil).is(422)
	s.do("unsnooze", ann, "POST", in+"/unsnooze", nil).is(200)
	s.do("change", ann, "PUT", in, m{"severity": "critical", "team_id": nil, "labels": m{}}).is(200)
	s.do("take Bob off", ann, "DELETE", path("%s/assignments/%d", in, bob.id), nil).is(200)
	s.do("who is off", ann, "DELETE", path("%s/assignments/%d", in, bob.id), nil).is(404)
	s.do("Bob no longer sees it", bob, "GET", in, nil).is(404)
	s.do("resolve", ann, "POST", in+"/resolve", nil).is(200)
	s.do("again", ann, "POST", in+"/resolve", nil).is(200)
	s.do("acknowledge what is resolved", ann, "POST", in+"/acknowledge", nil).is(409)
	s.do("comment on what is resolved", ann, "POST", in+"/comments", m{"content": "It was the cache."}).is(200)
	s.do("reopen", ann, "POST", in+"/reopen", nil).is(200)
	s.do("timeline", ann, "GET", in+"/timeline?limit=3", nil).is(200)
	s.do("get", ann, "GET", in, nil).is(200)
	s.do("delete as an engineer", ann, "DELETE", in, nil).is(403)
	s.do("delete", h.admin, "DELETE", in, nil).is(200)
	s.do("and it is gone", h.admin, "GET", in, nil).is(404)
	s.is("incidents")
}

func TestIncidentListGolden(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.RoleOncallEngineer, 0)
	for _, title := range []string{"first", "second", "third"} {
		ann.post("/v1/incidents", m{"title": title, "severity": "low", "labels": m{"host": title}}).is(201)
		h.clk.Advance(time.Second)
	}
	s := &script{h: h}
	s.do("a page", ann, "GET", "/v1/incidents/?limit=2&include_assignments=true", nil).is(200)
	s.do("badly", ann, "GET", "/v1/incidents/?skip=-1&limit=1001&status=asleep&severity=bad&team_id=x&assigned_to=them&label=x&created_from=today&sort=color&cursor=%21", nil).is(422)
	s.do("with a cursor of another list", ann, "GET", "/v1/incidents/?cursor=bm90IGEgY3Vyc29y", nil).is(422)
	s.is("incident_list")
}

// titles are the titles of a list, in order.
func titles(r replied) string {
	r.t.Helper()
	var names []string
	for _, i := range into[[]Incident](r.is(http.StatusOK)) {
		names = append(names, i.Title)
	}
	return strings.Join(names, " ")
}

func TestIncidentFilters(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
		ann, bob := h.person("ann", account.RoleOncallEngineer, 0), h.person("bob", account.RoleUser, team)
		a := ann.post("/v1/incidents", m{"title": "a", "severity": "critical", "service": "Web", "labels": m{"host": "x=1"}}).id()
		h.clk.Advance(time.Minute)
		ann.post("/v1/incidents", m{"title": "b", "severity": "low", "team_id": team, "status": "acknowledged"}).is(201)
		h.clk.Advance(time.Minute)
		bob.post("/v1/incidents", m{"title": "c", "severity": "high", "description": "50% of it", "status": "triggered"}).is(201)
		ann.post(path("/v1/incidents/%d/assign", a), m{"user_id": bob.id}).is(200)
		for query, want := range map[string]string{
			"":                                 "c b a",
			"?sort=created_at":                 "a b c",
			"?sort=-severity":                  "a c b",
			"?sort=title&skip=1&limit=1":       "b",
			"?status=open":                     "c a",
			"?status=triggered":                "c a",
			"?status=open,acknowledged":        "c b a",
			"?status=open&status=acknowledged": "c b a",
			"?severity=high,critical":          "c a",
			"?service=web":                     "a",
			path("?team_id=%d", team):          "b",
			path("?team_id=%d,999", team):      "b",
			path("?assigned_to=%d", bob.id):    "a",
			"?acknowledged_by=me":              "b",
			path("?reporter=%d", bob.id):       "c",
			"?source=manual":                   "c b a",
			"?source=alertmanager":             "",
			"?label=host=x=1":                  "a",
			"?label=host:y":                    "",
			"?q=50%25":                         "c",
			path("?q=%d", a):                   "a",
			"?created_from=2026-03-02T09:01:00Z&created_to=2026-03-02T09:02:00Z": "b",
			"?created_from=2026-03-02T10:01:00%2B01:00":                          "c b",
		} {
			if got := titles(ann.get("/v1/incidents" + query)); got != want {
				t.Errorf("%s lists %q, want %q", query, got, want)
			}
		}
		if got := titles(bob.get("/v1/incidents?assigned_to=me")); got != "a" {
			t.Errorf("assigned to Bob is %q", got)
		}
		// A plain user sees what he reported, what he is assigned to and what is his team's.
		if got := titles(bob.get("/v1/incidents")); got != "c b a" {
			t.Errorf("Bob sees %q", got)
		}
		if got := titles(h.person("eve", account.RoleUser, 0).get("/v1/incidents")); got != "" {
			t.Errorf("Eve sees %q", got)
		}
	})
}

func TestCursorsGoThroughTheWholeList(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		var want []string
		for i := range 7 {
			title := string(rune('a' + i))
			h.admin.post("/v1/incidents", m{"title": title}).is(201)
			want = append([]string{title}, want...)
		}
		var got []string
		next := "/v1/incidents?limit=3"
		for next != "" {
			page := h.admin.get(next)
			got = append(got, strings.Fields(titles(page))...)
			if total := page.header.Get("X-Total-Count"); total != "7" {
				t.Errorf("%s counts %s", next, total)
			}
			link, _, found := strings.Cut(page.header.Get("Link"), `>; rel="next"`)
			if (page.header.Get("X-Next-Cursor") != "") != found {
				t.Errorf("%s has cursor %q and link %q", next, page.header.Get("X-Next-Cursor"), page.header.Get("Link"))
			}
			next = ""
			if found {
				next = strings.TrimPrefix(link, "<")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the pages are %v, want %v", got, want)
		}
	})
}
