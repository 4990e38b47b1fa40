package stories_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/testkit"
)

func TestWhoWorksOnAnIncidentIsToldWhatOthersDo(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		down := c.Alert("db down", checkout)
		c.bob.Acknowledges(down)
		c.lea.Comments(down, "It is the disk of db-1.")
		c.bob.IsTold(notify.ActionCommented, "db down", 0)
		c.After(30 * time.Second)
		c.bob.IsTold(notify.ActionCommented, "db down", 1)
		c.lea.IsTold(notify.ActionCommented, "db down", 0) // She wrote it herself.
		c.bob.Comments(down, "Thanks, I see it.")
		c.lea.Acknowledges(down) // Both are on it now.
		c.bob.Comments(down, "The disk is replaced.")
		c.bob.Resolves(down)
		c.lea.IsToldResolved("db down")
		c.After(30 * time.Second)
		c.lea.IsTold(notify.ActionCommented, "db down", 1)
		c.bob.IsTold(notify.ActionResolved, "db down", 0)
		for _, m := range c.Mail.To(c.lea.Email) {
			if m.Urgency != "low" || m.AckURL != "" {
				c.T.Errorf("%q is %s and asks for %q", m.Title, m.Urgency, m.AckURL)
			}
		}
	}, testkit.Nodes(2))
}

func TestSeveralNoticesWithinAShortTimeAreOneMessage(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		down, slow := c.Alert("db down", checkout), c.Alert("api slow", checkout)
		c.bob.Acknowledges(down)
		c.bob.Acknowledges(slow)
		for _, text := range []string{"one", "two", "three"} {
			c.lea.Comments(down, text)
			c.max.Comments(slow, text)
		}
		c.After(30 * time.Second)
		c.bob.IsTold(notify.ActionCommented, "", 0)
		c.bob.IsTold(notify.ActionNotices, "6 notices", 1)
	}, testkit.Nodes(3))
}

func TestANoticeThatIsSwitchedOffIsNotTold(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		c.bob.Do(http.MethodPut, "/v1/notice-preferences/me/commented", fields{"enabled": false}).Must(http.StatusOK)
		down := c.Alert("db down", checkout)
		c.bob.IsPaged("db down")
		c.bob.Acknowledges(down)
		c.lea.Comments(down, "hello")
		c.After(time.Hour)
		c.bob.IsTold(notify.ActionCommented, "", 0)
		c.lea.Resolves(down)
		c.bob.IsToldResolved("db down")
	})
}

func TestThatSomebodyTookItIsToldToWhoIsAssigned(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", fields{"steps": []any{fields{"actions": []any{
			fields{"type": "assign", "target": "team_lead"}, fields{"type": "notify", "target": "manager"},
		}}}})
		down := c.Alert("db down", checkout)
		c.After(30 * time.Second)
		c.lea.IsTold(notify.ActionAssigned, "db down", 1)
		c.max.Acknowledges(down)
		c.After(30 * time.Second)
		c.lea.IsTold(notify.ActionAcknowledged, "db down", 1)
		c.max.IsTold(notify.ActionAcknowledged, "db down", 0)
		down.Tells("Word of the assignment by Test email to Lea", "Word of the acknowledgement by Test email to Lea")
	})
}

func TestWhoReportedAnIncidentIsToldThatItIsOver(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		ulla := c.Person("ulla", "user", "")
		reported := c.Incident(ulla.Do(http.MethodPost, "/v1/incidents", fields{"title": "shop is slow", "severity": "high", "service": "checkout"}).
			Must(http.StatusCreated).ID())
		c.Settle()
		c.bob.IsPaged("shop is slow")
		c.bob.Acknowledges(reported)
		c.bob.Resolves(reported)
		ulla.IsToldResolved("shop is slow")
		c.bob.IsTold(notify.ActionResolved, "", 0)
		if m := c.Mail.To(ulla.Email); !strings.Contains(m[0].Text, "You are told because you reported it.") {
			c.T.Errorf("she is not told why:\n%s", m[0].Text)
		}
	})
}

func TestNoticesAreGivenUpAfterAnHourAndReachForNobodyElse(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer")
		down := c.Alert("db down", checkout)
		c.bob.Acknowledges(down)
		c.Mail.Fails(c.bob.Email)
		c.lea.Comments(down, "hello")
		c.NobodyIsPaged(2 * time.Hour)
		c.Mail.Works(c.bob.Email)
		c.After(time.Hour)
		c.bob.IsTold(notify.ActionCommented, "", 0)
		down.Tells("Word of the comment by Test email to Bob (bob@example.org) failed at attempt")
	})
}
