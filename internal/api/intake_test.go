package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// accepted is the answer of intake in the plain dialect.
type accepted struct {
	Status    string
	Incidents []IntakeIncident
	Warnings  []string
}

// integration makes one and returns the path that its sender delivers to.
func (h *house) integration(kind string) (id int64, at string) {
	h.t.Helper()
	made := into[IntegrationWithKey](h.admin.post("/v1/integrations", m{"name": kind, "kind": kind}).is(201))
	at, ok := strings.CutPrefix(made.URL, "https://tocsin.example")
	if !ok {
		h.t.Fatalf("senders deliver to %s", made.URL)
	}
	return made.ID, at
}

func TestIntegrationsGolden(t *testing.T) {
	h := newHouse(t)
	team := h.admin.post("/v1/teams", m{"name": "Payments"}).id()
	lead, ann := h.person("lea", account.RoleTeamLead, team), h.person("ann", account.RoleUser, 0)
	s := &script{h: h}
	made := into[IntegrationWithKey](s.do("create", lead, "POST", "/v1/integrations", m{
		"name": "Shop monitoring", "kind": "generic", "team_id": team, "service": "shop", "severity": "low", "severities": m{"sev1": "critical"},
	}).is(201))
	at := path("/v1/integrations/%d", made.ID)
	s.do("badly", lead, "POST", "/v1/integrations", m{"kind": "smoke signals", "team_id": team, "severity": "bad", "reopen_minutes": -1, "color": 7}).is(422)
	s.do("of a kind that is not there", lead, "POST", "/v1/integrations", m{"name": "x", "kind": "smoke signals", "team_id": team}).is(422)
	s.do("with a name that is taken", lead, "POST", "/v1/integrations", m{"name": "Shop monitoring", "kind": "generic", "team_id": team}).is(400)
	s.do("for another team", lead, "POST", "/v1/integrations", m{"name": "x", "kind": "generic"}).is(403)
	got := h.nobody().post("/v1/intake/generic/"+made.Key, m{"title": "Checkout is down", "severity": "sev1", "key": "checkout"})
	if a := into[accepted](got.is(202)); a.Status != "accepted" || len(a.Incidents) != 1 || a.Incidents[0].Outcome != "created" || len(a.Warnings) != 0 {
		t.Errorf("an alert is answered %s", got.body)
	}
	h.nobody().call("POST", "/v1/intake/generic/"+made.Key, "\x1b[31m", "Content-Type", "application/json").is(202)
	s.do("messages", lead, "GET", at+"/events", nil).is(200)
	s.do("get", lead, "GET", at, nil).is(200)
	s.do("get as a stranger", ann, "GET", at, nil).is(404)
	s.do("list", lead, "GET", "/v1/integrations", nil).is(200)
	s.do("change", lead, "PUT", at, m{"severity": "medium", "severities": m{}, "reopen_minutes": 0}).is(200)
	s.do("send a test", lead, "POST", at+"/test", nil).is(200)
	rotated := into[IntegrationWithKey](s.do("rotate", lead, "POST", at+"/rotate", nil).is(200))
	if rotated.Key == made.Key {
		t.Error("the new key is the old one")
	}
	s.do("delete", lead, "DELETE", at, nil).is(200)
	s.do("and it is gone", lead, "GET", at, nil).is(404)
	s.is("integrations")
}

func TestIntakeKeepsWhatItCan(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		_, at := h.integration("generic")
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(`{"title": "packed"}`))
		_ = w.Close()
		for name, c := range map[string]struct {
			method, at, body, kind, coding string
			status                         string
		}{
			"json":           {"POST", at, `{"title": "a"}`, "application/json", "", "accepted"},
			"put":            {"PUT", at, `{"title": "b"}`, "application/json", "", "accepted"},
			"slash":          {"POST", at + "/", `{"title": "c"}`, "application/json", "", "accepted"},
			"text":           {"POST", at, "the disk is full", "text/plain", "", "accepted"},
			"form":           {"POST", at, "title=form&severity=low", "application/x-www-form-urlencoded", "", "accepted"},
			"query":          {"GET", at + "?title=query", "", "", "", "accepted"},
			"gzip":           {"POST", at, packed.String(), "application/json", "gzip", "accepted"},
			"2 MiB":          {"POST", at, `{"title": "long", "x": "` + strings.Repeat("x", 2<<20) + `"}`, "application/json", "", ""},
			"no gzip":        {"POST", at, `{"title": "no gzip"}`, "application/json", "gzip", ""},
			"strange coding": {"POST", at, "?", "application/json", "br", ""},
			"empty":          {"POST", at, "", "application/json", "", ""},
			"rubbish":        {"POST", at, "\x00\xff{", "application/json", "", ""},
			"unknown kind":   {"POST", strings.Replace(at, "generic", "smoke", 1), `{"title": "d"}`, "application/json", "", "accepted"},
		} {
			var body any
			if c.body != "" {
				body = c.body
			}
			got := h.nobody().call(c.method, c.at, body, "Content-Type", c.kind, "Content-Encoding", c.coding)
			a := into[accepted](got.is(202))
			if a.Status == "" || c.status != "" && a.Status != c.status || a.Status != "accepted" && len(a.Incidents) != 1 {
				t.Errorf("%s is answered %s", name, got.body)
			}
			if got.header.Get("RateLimit-Limit") != "" {
				t.Errorf("%s is counted", name)
			}
		}
	})
}

func TestIntakeRefusesUnknownKeysOnly(t *testing.T) {
	h := newHouse(t)
	id, at := h.integration("generic")
	for _, method := range []string{"POST", "PUT", "GET", "HEAD"} {
		for _, key := range []string{"1-wrong", "wrong", "2-" + strings.Split(at, "-")[1], "1-" + strings.Repeat("x", 5000), "%00", "%ff", "1-"} {
			if got := h.nobody().call(method, "/v1/intake/generic/"+key, nil); got.status != http.StatusUnauthorized {
				t.Errorf("%s with key %.20s answers %d %s", method, key, got.status, got.body)
			}
		}
	}
	h.nobody().call("HEAD", at, nil).is(204)
	h.nobody().get(at).is(204)
	h.nobody().call("DELETE", at, nil).is(405)
	h.nobody().post("/v1/intake/generic", nil).is(404)
	rotated := into[IntegrationWithKey](h.admin.post(path("/v1/integrations/%d/rotate", id), nil).is(200))
	if a := into[accepted](h.nobody().post(at, m{"title": "with the old key"}).is(202)); len(a.Warnings) != 1 {
		t.Errorf("the old key brings the warnings %q", a.Warnings)
	}
	h.nobody().post("/v1/intake/generic/"+rotated.Key, m{"title": "with the new one"}).is(202)
	h.clk.Advance(25 * time.Hour)
	h.nobody().post(at, m{"title": "too late"}).is(401)
	if strings.Contains(h.log.String(), rotated.Key) || strings.Contains(h.log.String(), strings.TrimPrefix(at, "/v1/intake/generic/")) {
		t.Errorf("a key is in the log: %s", h.log)
	}
}

func TestElastic(t *testing.T) {
	h := newHouse(t)
	_, at := h.integration("elastic")
	key := strings.TrimPrefix(at, "/v1/intake/elastic/")
	ann := h.person("ann", account.RoleUser, 0)
	alert := m{"alert_name": "disk full", "message": "99%", "severity": "critical", "service": m{"name": "db"}, "alert_id": "a1", "state": m{"state": "active"}}
	type said struct {
		Status     string
		IncidentID *int64 `json:"incident_id"`
		Message    string
	}
	first := into[said](h.nobody().call("POST", "/v1/alerts/elastic", alert, "X-API-Key", key).is(201))
	if first.Status != "incident_created" || first.IncidentID == nil {
		t.Fatalf("the first alert is answered %+v", first)
	}
	for name, headers := range map[string][]string{
		"key as ApiKey": {"Authorization", "ApiKey " + key}, "key as Bearer": {"Authorization", "Bearer " + key},
		"bare key": {"Authorization", key},
	} {
		if again := into[said](h.nobody().call("POST", "/v1/alerts", alert, headers...).is(201)); again.IncidentID == nil || *again.IncidentID != *first.IncidentID {
			t.Errorf("%s is answered %+v", name, again)
		}
	}
	if got := into[said](h.nobody().post("/v1/alerts/elastic?key="+key, alert).is(201)); got.IncidentID == nil {
		t.Errorf("the key in the query is answered %+v", got)
	}
	if got := into[said](ann.post("/v1/alerts/elastic/", alert).is(201)); got.Status != "incident_created" {
		t.Errorf("Ann's own alert is answered %+v", got)
	}
	alert["state"] = m{"state": "recovered"}
	if got := into[said](h.nobody().call("POST", "/v1/alerts/elastic", alert, "X-API-Key", key).is(201)); got.Status != "incident_resolved" {
		t.Errorf("the recovery is answered %+v", got)
	}
	for name, headers := range map[string][]string{
		"nobody": nil, "a wrong key": {"X-API-Key", "1-wrong"}, "a made-up token": {"Authorization", "Bearer a.b.c"}, "a basic key": {"Authorization", "Basic OjEtd3Jvbmc="},
	} {
		if got := h.nobody().call("POST", "/v1/alerts/elastic", alert, headers...); got.status != http.StatusUnauthorized {
			t.Errorf("%s is answered %d %s", name, got.status, got.body)
		}
	}
	ann.post("/v1/alerts/elastic", nil).is(400)
}

func TestWithoutItsDatabaseIntakeAsksToComeAgain(t *testing.T) {
	h := newHouse(t)
	_, at := h.integration("generic")
	h.nobody().post(at, m{"title": "a"}).is(202)
	if err := h.cut(); err != nil {
		t.Fatal(err)
	}
	for _, got := range []replied{
		h.nobody().post(at, m{"title": "b"}), h.admin.get("/v1/incidents"), h.admin.post("/v1/incidents", m{"title": "c"}),
		h.nobody().post("/v1/login/access-token", m{"username": "admin@example.org", "password": password}),
	} {
		if got.is(http.StatusServiceUnavailable).header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come again", got.what)
		}
	}
}
