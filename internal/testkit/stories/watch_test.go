package stories_test

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

const notGettingOut = "Pages are not getting out"

func TestTocsinTellsOfPagesThatDoNotGetOutByAnotherChannel(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "60: team_lead")
		c.Admin().IsAlsoReachedBy("ntfy")
		c.Mail.Fails("")
		c.Alert("db down", checkout)
		c.After(3 * time.Minute)
		c.Admin().HasPages(notGettingOut, 0)
		c.After(2 * time.Minute)
		c.After(30 * time.Second)
		own := c.OwnIncident(notGettingOut)
		own.Is("open")
		c.Admin().HasPages(notGettingOut, 1)
		c.Mail.Works("")
		c.After(11 * time.Minute)
		c.After(time.Minute)
		own.Is("resolved")
		if n := len(c.OwnIncidents()); n != 1 {
			c.T.Errorf("%d incidents of Tocsin's own, want one", n)
		}
	}, testkit.Nodes(2))
}

func TestTocsinsOwnIncidentPagesEachHourUntilSomebodyTakesIt(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "60: team_lead")
		c.Admin().IsAlsoReachedBy("ntfy")
		c.Mail.Fails("")
		c.Alert("db down", checkout)
		c.After(6 * time.Minute)
		c.Admin().HasPages(notGettingOut, 1)
		for range 13 {
			c.After(5 * time.Minute)
		}
		c.Admin().HasPages(notGettingOut, 2)
		c.Admin().Acknowledges(c.OwnIncident(notGettingOut))
		for range 13 {
			c.After(5 * time.Minute)
		}
		c.Admin().HasPages(notGettingOut, 2)
	})
}
