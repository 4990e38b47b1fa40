package stories_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// Another node would fare no better, so that a balancer that takes nodes away would take them all.
func TestAProviderThatIsDownIsToldOfAndTakesNoNodeOutOfService(t *testing.T) {
	each(t, func(c crew) {
		c.Policy("payments", nil, "0: oncall_engineer", "60: team_lead")
		healthy(c, `"providers":{"status":"ok"}`, `"auditor":{"status":"ok"}`, `"loops":{"status":"ok"}`, `"clock":{"status":"ok"}`)
		c.Mail.Fails("")
		c.Alert("db down", checkout)
		c.After(4*time.Minute + 30*time.Second)
		healthy(c, `"auditor":{"status":"warning","detail":"Found: pages_overdue (`)
		c.Mail.Works("")
		c.After(11 * time.Minute)
		c.After(time.Minute)
		healthy(c, `"providers":{"status":"ok"}`, `"auditor":{"status":"ok"}`)
	}, testkit.Nodes(2))
}

// healthy waits until /health says all of this, with 200; the clock goes on by a second each time, for the prober looks by it.
func healthy(c crew, texts ...string) {
	c.T.Helper()
	limit := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		answer := c.Probe("/health")
		said := answer.Code == http.StatusOK
		for _, text := range texts {
			said = said && strings.Contains(string(answer.Body), text)
		}
		if said {
			return
		}
		c.Clock.Advance(time.Second)
		select {
		case <-look.C:
		case <-limit:
			c.T.Fatalf("/health says %d %s, want %q", answer.Code, answer.Body, texts)
		}
	}
}
