package stories_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestEscalateNowTakesTheNextStep(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "30: team_lead", "60: manager")
		down := c.Alert("db down", checkout)
		c.bob.Escalates(down)
		c.lea.IsPaged("db down")
		c.lea.Acknowledges(down)
		c.bob.Acknowledges(down)
		c.lea.Escalates(down) // Also what is taken can be escalated.
		c.max.IsPaged("db down")
		c.max.Resolves(down)
		before := len(down.Events())
		c.max.Escalates(down)
		if after := len(down.Events()); after != before {
			c.T.Error("a resolved incident was escalated")
		}
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestWhoIsAskedForIsPagedUntilThatPersonAnswers(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		down := c.Alert("db down", checkout)
		c.bob.Acknowledges(down)
		c.Mail.Fails(c.lea.Email)
		c.bob.Assigns(down, c.lea)
		c.After(time.Minute)
		c.bob.Acknowledges(down) // Bob's answer is not Lea's.
		c.Mail.Works(c.lea.Email)
		c.After(10 * time.Minute)
		c.lea.HasPages("db down", 1)
		c.lea.Acknowledges(down)
		c.NobodyIsPaged(time.Hour)
	})
}

func TestARunKeepsThePolicyItBeganWith(t *testing.T) {
	each(t, func(c crew) {
		id := c.Policy("payments", nil, "0: oncall_engineer", "10: team_lead")
		c.Alert("db down", checkout)
		path := fmt.Sprint("/v1/escalation/policies/", id)
		c.Admin().Do(http.MethodPut, path, `{"steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "manager"}]}]}`).Must()
		c.After(10 * time.Minute)
		c.lea.IsPaged("db down")
		c.max.HasPages("db down", 0)
		c.Alert("other", checkout)
		c.max.IsPaged("other")
		c.Admin().SignsInAgain()
		c.Admin().Do(http.MethodDelete, path, nil).Must()
		c.After(24 * time.Hour) // What is under way goes on to its end.
		c.Alert("third", checkout)
		c.max.HasPages("third", 0)
		c.bob.IsPaged("third") // by the fallback policy
	})
}

func TestAnExclusivePolicyEndsTheSearch(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("first", fields{"priority": 1, "exclusive": true, "conditions": fields{"severity": "critical"}}, "0: team_lead")
		c.Policy("second", fields{"priority": 2}, "0: oncall_engineer")
		c.Alert("db down", checkout)
		c.lea.IsPaged("db down")
		c.bob.HasPages("db down", 0)
		c.Alert("slow", checkout, fields{"severity": "high"})
		c.bob.IsPaged("slow")
		c.lea.HasPages("slow", 0)
	})
}

func TestATeamsPolicyLooksAtItsOwnIncidentsOnly(t *testing.T) {
	each(t, func(c crew) {
		tom := c.Person("tom", "oncall_engineer", "platform")
		c.Service("postgres", "platform", "pg-main")
		c.Policy("platform only", fields{"team_id": c.Team("platform")}, "0: oncall_engineer")
		c.Alert("pg down", fields{"service": "PG-Main"})
		tom.IsPaged("pg down")
		c.bob.HasPages("pg down", 0)
		c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		tom.HasPages("db down", 0)
	})
}

func TestAServicesOwnPolicyComesFirst(t *testing.T) {
	each(t, func(c crew) {
		id := c.Policy("for invoices", fields{"conditions": fields{"service": "never by itself"}}, "0: manager")
		c.Admin().Do(http.MethodPost, "/v1/services", fields{"name": "invoices", "team_id": c.Team("payments"), "policy_id": id}).Must()
		c.Alert("no invoices", fields{"service": "invoices"})
		c.max.IsPaged("no invoices")
		c.bob.HasPages("no invoices", 0)
	})
}

func TestATeamsDefaultPolicyPagesWhenNothingElseDoes(t *testing.T) {
	each(t, func(c crew) {
		id := c.Policy("default of payments", fields{"conditions": fields{"service": "never by itself"}}, "0: team_lead")
		c.Admin().Do(http.MethodPut, fmt.Sprint("/v1/teams/", c.Team("payments")), fields{"default_policy_id": id}).Must()
		c.Alert("db down", checkout)
		c.lea.IsPaged("db down")
		c.bob.HasPages("db down", 0)
	})
}

func TestAnIncidentThatMovesToAnotherTeamPagesThatTeam(t *testing.T) {
	each(t, func(c crew) {
		tom := c.Person("tom", "oncall_engineer", "platform")
		c.Policy("payments", fields{"team_id": c.Team("payments")}, "0: oncall_engineer", "10: team_lead")
		c.Policy("platform", fields{"team_id": c.Team("platform")}, "0: oncall_engineer")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.bob.Do(http.MethodPut, down.Path(), fields{"team_id": c.Team("platform")}).Must()
		c.Settle()
		tom.IsPaged("db down")
		c.After(10 * time.Minute)
		c.lea.HasPages("db down", 0)
	})
}

func TestAStepAssignsAndChangesSeverityAndStatus(t *testing.T) {
	each(t, func(c crew) {
		c.Admin().Do(http.MethodPost, "/v1/escalation/policies", `{"name": "busy", "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 5, "actions": [{"type": "assign", "target": "team_lead"}, {"type": "change_severity", "severity": "critical"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify", "target": "team_lead"}, {"type": "change_status", "status": "acknowledged"}]},
			{"delay_minutes": 15, "actions": [{"type": "notify", "target": "manager"}]}]}`).Must(http.StatusCreated)
		down := c.Alert("db down", checkout, fields{"severity": "high"})
		c.After(5 * time.Minute)
		if s := down.State(); s.Severity != "critical" {
			c.T.Errorf("severity %s", s.Severity)
		}
		c.After(5 * time.Minute)
		down.Is("acknowledged")
		c.NobodyIsPaged(3 * time.Hour)
		c.max.HasPages("db down", 0)
	})
}

func TestAPlainUserMayNotSeeOrChangePolicies(t *testing.T) {
	each(t, func(c crew) {
		una := c.Person("una", "user", "payments")
		for _, call := range [][2]string{{http.MethodGet, ""}, {http.MethodPost, ""}, {http.MethodGet, "1"}, {http.MethodDelete, "1"}} {
			answer := una.Do(call[0], "/v1/escalation/policies/"+call[1], `{"name": "mine"}`).Must(http.StatusForbidden)
			if !strings.Contains(string(answer.Body), "Not enough permissions") {
				c.T.Errorf("%s", answer.Body)
			}
		}
	})
}

func TestAStepPostsToAChannelAndNoAcknowledgementEndsThat(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", fields{"steps": []any{fields{"actions": []any{
			fields{"type": "channel", "kind": "ntfy", "destination": "ops-room", "message": "Look at the dashboard."},
			fields{"type": "notify", "target": "oncall_engineer"},
		}}}})
		c.Push.Fails("ops-room")
		down := c.Alert("db down", checkout)
		c.bob.Acknowledges(down)
		c.Push.Works("ops-room")
		c.After(time.Minute)
		posts := c.Push.To("ops-room")
		if len(posts) != 1 || posts[0].Action != notify.ActionPost || posts[0].AckURL != "" || !strings.Contains(posts[0].Text, "Look at the dashboard.") {
			c.T.Errorf("posted %+v", posts)
		}
		down.Tells("posting to ntfy", "Bob acknowledged", "Post by Test ntfy to ops-room was accepted")
	})
}
