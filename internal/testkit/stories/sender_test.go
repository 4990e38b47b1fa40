package stories_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// webhook is what an Alertmanager sends for one group.
func webhook(status string, alerts ...fields) fields {
	return fields{
		"version": "4", "groupKey": `{}:{alertname="DatabaseDown"}`, "truncatedAlerts": 0, "status": status, "receiver": "tocsin",
		"groupLabels": fields{"alertname": "DatabaseDown"}, "commonLabels": fields{}, "commonAnnotations": fields{},
		"externalURL": "http://alertmanager.example", "alerts": alerts,
	}
}

func fires(c crew, status, instance string) fields {
	a := fields{
		"status": status, "labels": fields{"alertname": "DatabaseDown", "instance": instance, "severity": "critical", "service": "checkout"},
		"annotations": fields{"summary": "Database down on " + instance}, "startsAt": "2026-03-02T08:59:00Z",
		"endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.example", "fingerprint": "f" + instance,
	}
	if status == "resolved" {
		a["endsAt"] = c.Clock.Now().Format(time.RFC3339)
	}
	return a
}

func TestAGroupOfAlertsIsOneIncidentUntilTheLastOneEnds(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.Send("alertmanager", webhook("firing", fires(c, "firing", "a"))).Must()
		c.bob.IsPaged("Database")
		c.Send("alertmanager", webhook("firing", fires(c, "firing", "a"), fires(c, "firing", "b"))).Must()
		c.Send("alertmanager", webhook("firing", fires(c, "resolved", "a"), fires(c, "firing", "b"))).Must()
		incidents := c.Open()
		if len(incidents) != 1 || incidents[0].AlertCount != 2 {
			c.T.Fatalf("open: %+v", incidents)
		}
		c.Send("alertmanager", webhook("resolved", fires(c, "resolved", "b"))).Must()
		if left := c.Open(); len(left) != 0 {
			c.T.Errorf("left open: %+v", left)
		}
		c.bob.IsToldResolved("Database")
	})
}

func TestTheTwinOfASenderChangesNothing(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		for range 3 {
			c.Send("alertmanager", webhook("firing", fires(c, "firing", "a"))).Must()
		}
		c.After(time.Minute)
		over := fires(c, "resolved", "a")
		c.Send("alertmanager", webhook("resolved", over)).Must()
		c.After(time.Minute)
		c.Send("alertmanager", webhook("resolved", over)).Must()
		c.bob.HasPages("Database", 1)
		c.bob.IsToldResolved("Database")
	})
}

func TestTheElasticPayloadOfTheFirstVersion(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		body := fields{
			"alert_name": "Error rate", "message": "5 % of requests fail", "severity": "critical", "service": fields{"name": "checkout"},
			"alert_id": "rule-7", "state": fields{"state": "active"}, "metadata": fields{"host": "web-1"}, "tags": fields{"env": "prod"},
		}
		var answer struct {
			Status     string `json:"status"`
			IncidentID int64  `json:"incident_id"`
		}
		elastic := func(want string) {
			c.T.Helper()
			path := "/v1/alerts/elastic?key=" + c.Key("elastic")
			c.Nobody().Do(http.MethodPost, path, body).Must(http.StatusCreated).Into(&answer)
			c.Settle()
			if answer.Status != want {
				c.T.Errorf("%s, want %s", answer.Status, want)
			}
		}
		elastic("incident_created")
		c.bob.IsPaged("Error rate")
		elastic("no_changes")
		c.After(5 * time.Minute)
		c.lea.IsPaged("Error rate")
		c.lea.Acknowledges(c.Incident(answer.IncidentID))
		body["state"] = fields{"state": "recovered"}
		elastic("incident_resolved")
		c.Incident(answer.IncidentID).Is("resolved")
		c.lea.IsToldResolved("Error rate")
		elastic("no_matching_active_incident")
	})
}

func TestWhatCannotBeReadIsKeptAndShown(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		answer := c.Send("alertmanager", "").Must(http.StatusOK, http.StatusAccepted)
		if len(answer.Body) == 0 {
			c.T.Error("the sender is not told")
		}
		open := c.Open()
		if len(open) != 1 || open[0].Severity != "low" {
			c.T.Fatalf("open: %+v", open)
		}
		c.Send("alertmanager", webhook("firing", fires(c, "firing", "a"))).Must()
		c.bob.IsPaged("Database")
		if left := c.Open(); len(left) != 1 || left[0].ID == open[0].ID {
			c.T.Errorf("after a readable message: %+v", left)
		}
	})
}

func TestOnlyAnUnknownKeyIsRefused(t *testing.T) {
	each(t, func(c crew) {
		c.Nobody().Do(http.MethodPost, "/v1/intake/generic/1-nonsense", fields{"title": "x"}).Must(http.StatusUnauthorized)
		for _, body := range []string{
			`{"title": "with a team that is none", "team": "no such team", "severity": "apocalyptic", "starts_at": "yesterday"}`,
			`[{"title": "first of a list"}, {"title": "second"}]`, `{}`, `"a text"`, `7`, "\x00\xff\xfe", "title=a+form&severity=low",
		} {
			c.Send("generic", body).Must(http.StatusAccepted)
		}
	})
}

func TestAKeyThatWasReplacedWorksForADay(t *testing.T) {
	each(t, func(c crew) {
		var made, rotated struct {
			ID  int64  `json:"id"`
			Key string `json:"key"`
		}
		c.Admin().Do(http.MethodPost, "/v1/integrations", fields{"name": "own", "kind": "generic"}).Must(http.StatusCreated).Into(&made)
		c.Admin().Do(http.MethodPost, testkit.Path("/v1/integrations", made.ID, "rotate"), nil).Must().Into(&rotated)
		try := func(key string, want int) {
			c.T.Helper()
			c.Nobody().Do(http.MethodPost, "/v1/intake/generic/"+key, fields{"title": "x"}).Must(want)
			c.Settle()
		}
		try(made.Key, http.StatusAccepted)
		try(rotated.Key, http.StatusAccepted)
		c.After(25 * time.Hour)
		try(made.Key, http.StatusUnauthorized)
		try(rotated.Key, http.StatusAccepted)
	})
}

func TestThousandsOfAlertsOfOneServiceAreAllTaken(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		const alerts = 2000
		for from := 0; from < alerts; from += 500 {
			var list []fields
			for n := from; n < from+500; n++ {
				list = append(list, fires(c, "firing", time.Duration(n).String()))
			}
			c.Send("alertmanager", webhook("firing", list...)).Must()
		}
		open := c.Open()
		if len(open) != 1 || open[0].AlertCount != alerts {
			c.T.Fatalf("open: %+v", open)
		}
		c.Send("alertmanager", webhook("firing", fires(c, "firing", "the next one"))).Must()
		if open = c.Open(); len(open) != 1 || open[0].AlertCount != alerts+1 {
			c.T.Errorf("open: %+v", open)
		}
		c.bob.HasPages("Database", 1)
	})
}
