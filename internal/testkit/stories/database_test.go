package stories_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
	"github.com/tocsinhq/tocsin/internal/testkit"
)

// patience bounds the waiting for what real time brings: a probe that notices, a server that comes up.
const patience = 30 * time.Second

// A database that is away: senders are told to come again, nothing is half done, and all goes on by itself when it is back.
func TestADatabaseThatIsAwayForAWhile(t *testing.T) {
	cluster, err := pgcluster.Start(pgcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop() })
	if err := cluster.Create("story"); err != nil {
		t.Fatal(err)
	}
	c := newCrew(testkit.PostgresAt(t, cluster.URL("story"), testkit.Nodes(2)))
	c.Policy("payments", fields{"repeat": fields{"times": 0, "every_minutes": 60}}, "0: oncall_engineer", "5: team_lead")
	c.Alert("db down", checkout)
	c.bob.IsPaged("db down")

	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	message := fields{"title": "second", "key": "second", "severity": "critical", "service": "checkout"}
	answer := c.Deliver("generic", message).Must(http.StatusServiceUnavailable)
	if answer.Header.Get("Retry-After") == "" {
		t.Error("the sender is not told when to come back")
	}
	become(c, "/readyz", http.StatusServiceUnavailable)
	become(c, "/livez", http.StatusOK) // A restart would mend nothing.
	c.Clock.Advance(5 * time.Minute)   // Lea's step falls due while nobody can take it.

	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	become(c, "/readyz", http.StatusOK)
	c.Settle()
	c.lea.HasPages("db down", 1)
	c.bob.HasPages("db down", 1)
	c.Send("generic", message).Must(http.StatusAccepted)
	c.bob.HasPages("second", 1)
}

// become waits until a probe says so; the clock goes on by a second each time, for the prober looks by it.
func become(c crew, path string, status int) {
	c.T.Helper()
	limit := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for c.Probe(path).Code != status {
		c.Clock.Advance(time.Second)
		select {
		case <-look.C:
		case <-limit:
			c.T.Fatalf("%s does not become %d", path, status)
		}
	}
}
