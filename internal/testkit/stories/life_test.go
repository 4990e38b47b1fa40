package stories_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestASnoozeEndsWithThePageThatWasTakenLast(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "10: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.bob.Snoozes(down, time.Hour)
		c.NobodyIsPaged(time.Hour - time.Second)
		c.After(time.Second)
		down.Is("open")
		c.bob.IsPaged("db down", 2)
		c.NobodyIsPaged(10*time.Minute - time.Second)
		c.After(time.Second)
		c.lea.IsPaged("db down")
	})
}

func TestAnAcknowledgedIncidentThatWasSnoozedAsksItsSnoozer(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "10: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.Acknowledges(down)
		c.bob.Snoozes(down, time.Hour)
		c.After(time.Hour)
		down.Is("acknowledged")
		c.bob.IsAsked("db down", 1)
		c.After(15 * time.Minute) // no answer: a new episode
		down.Is("open")
		c.bob.IsPaged("db down", 2)
		c.bob.Acknowledges(down)
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestAnAcknowledgementRunsOutUnlessWhoHoldsItSaysThatTheyAreStillOnIt(t *testing.T) {
	each(t, func(c crew) {
		c.AcknowledgementsHold(60)
		c.Policy("payments", nil, "0: oncall_engineer", "10: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down", 1)
		c.bob.Acknowledges(down)
		c.After(50 * time.Minute) // Bob is asked, and answers.
		c.bob.IsAsked("db down", 1)
		if page := c.bob.OpensQuestion("db down"); strings.Count(page, "<button") != 1 || !strings.Contains(page, `value="still_on_it"`) {
			c.T.Errorf("the question's page is %s", page)
		}
		c.bob.SaysStillOnIt("db down").Must(http.StatusOK)
		c.After(49 * time.Minute)
		down.Is("acknowledged")
		c.After(time.Minute)
		c.bob.IsAsked("db down", 2)
		c.bob.HasPages("db down", 1)
		c.After(10 * time.Minute) // He sleeps: it opens, and everybody is paged as at first.
		down.Is("open")
		c.bob.IsPaged("db down", 2)
		c.bob.SaysStillOnIt("db down").Must(http.StatusConflict, http.StatusOK)
		down.Is("open") // The yes came too late.
		down.Tells("Bob is still on it by the link in a message", "Who holds it is asked", "The acknowledgement ran out")
		c.bob.Acknowledges(down)
		c.bob.Resolves(down)
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestItFiresAgainSoonAndIsTheSameIncident(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		first := c.Alert("db down", checkout)
		c.bob.Acknowledges(first)
		c.Recovers("db down", checkout)
		first.Is("resolved")
		c.After(9 * time.Minute)
		again := c.Alert("db down", checkout)
		if again.ID != first.ID {
			c.T.Errorf("incident %d, want %d opened again", again.ID, first.ID)
		}
		c.bob.IsPaged("db down", 2)
		c.Recovers("db down", checkout)
		c.After(11 * time.Minute)
		if later := c.Alert("db down", checkout); later.ID == first.ID {
			c.T.Error("it was opened again after the window")
		}
		c.bob.IsPaged("db down", 3)
	})
}

func TestResolvedByHandItStaysSoWhileTheSenderRepeats(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		since := fields{"starts_at": c.Clock.Now().Format(time.RFC3339)}
		down := c.Alert("db down", checkout, since)
		c.bob.Resolves(down)
		for range 5 {
			c.After(5 * time.Minute)
			c.Alert("db down", checkout, since)
			down.Is("resolved")
		}
		c.bob.HasPages("db down", 1)
		c.After(6 * time.Minute)
		c.Alert("db down", checkout, since) // Half an hour later it still fires.
		down.Is("open")
		c.bob.IsPaged("db down", 2)
		c.bob.Resolves(down)
		c.After(time.Hour)
		c.Alert("db down", checkout, since)
		down.Is("resolved") // It was opened once; whoever resolves it twice means it.
	})
}

func TestAPersonReopensAndTheStepsBeginAnew(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "10: team_lead")
		down := c.Alert("db down", checkout)
		c.bob.Resolves(down)
		c.lea.Reopens(down)
		down.Is("open")
		c.bob.IsPaged("db down", 2)
		c.After(10 * time.Minute)
		c.lea.IsPaged("db down")
	})
}

func TestNewTroubleInATakenIncidentAsksWhoeverTookIt(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		group := fields{"group_key": "payments"}
		down := c.Alert("db down", checkout, group)
		c.bob.Acknowledges(down)
		c.After(time.Minute)
		second := c.Alert("replica down", checkout, group)
		if second.ID != down.ID {
			c.T.Fatalf("incident %d, want %d", second.ID, down.ID)
		}
		down.Is("acknowledged")
		c.bob.IsPaged("db down", 2)
		c.bob.Acknowledges(down)
		c.NobodyIsPaged(3 * time.Hour)
	})
}

func TestWorseThanWhenItWasTakenBeginsAnew(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		slow := c.Alert("slow", checkout, fields{"severity": "medium"})
		c.bob.Acknowledges(slow)
		c.After(time.Minute)
		c.Alert("slow", checkout, fields{"severity": "critical"})
		slow.Is("open")
		c.bob.IsPaged("slow", 2)
	})
}

func TestADeletedIncidentPagesNobody(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "1: oncall_engineer")
		down := c.Alert("db down", checkout)
		c.Admin().Do(http.MethodDelete, down.Path(), nil).Must()
		c.NobodyIsPaged(3 * time.Hour)
	})
}
