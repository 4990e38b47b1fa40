package stories_test

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

func TestTheLedgerSaysWhatWasOwedAndWhatCameOfIt(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "5: team_lead, nobody@example.org", "10: manager")
		c.Mail.Fails(c.lea.Email)
		down := c.Alert("db down", checkout)
		c.After(5 * time.Minute)
		l := down.Ledger()
		if s := l.Sums; s.Steps.Owed != 3 || s.People.Outcomes["sent"] != 1 || s.People.Open != 1 || s.Notifications.Open != 1 {
			t.Errorf("while a page is tried again: %+v", l)
		}
		c.max.Acknowledges(down)
		c.After(30 * time.Second) // Bob, who is assigned, is told.
		l = down.Ledger()
		if s := l.Sums; s.Steps.Open != 0 || s.Steps.Outcomes["over"] != 1 || s.Steps.Outcomes["cancelled"] != 1 || s.People.Outcomes["cancelled"] != 1 {
			t.Errorf("after the acknowledgement: %+v", l)
		}
		if len(l.Open) != 0 || !l.Balanced {
			t.Errorf("something is left: %+v", l)
		}
	}, testkit.Nodes(2))
}
