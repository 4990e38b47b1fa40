package stories_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// told is of which incidents the person was told, and how often of each.
func told(p *testkit.Person) (single, bundled map[int64]int) {
	single, bundled = map[int64]int{}, map[int64]int{}
	for _, m := range p.Pages("") {
		for _, item := range m.Bundle {
			bundled[item.IncidentID]++
		}
		if len(m.Bundle) == 0 {
			single[m.IncidentID]++
		}
	}
	return single, bundled
}

func TestInAStormBobIsToldOfEachCriticalIncidentAndOfTheRestInOneMessage(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "30: team_lead")
		const all, critical = 40, 3
		for n := range all {
			severity := "high"
			if n%(all/critical) == 0 && n/(all/critical) < critical {
				severity = "critical"
			}
			c.Deliver("generic", fields{
				"title": fmt.Sprint("down ", n), "key": fmt.Sprint("down ", n), "status": "firing", "severity": severity, "service": "checkout",
			}).Must()
		}
		c.Settle()
		c.After(time.Minute)
		single, bundled := told(c.bob)
		bundles := c.bob.Bundles()
		if len(bundles) == 0 || len(single) > 20 {
			c.T.Fatalf("%d incidents came one by one and %d in %d messages", len(single), len(bundled), len(bundles))
		}
		for _, i := range c.Open() {
			switch {
			case i.Severity == "critical" && (single[i.ID] != 1 || bundled[i.ID] != 0):
				c.T.Errorf("Bob was told of %q %d times by itself and %d times among others", i.Title, single[i.ID], bundled[i.ID])
			case single[i.ID]+bundled[i.ID] != 1:
				c.T.Errorf("Bob was told of %q %d times", i.Title, single[i.ID]+bundled[i.ID])
			}
		}
		for _, m := range bundles {
			c.bob.AcknowledgesList(m).Must(http.StatusOK)
		}
		for _, m := range c.bob.Pages("") {
			if len(m.Bundle) == 0 {
				c.bob.Acknowledges(c.Incident(m.IncidentID))
			}
		}
		for _, i := range c.Open() {
			c.Incident(i.ID).Is("acknowledged")
		}
		c.NobodyIsPaged(45 * time.Minute) // After that he is asked whether he is still on it.
	}, testkit.Nodes(3))
}

// Each incident of a bundle tells who was told of it, and its step counts as done.
func TestABundledPageIsOnTheTimelineOfEachOfItsIncidents(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "30: team_lead")
		for n := range 12 {
			c.Deliver("generic", fields{"title": fmt.Sprint("down ", n), "key": fmt.Sprint("down ", n), "status": "firing", "severity": "high", "service": "checkout"}).Must()
		}
		c.Settle()
		c.After(time.Minute)
		_, bundled := told(c.bob)
		for id := range bundled {
			i := c.Incident(id)
			i.Tells("in one message with ")
			for _, e := range i.Events() {
				if e.Status != "completed" {
					c.T.Errorf("a step of %d is %s", id, e.Status)
				}
			}
		}
		if len(bundled) == 0 {
			c.T.Error("nothing was bundled")
		}
	})
}
