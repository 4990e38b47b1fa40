package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// TestEachConditionOfTheDesign goes from the document to the judgement: a scalar and a list, what holds and what does not.
func TestEachConditionOfTheDesign(t *testing.T) {
	at := time.Date(2026, 1, 12, 3, 0, 0, 0, time.UTC) // a Monday, 04:00 in Berlin
	inc := incident.Incident{
		Severity: incident.SeverityHigh, Service: "Shop API", Source: "alertmanager", TeamID: new(int64(5)), AlertCount: 3, CreatedAt: at.Add(-time.Hour),
		Labels: map[string]string{"env": "prod", "region": "eu"},
	}
	for name, cases := range map[string]map[string]bool{
		"severity": {`{"severity": "HIGH"}`: true, `{"severity": ["critical", "high"]}`: true, `{"severity": "critical"}`: false, `{"severity": ["low", "info"]}`: false},
		"service":  {`{"service": "shop api"}`: true, `{"service": ["bank", "SHOP API"]}`: true, `{"service": "shop"}`: false},
		"team_id":  {`{"team_id": 5}`: true, `{"team_id": [4, 5]}`: true, `{"team_id": 4}`: false},
		"source":   {`{"source": "alertmanager"}`: true, `{"source": ["generic", "alertmanager"]}`: true, `{"source": "generic"}`: false},
		"labels": {
			`{"labels": {"env": "prod"}}`: true, `{"labels": {"env": ["stage", "prod"], "region": "eu"}}`: true, `{"labels": {"env": "prod", "region": "us"}}`: false,
			`{"labels": {"rack": "a"}}`: false, `{"labels": {"env": "PROD"}}`: false, `{"labels": {}}`: true,
		},
		"expression": {
			`{"expression": "incident.alert_count > 2"}`: true, `{"expression": "incident.alert_count > 3"}`: false, `{"expression": "incident.age > duration('59m')"}`: true,
			`{"expression": "incident.labels['rack'] == 'a'"}`: true, // It fails, and counts as true.
		},
		"time": {
			`{"time": {"days": "sun", "from": "22:00", "to": "06:00", "timezone": "Europe/Berlin"}}`:          true, // It belongs to the day of its from.
			`{"time": {"days": ["mon", "tue"], "from": "22:00", "to": "06:00", "timezone": "Europe/Berlin"}}`: false,
			`{"time": {"days": "mon", "from": "03:30", "to": "04:30", "timezone": "Europe/Berlin"}}`:          true,
			`{"time": {"days": "mon", "from": "03:30", "to": "04:30", "timezone": "UTC"}}`:                    false,
		},
		"all of several": {`{"severity": "high", "service": "shop api"}`: true, `{"severity": "high", "service": "bank"}`: false},
		"none":           {`{}`: true},
	} {
		t.Run(name, func(t *testing.T) {
			for document, want := range cases {
				p, err := parse(`{"name": "n", "conditions": ` + document + `}`)
				if err != nil {
					t.Errorf("%s: %v", document, err)
				} else if got := p.Conditions.judge(inc, at); got.holds != want {
					t.Errorf("%s: %+v", document, got)
				}
			}
		})
	}
}

func TestAnExpressionThatFailsIsShownAndPagesAllTheSame(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "By rack", "exclusive": true, "conditions": {"expression": "incident.labels['rack'] == 'a'"},
			"steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Rest", "steps": [{"actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		failed := h.alert("db down", incident.SeverityHigh)
		h.isPaged("by both, for one that failed excludes nobody", "Ann", "Bob")
		h.tells(failed, "expression_failed", `The expression of policy "By rack" failed: no such key: rack; it was taken as true.`)
		labelled := func(rack string) func(r *incident.Report) {
			return func(r *incident.Report) { r.Labels = map[string]string{"rack": rack} }
		}
		h.alert("rack a", incident.SeverityHigh, labelled("a"))
		h.isPaged("by the exclusive one", "Ann")
		h.alert("rack b", incident.SeverityHigh, labelled("b"))
		h.isPaged("by the rest", "Bob")
	})
}

func TestInfoStartsARunOnlyWhereAConditionNamesIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		if err := h.SeedFallback(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.policy(`{"name": "All", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "By another name", "conditions": {"expression": "incident.severity != 'critical' && incident.title != 'info'"}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		quiet := h.alert("certificate renewed", incident.SeverityInfo)
		h.isPaged("nobody is named for it")
		if got := h.incident(quiet); got.Unescalated || len(h.runs(quiet)) != 0 {
			t.Errorf("and nobody is missing: %+v", got)
		}
		h.policy(`{"name": "Info", "conditions": {"severity": ["info"], "service": "certs"}, "steps": [{"actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.alert("certificate expires", incident.SeverityInfo, func(r *incident.Report) { r.Service = "certs" })
		h.isPaged("by the policy that names it", "Bob")
		h.policy(`{"name": "By expression", "conditions": {"expression": "incident.severity == 'info' && incident.service == 'jobs'"}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.alert("job done", incident.SeverityInfo, func(r *incident.Report) { r.Service = "jobs" })
		h.isPaged("by the policy whose expression names it", "Ann")
		h.alert("page seen", incident.SeverityInfo, func(r *incident.Report) { r.Service = "web" })
		h.isPaged("by none whose expression does not hold")
	})
}
