package source_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/source"
)

// sender is a tool with its integration, and the incidents it makes.
type sender struct {
	t         *testing.T
	kind, key string
	clock     *clock.Fake
	intake    *intake.Service
	incidents *incident.Service
}

// each runs a story once on each database.
func each(t *testing.T, kind string, test func(t *testing.T, s *sender)) {
	t.Helper()
	if dbtest.OnSQLite() {
		t.Run("sqlite", func(t *testing.T) {
			d, clk := dbtest.SQLite(t)
			test(t, newSender(t, kind, clk, account.Deps{DB: d, Hub: live.New(d, "node")}))
		})
	}
	t.Run("postgres", func(t *testing.T) {
		d, clk := dbtest.Postgres(t)
		test(t, newSender(t, kind, clk, account.Deps{DB: d, Hub: live.New(d, "node")}))
	})
}

func newSender(t *testing.T, kind string, clk *clock.Fake, o account.Deps) *sender {
	t.Helper()
	o.Clock, o.Logger = clk, slog.New(slog.DiscardHandler)
	accounts := account.New(o)
	services := catalog.New(catalog.Deps{DB: o.DB, Clock: clk, Hub: o.Hub, Logger: o.Logger})
	s := &sender{t: t, kind: kind, clock: clk}
	s.incidents = incident.New(incident.Deps{
		DB: o.DB, Clock: clk, Hub: o.Hub, Logger: o.Logger, People: accounts, ServiceOwner: services.Owner,
	})
	s.intake = intake.New(intake.Deps{
		DB: o.DB, Clock: clk, Hub: o.Hub, Logger: o.Logger, Incidents: s.incidents, Teams: accounts, Catalog: services,
		Sources: source.All(),
	})
	_, key, err := s.intake.Create(context.Background(), account.System(dbtest.Org, "test"), intake.NewIntegration{Name: "prod", Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	s.key = key
	return s
}

// sends sends a body and returns the sender's answer as JSON.
func (s *sender) sends(body string) string {
	s.t.Helper()
	r := intake.Request{ContentType: "application/json", Body: []byte(body), Query: url.Values{}}
	result, err := s.intake.Receive(context.Background(), s.kind, s.key, r)
	if err != nil {
		s.t.Fatal(err)
	}
	status, answer := s.intake.Answer(s.kind, result)
	text, err := json.Marshal(answer)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", status, text)
}

// open is "title (alerts firing)" of each unresolved incident, newest first.
func (s *sender) open() string {
	s.t.Helper()
	page, err := s.incidents.List(context.Background(), account.System(dbtest.Org, "test"), incident.Filter{
		Statuses: []incident.Status{incident.StatusOpen, incident.StatusAcknowledged, incident.StatusSnoozed}, Limit: 100,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var open []string
	for _, i := range page.Incidents {
		open = append(open, fmt.Sprintf("%s (%d)", i.Title, i.FiringCount))
	}
	return strings.Join(open, ", ")
}

func (s *sender) expect(step, want string) {
	s.t.Helper()
	if got := s.open(); got != want {
		s.t.Errorf("%s: open %q, want %q", step, got, want)
	}
}

// group is one webhook of Alertmanager: each alert as "name status".
func group(groupKey string, start time.Time, alerts ...string) string {
	var list []string
	for _, alert := range alerts {
		name, status, _ := strings.Cut(alert, " ")
		end := "0001-01-01T00:00:00Z"
		if status == "resolved" {
			end = start.Add(time.Minute).Format(time.RFC3339Nano)
		}
		list = append(list, fmt.Sprintf(`{"status":%q,"labels":{"alertname":%q},"annotations":{},"startsAt":%q,"endsAt":%q,
			"generatorURL":"http://p/","fingerprint":"%016x"}`, status, name, start.Format(time.RFC3339Nano), end, name))
	}
	return fmt.Sprintf(`{"version":"4","groupKey":%q,"status":"firing","receiver":"tocsin","alerts":[%s]}`, groupKey, strings.Join(list, ","))
}

func TestEachAlertOfAGroupStandsOnItsOwnFingerprint(t *testing.T) {
	each(t, "alertmanager", func(t *testing.T, s *sender) {
		start := dbtest.Start
		s.sends(group("g", start, "a firing"))
		s.expect("a fires", "a (1)")
		s.sends(group("g", start, "a firing", "b firing"))
		s.expect("b joins", "a (2)")
		s.sends(group("g", start, "a firing", "b firing"))
		s.expect("a repeat", "a (2)")
		s.sends(group("g", start, "a resolved"))
		s.expect("a ends", "a (1)")
		s.sends(group("g", start, "b resolved"))
		s.expect("b ends", "")
		s.sends(group("g", start, "b resolved"))
		s.expect("the twin of a pair says so again", "")
	})
}

func TestAnAlertThatTheSenderRegroupsStaysWhereItIs(t *testing.T) {
	each(t, "alertmanager", func(t *testing.T, s *sender) {
		s.sends(group("old route", dbtest.Start, "a firing", "b firing"))
		s.sends(group("new route", dbtest.Start, "a firing"))
		s.expect("the route tree was edited", "a (2)")
		s.sends(group("new route", dbtest.Start, "a resolved", "b resolved"))
		s.expect("all ended", "")
	})
}

func TestThePredecessorsElasticDialect(t *testing.T) {
	each(t, "elastic", func(t *testing.T, s *sender) {
		firing := `{"alert_name":"Error rate","message":"5xx","severity":"high","service":{"name":"checkout"},"state":{"state":"open"}}`
		resolved := strings.Replace(firing, `"open"`, `"resolved"`, 1)
		odd := strings.Replace(strings.Replace(firing, "high", "banana", 1), "5xx", "6xx", 1)
		steps := []struct{ body, want string }{
			{resolved, `201 {"status":"no_matching_active_incident","incident_id":null,`},
			{firing, `201 {"status":"incident_created","incident_id":1,`},
			{firing, `201 {"status":"no_changes","incident_id":1,`},
			{odd, `The severity \"banana\" is not known`},
			{resolved, `201 {"status":"incident_resolved","incident_id":1,`},
			{firing, `201 {"status":"incident_updated","incident_id":1,"message":"Incident reopened`},
			{" ", `202 {"status":"incident_created","incident_id":2,`},
		}
		for n, step := range steps {
			if got := s.sends(step.body); !strings.Contains(got, step.want) {
				t.Errorf("step %d: %s, want %s", n, got, step.want)
			}
			s.clock.Advance(time.Minute)
		}
		s.clock.Advance(time.Hour)
		s.sends(resolved)
		s.clock.Advance(time.Hour)
		if got := s.sends(firing); !strings.Contains(got, `"status":"incident_created","incident_id":3`) {
			t.Errorf("long after: %s", got)
		}
	})
}

func TestWhateverAScriptSendsOpensAnIncident(t *testing.T) {
	each(t, "generic", func(t *testing.T, s *sender) {
		s.sends("backup of db1 failed\nexit status 2")
		s.expect("a line of text", "backup of db1 failed (1)")
		s.sends(`{"title": "backup of db1 failed", "status": "green"}`)
		s.expect("its end", "")
		if got := s.sends(`{"title":"x","severity":"??","team":"nobody"}`); !strings.HasPrefix(got, `202 {"status":"accepted","incidents":[{"id":2,"outcome":"created"}],"warnings":["`) {
			t.Errorf("the answer: %s", got)
		}
	})
}
