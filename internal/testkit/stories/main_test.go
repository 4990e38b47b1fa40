package stories_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

func TestAnAlertPagesUntilSomebodyTakesIt(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.After(5 * time.Minute)
		c.lea.IsPaged("db down")
		c.lea.Acknowledges(down)
		down.Is("acknowledged")
		c.NobodyIsPaged(3 * time.Hour)
		c.Recovers("db down")
		down.Is("resolved")
		c.bob.IsToldResolved("db down")
		c.lea.IsToldResolved("db down")
		down.Tells("Reported by generic", "step 1: paging Bob", "Page by Test email to Bob (bob@example.org) was accepted: 250 taken",
			"step 2: paging Lea", "Page by Test email to Lea (lea@example.org) was accepted: 250 taken", "Lea acknowledged",
			"Resolved by generic", "Word of the resolve by Test email to Bob")
	}, testkit.Nodes(3))
}

func TestTheLinkInThePageAcknowledges(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.AcknowledgesByLink("db down").Must(200, 303)
		down.Is("acknowledged")
		down.Tells("Page by Test email to Bob", "Bob acknowledged by the link")
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestWithoutAPolicyTheFallbackPolicyPages(t *testing.T) {
	each(t, func(c crew) {
		c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.After(10 * time.Minute)
		c.lea.IsPaged("db down")
		c.After(10 * time.Minute)
		c.max.IsPaged("db down")
	})
}

func TestNobodyReactsUntilTheFallbackContactsDo(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", fields{"repeat": fields{"times": 1, "every_minutes": 10}}, "0: oncall_engineer", "5: team_lead")
		down := c.Alert("db down", checkout)
		c.After(5 * time.Minute)
		c.lea.IsPaged("db down")
		c.After(10 * time.Minute)
		c.bob.IsPaged("db down", 2) // the second round
		c.After(5 * time.Minute)
		c.lea.IsPaged("db down", 2)
		c.After(10 * time.Minute) // the last step has had its time
		c.Admin().IsPaged("db down")
		c.After(time.Hour)
		c.Admin().IsPaged("db down", 2)
		c.Admin().Acknowledges(down)
		c.NobodyIsPaged(3 * time.Hour)
		down.Tells("paging Lea", "exhausted: nobody took it", "Fallback contacts, step 1: paging")
	})
}

func TestALowUrgencyIncidentEndsQuietly(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		c.Alert("disk filling", checkout, fields{"severity": "low"})
		c.bob.IsPaged("disk filling")
		c.After(5 * time.Minute)
		c.lea.IsPaged("disk filling")
		c.NobodyIsPaged(24 * time.Hour)
	})
}

func TestSeverityInfoPagesNobodyUnlessAPolicyNamesIt(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.Policy("curious", fields{"conditions": fields{"severity": "info", "labels": fields{"who": "max"}}}, "0: manager")
		c.Alert("deployed", checkout, fields{"severity": "info"})
		c.NobodyIsPaged(time.Hour)
		c.Alert("looked", checkout, fields{"severity": "info", "labels": fields{"who": "max"}})
		c.max.IsPaged("looked")
	})
}

func TestSixtyServicesFireInTheSameSecond(t *testing.T) {
	each(t, func(c crew) {
		const services = 60
		var people []*testkit.Person
		for n := range services {
			name := fmt.Sprint("team", n)
			people = append(people, c.Person("eng"+fmt.Sprint(n), "oncall_engineer", name))
			c.Service(fmt.Sprint("service", n), name)
			c.Policy(fmt.Sprint("policy", n), fields{"team_id": c.Team(name)}, "0: oncall_engineer")
		}
		for n := range services {
			c.Deliver("generic", fields{"title": fmt.Sprint("outage of ", n), "severity": "critical", "service": fmt.Sprint("service", n)}).Must()
		}
		c.Settle()
		for n, p := range people {
			p.IsPaged(fmt.Sprint("outage of ", n))
		}
	}, testkit.Nodes(2))
}
