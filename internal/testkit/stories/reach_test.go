package stories_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/testkit"
)

func TestAStepThatFindsNobodyMakesTheNextDueAtOnce(t *testing.T) {
	each(t, func(c crew) {
		c.Service("lonely", "empty team")
		c.Policy("empty", fields{"conditions": fields{"service": "lonely"}}, "0: team_lead", "10: ann@example.org", "20: bob@example.org")
		c.Person("ann", "user", "")
		down := c.Alert("db down", fields{"service": "lonely"})
		if n := len(c.Mail.To("ann@example.org")); n != 1 {
			c.T.Errorf("Ann got %d pages, want hers at once", n)
		}
		down.Tells("nobody to notify", "paging Ann")
		c.After(10 * time.Minute)
		c.bob.IsPaged("db down") // The distance between people stays.
	})
}

func TestTwoStepsWithoutAnybodyReachTheFallbackContacts(t *testing.T) {
	each(t, func(c crew) {
		c.Service("lonely", "empty team")
		c.Policy("empty", fields{"conditions": fields{"service": "lonely"}}, "0: team_lead", "10: team", "20: bob@example.org")
		down := c.Alert("db down", fields{"service": "lonely"})
		c.Admin().IsPaged("db down")
		c.NobodyIsPaged(10*time.Minute - time.Second)
		c.After(time.Second)
		c.bob.IsPaged("db down")
		down.Tells("nobody to notify", "nobody to notify", "Fallback contacts")
	})
}

func TestAMailServerThatIsDownForAnHourLosesNoPage(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "30: team_lead")
		c.Mail.Fails("")
		down := c.Alert("db down", checkout)
		c.After(time.Hour)
		c.bob.HasPages("db down", 0)
		down.Tells("Page by Test email to Bob (bob@example.org) failed at attempt 1: 451", "Nobody was reached")
		c.Mail.Works("")
		// Rounds have left pages behind; whoever is reached first is woken once, and then somebody is awake.
		for c.reached("db down") == nil {
			c.After(10 * time.Second)
		}
		first := c.reached("db down")
		first.HasPages("db down", 1)
		first.Acknowledges(down)
		c.After(time.Minute) // Tocsin takes back what it has said of itself.
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestAnAcknowledgementEndsRetries(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.Mail.Fails("")
		down := c.Alert("db down", checkout)
		c.After(time.Minute)
		c.lea.Acknowledges(down)
		c.Mail.Works("")
		c.NobodyIsPaged(time.Hour)
	})
}

func TestOneRefusedAddressHoldsUpNobodyElse(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: team")
		c.Mail.Refuses(c.bob.Email, notify.Outcome{Result: notify.Permanent, Detail: "550 no such user"})
		down := c.Alert("db down", checkout)
		c.lea.IsPaged("db down")
		down.Tells("Page by Test email to Bob (bob@example.org) failed at attempt 1: 550 no such user (not tried again)")
		if events := down.Events(); events[len(events)-1].Status != "completed" {
			c.T.Errorf("the step is %s: Lea was reached", events[len(events)-1].Status)
		}
	})
}

func TestSomebodyWhoLeftIsNotPaged(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: bob@example.org, lea@example.org")
		c.Admin().Do(http.MethodPut, c.bob.Path(), fields{"is_active": false}).Must()
		c.Alert("db down", checkout)
		c.bob.HasPages("db down", 0)
		c.lea.IsPaged("db down")
	})
}

func TestTheOnCallEngineerIsWhoeverIsLeftInTheTeam(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.Admin().Do(http.MethodPut, c.bob.Path(), fields{"is_active": false}).Must()
		c.Alert("db down", checkout)
		c.lea.IsPaged("db down")
	})
}

func TestAPersonNamedTwiceIsPagedOnce(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer, bob@example.org, team")
		c.Policy("payments too", nil, "0: bob@example.org")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.lea.IsPaged("db down")
		down.Tells("paged a moment ago: Bob")
	})
}

// reached is who of the crew has been paged for what has the title.
func (c crew) reached(title string) *testkit.Person {
	for _, p := range []*testkit.Person{c.bob, c.lea} {
		if len(p.Pages(title)) > 0 {
			return p
		}
	}
	return nil
}

func TestAPersonWithNoWayToBeReachedIsNobodyAndTheNextStepComesAtOnce(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: bob@example.org", "30: lea@example.org", "60: max@example.org")
		for _, p := range []*testkit.Person{c.bob, c.lea} {
			p.SwitchesOffEverything()
		}
		down := c.Alert("db down", checkout)
		c.Admin().IsPaged("db down") // Two steps in a row reached nobody: the fallback contacts.
		c.bob.HasPages("db down", 0)
		c.lea.HasPages("db down", 0)
		down.Tells("step 1: no way to reach Bob (named in the policy); nobody to notify", "step 2: no way to reach Lea", "Fallback contacts")
		c.After(30 * time.Minute)
		c.max.IsPaged("db down") // The distance between people stays.
	})
}

func TestMailIsAwayAndTheNextMethodRingsAtOnce(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.bob.HasMethod("ntfy", "bob@phone")
		c.bob.IsReachedInOrder(0, 20)
		// The mail server refuses for good: the phone rings at once.
		c.Mail.Refuses(c.bob.Email, notify.Outcome{Result: notify.Permanent, Detail: "554 no such server"})
		c.Alert("db down", checkout)
		if n := len(c.Push.To("bob@phone")); n != 1 {
			c.T.Errorf("the phone rang %d times, want at once", n)
		}
		// It is away for a while: after the second failure, within seconds.
		c.Mail.Fails(c.bob.Email)
		c.Alert("api slow", checkout)
		c.After(10 * time.Second)
		if n := len(c.Push.To("bob@phone")); n != 2 {
			c.T.Errorf("the phone rang %d times after ten seconds", n)
		}
		c.bob.HasPages("", 0)
	})
}

func TestOneDeadDestinationDelaysNoOther(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: team")
		release := c.Mail.Hangs(c.bob.Email)
		defer release()
		for n := range 30 {
			c.Deliver("generic", fields{"title": fmt.Sprint("outage ", n), "severity": "high", "service": "checkout"}).Must()
		}
		c.Settle()
		for minutes := 0; c.heardOf(c.lea) < 30 && minutes < 3; minutes++ {
			c.After(time.Minute)
		}
		if told := c.heardOf(c.lea); told != 30 {
			c.T.Errorf("Lea heard of %d of 30 while Bob's server did not answer", told)
		}
	}, testkit.Nodes(2))
}

func TestTwoNodesShareTheSendingAndNobodyIsPagedTwice(t *testing.T) {
	each(t, func(c crew) {
		var people []*testkit.Person
		for n := range 20 {
			name := fmt.Sprint("eng", n)
			people = append(people, c.Person(name, "oncall_engineer", fmt.Sprint("team", n)))
			c.Service(fmt.Sprint("service", n), fmt.Sprint("team", n))
		}
		for n := range people {
			c.Deliver("generic", fields{"title": fmt.Sprint("outage of ", n, "."), "severity": "critical", "service": fmt.Sprint("service", n)}).Must()
		}
		c.Settle()
		for n, p := range people {
			p.IsPaged(fmt.Sprint("outage of ", n, "."))
		}
		for _, i := range c.Open() {
			for _, sent := range c.Incident(i.ID).Notifications() {
				if sent.ActionType == notify.ActionPage && (len(sent.Tries) != 1 || sent.Tries[0].Node == "") {
					c.T.Errorf("a page was tried %d times: %+v", len(sent.Tries), sent)
				}
			}
		}
	}, testkit.Nodes(2))
}

func TestTheTeamsDefaultPolicyPagesBeforeTheFallbackDoes(t *testing.T) {
	each(t, func(c crew) {
		ops := c.Policy("night shift", fields{"team_id": c.Team("operations")}, "0: max@example.org")
		c.Admin().Do(http.MethodPut, testkit.Path("/v1/teams", c.Team("payments")), fields{"default_policy_id": ops}).Must()
		// It belongs to another team, and pages for this one, which named it.
		c.Alert("db down", checkout)
		c.max.IsPaged("db down")
		c.bob.HasPages("db down", 0)
		c.Admin().Do(http.MethodPut, testkit.Path("/v1/escalation/policies", ops), fields{"is_active": false}).Must()
		c.Alert("api slow", checkout)
		c.bob.IsPaged("api slow") // The organisation's fallback.
		var all []struct {
			ID int64 `json:"id"`
		}
		c.Admin().Do(http.MethodGet, "/v1/escalation/policies", nil).Must().Into(&all)
		for _, p := range all {
			c.Admin().Do(http.MethodPut, testkit.Path("/v1/escalation/policies", p.ID), fields{"is_active": false}).Must()
		}
		last := c.Alert("disk full", checkout)
		c.Admin().IsPaged("disk full") // The fallback contacts.
		last.Tells("Fallback contacts")
	})
}

// heardOf is how many pages the person got by e-mail, those in bundles counted.
func (c crew) heardOf(p *testkit.Person) (n int) {
	for _, m := range c.Mail.To(p.Email) {
		n += max(1, len(m.Bundle))
	}
	return n
}
