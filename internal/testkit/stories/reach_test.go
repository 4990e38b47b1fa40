package stories_test

import (
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
