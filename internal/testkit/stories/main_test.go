package stories_test

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// The thinnest whole story: an alert, a page, nobody reacts, the lead is paged and takes it, nobody is paged again.
func TestAnAlertPagesUntilSomebodyTakesIt(t *testing.T) {
	testkit.Each(t, func(h *testkit.Harness) {
		bob := h.Person("bob", "oncall_engineer", "payments")
		lea := h.Person("lea", "team_lead", "payments")
		h.Service("checkout", "payments")
		h.Policy("payments", nil, "0: oncall_engineer", "5: team_lead")

		down := h.Alert("db down", map[string]any{"service": "checkout"})
		bob.IsPaged("db down")
		h.After(5 * time.Minute)
		lea.IsPaged("db down")
		lea.Acknowledges(down)
		down.Is("acknowledged")
		h.NobodyIsPaged(time.Hour)
		h.Recovers("db down")
		down.Is("resolved")
		bob.IsToldResolved("db down")
		lea.IsToldResolved("db down")
		down.Tells("Reported by generic", "step 1: paging Bob", "Page by Test email to Bob (bob@example.org) was accepted: 250 taken",
			"step 2: paging Lea", "Page by Test email to Lea (lea@example.org) was accepted: 250 taken", "Lea acknowledged",
			"Resolved by generic", "Word of the resolve by Test email to Bob")
	})
}
