package escalation

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

var expressionNow = time.Date(2026, 1, 12, 3, 0, 0, 0, time.UTC)

func factsForTest() *Facts {
	return factsOf(incident.Incident{
		ID: 7, Title: "db-1: Disk full", Description: "97 %", Severity: incident.SeverityCritical, Status: incident.StatusOpen, Service: "shop",
		Source: "alertmanager", TeamID: new(int64(5)), Labels: map[string]string{"env": "prod"}, AlertCount: 3, FiringCount: 2, Episode: 2,
		CreatedAt: expressionNow.Add(-2 * time.Hour),
	}, expressionNow)
}

func TestWhatAnExpressionKnowsOfAnIncident(t *testing.T) {
	for _, text := range []string{
		`incident.id == 7`, `incident.title.lowerAscii().contains("disk")`, `incident.title.matches("^db-[0-9]+:")`, `incident.description != ""`,
		`incident.severity == "critical"`, `incident.urgency == "high"`, `incident.status == "open"`, `incident.service in ["shop", "bank"]`,
		`incident.source == "alertmanager"`, `incident.team_id == 5`, `incident.labels["env"] == "prod"`, `incident.labels.env.startsWith("p")`,
		`"env" in incident.labels`, `!("rack" in incident.labels)`, `incident.labels[?"rack"].orValue("none") == "none"`,
		`incident.labels.exists(k, incident.labels[k] == "prod")`, `incident.alert_count > 2 && incident.firing_count == 2`, `incident.episode == 2`,
		`incident.age >= duration("2h")`, `incident.created_at < timestamp("2026-01-12T02:00:00Z")`,
		`incident.created_at.getHours("Europe/Berlin") == 2`, `incident.created_at.getDayOfWeek() == 1`,
	} {
		if holds, err := evaluate(text, factsForTest()); err != nil || !holds {
			t.Errorf("%s: %v %v", text, holds, err)
		}
		if holds, err := evaluate("!("+text+")", factsForTest()); err != nil || holds {
			t.Errorf("not %s: %v %v", text, holds, err)
		}
	}
}

func TestWhichSeveritiesAnExpressionNames(t *testing.T) {
	for text, want := range map[string]bool{
		`incident.severity == "info"`:          true,
		`"INFO" == incident.severity`:          true,
		`incident.severity in ["low", "info"]`: true,
		`incident.service == "a" || (incident.episode > 1 && incident.severity == "info")`: true,
		`incident.severity != "info"`:                            false,
		`incident.severity == "low" && incident.title == "info"`: false,
		`incident.title.contains("info")`:                        false,
		`incident.urgency == "low"`:                              false,
		`true`:                                                   false,
		`nonsense`:                                               false,
	} {
		if got := (Conditions{Expression: text}).named(incident.SeverityInfo); got != want {
			t.Errorf("%s names info: %v", text, got)
		}
	}
}

func TestAnExpressionThatCannotWorkIsRefusedWithItsPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`incident.titel == "x"`, "line 1, column 9: undefined field 'titel'"},
		{"incident.title ==\n  3", "line 1, column 16: found no matching overload"},
		{`incident.title == "x" &&`, "line 1, column 25: Syntax error"},
		{`people.count > 1`, "line 1, column 1: undeclared reference to 'people'"},
		{`incident.title`, "must be true or false, but is of type string"},
		{`incident.title.matches("(")`, "line 1, column 24: invalid matches argument"},
		{`incident.age > duration("soon")`, "line 1, column 25: invalid duration argument"},
		{strings.Repeat(" ", 2001), "must be at most 2000 bytes, not 2001"},
		{`incident.labels.all(a, incident.labels.all(b, incident.labels.all(c, a + b != c)))`, "on a large incident; at most 100000 are allowed"},
		{strings.Repeat("(", 900) + "true" + strings.Repeat(")", 900), "expression recursion limit exceeded"},
	} {
		if _, err := compile(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestAnExpressionThatFailsOnAnIncidentSaysWhy(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`incident.labels["rack"] == "a"`, "no such key: rack"},
		{`10 / (incident.episode - 2) > 1`, "division by zero"},
	} {
		if holds, err := evaluate(c.text, factsForTest()); err == nil || holds || err.Error() != c.want {
			t.Errorf("%s: %v %v", c.text, holds, err)
		}
	}
}

func TestACostThatOnlyShowsWhenItRunsIsBounded(t *testing.T) {
	text := `incident.description.contains("zz")`
	if _, err := compile(text); err != nil {
		t.Fatal(err)
	}
	if _, err := evaluate(text, factsOf(incident.Incident{Description: strings.Repeat("x", 5_000_000)}, expressionNow)); err == nil || !strings.Contains(err.Error(), "cost limit exceeded") {
		t.Errorf("%v", err)
	}
}

func TestAFailingExpressionCountsAsTrueAndIsNamed(t *testing.T) {
	inc := incident.Incident{Severity: incident.SeverityHigh}
	fails := Conditions{Expression: `incident.labels["rack"] == "a"`}
	if got := fails.judge(inc, expressionNow); !got.holds || got.failed != "no such key: rack" {
		t.Errorf("%+v", got)
	}
	fails.Severity = Words{"low"}
	if got := fails.judge(inc, expressionNow); got.holds || got.failed != "" {
		t.Errorf("the other conditions decide: %+v", got)
	}
	fails.Severity = nil
	found := Match(inc, Choice{Now: expressionNow, Policies: []Policy{pol(1, "a", alone, when(fails)), pol(2, "b"), pol(3, "c", alone), pol(4, "d")}})
	var names []string
	for _, p := range found.Policies {
		names = append(names, p.Name)
	}
	if strings.Join(names, "") != "abc" || len(found.Failed) != 1 || found.Failed[1] != "no such key: rack" {
		t.Errorf("it never excludes others: %v %v", names, found.Failed)
	}
}

func TestAConditionOfTimeLooksAtTheWindow(t *testing.T) {
	night := Conditions{Time: &Window{Days: Words{"sun"}, From: "22:00", To: "06:00", Timezone: "Europe/Berlin"}}
	if !night.judge(incident.Incident{}, expressionNow).holds || night.judge(incident.Incident{}, expressionNow.Add(2*time.Hour)).holds {
		t.Error("Monday 04:00 in Berlin is in Sunday's night, 06:00 is not")
	}
}

func TestAStepMayAskForSoManyAlerts(t *testing.T) {
	alerts := []time.Time{expressionNow.Add(-time.Hour), expressionNow.Add(-10 * time.Minute), expressionNow}
	for _, c := range []struct {
		ask  AlertCount
		want bool
	}{
		{AlertCount{AtLeast: 3}, true},
		{AlertCount{AtLeast: 4}, false},
		{AlertCount{AtLeast: 2, WithinMinutes: 10}, true},
		{AlertCount{AtLeast: 2, WithinMinutes: 9}, false},
		{AlertCount{AtLeast: 3, WithinMinutes: 60}, true},
	} {
		condition := StepCondition{AlertCount: &c.ask}
		if got := condition.judge(incident.Incident{}, expressionNow, alerts); got.holds != c.want {
			t.Errorf("%+v: %+v", c.ask, got)
		}
		condition.Severity = Words{"low"}
		if condition.judge(incident.Incident{Severity: incident.SeverityHigh}, expressionNow, alerts).holds {
			t.Error("the other conditions must hold, too")
		}
	}
}
