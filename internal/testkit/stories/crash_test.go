package stories_test

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

func TestKilledAfterTheAnswerItPagesWhenItIsStartedAgain(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		release := c.Mail.Hangs(c.bob.Email)
		c.Deliver("generic", fields{"title": "db down", "key": "db down", "severity": "critical", "service": "checkout"}).Must(202)
		c.Kill(1)
		release()
		c.After(10 * time.Minute) // nobody is there
		c.Restart(1)
		c.After(time.Minute)
		c.bob.HasPages("db down", 1)
		c.After(5 * time.Minute)
		c.lea.HasPages("db down", 1)
	})
}

func TestKilledBetweenTheStepsItGoesOnWhereItWas(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead", "10: manager")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.Kill(1)
		c.After(4 * time.Minute)
		c.Restart(1)
		c.lea.HasPages("db down", 0)
		c.After(time.Minute)
		c.lea.IsPaged("db down")
		c.Kill(1)
		c.After(time.Hour)
		c.Restart(1)
		c.max.IsPaged("db down") // late, but not lost
		c.bob.HasPages("db down", 1)
		c.lea.HasPages("db down", 1)
		c.max.Acknowledges(down)
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestASenderThatDiesIsReplacedAndTheSecondCopyIsMarked(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		release := c.Mail.Hangs(c.bob.Email)
		down := c.Alert("db down", checkout)
		c.Kill(1)
		release()
		c.Restart(1)
		c.After(time.Minute)
		if n := len(c.bob.Pages("db down")); n < 1 || n > 2 {
			c.T.Errorf("%d pages, want one, or two if the first was on its way when its sender died", n)
		}
		for _, n := range down.Notifications() {
			if n.ActionType == "page" && !n.MaybeDuplicate {
				c.T.Error("nothing says that it may have been sent twice")
			}
		}
	})
}

func TestOfThreeNodesTwoDieAndThePageGoesOut(t *testing.T) {
	c := newCrew(testkit.Postgres(t, testkit.Nodes(3)))
	c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
	down := c.Alert("db down", checkout)
	c.bob.IsPaged("db down")
	c.Kill(1)
	c.Kill(3)
	c.After(5 * time.Minute)
	c.lea.IsPaged("db down")
	c.bob.HasPages("db down", 1)
	if n := len(down.Events()); n != 2 {
		c.T.Errorf("%d steps were taken, want 2", n)
	}
	c.Restart(1)
	c.lea.Acknowledges(down)
	c.NobodyIsPaged(3 * time.Hour)
}

func TestAClockThatStepsBackRepeatsNothing(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")
		c.Alert("db down", checkout)
		c.After(2 * time.Minute)
		c.Clock.Set(c.Clock.Now().Add(-time.Hour))
		c.Settle()
		c.bob.HasPages("db down", 1)
		c.After(time.Hour + 3*time.Minute)
		c.lea.HasPages("db down", 1)
		c.bob.HasPages("db down", 1)
	})
}
