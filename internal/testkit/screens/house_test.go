package screens

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// house is a server in the middle of a bad night, with somebody at a browser.
type house struct {
	*testkit.Harness
	url string
	bob *testkit.Person
}

// badNight is an installation with something on every screen.
func badNight(t *testing.T) *house {
	t.Helper()
	s := testkit.SQLite(t)
	h := &house{Harness: s}
	ann := s.Person("ann", "oncall_engineer", "Payments")
	h.bob = s.Person("bob", "team_lead", "Payments")
	s.Person("carla", "manager", "Storefront")
	s.Person("dmitri-with-a-rather-long-name", "oncall_engineer", "Storefront")
	s.Service("payments-db", "Payments", "pg-payments", "ledger")
	s.Service("checkout", "Storefront", "cart", "basket")
	s.Policy("Payments, day and night", map[string]any{
		"team_id": s.Team("Payments"), "repeat": map[string]any{"times": 3, "every_minutes": 15}, "description": "Ann first, then whoever leads.",
		"conditions": map[string]any{"severity": []string{"critical", "high"}, "labels": map[string]any{"env": []string{"prod", "staging"}}},
	}, "0: oncall_engineer", "10: team_lead, assignees", "20: manager")
	s.Policy("Low urgency", map[string]any{"conditions": map[string]any{"severity": "low"}, "is_active": false}, "30: team")

	prod := map[string]any{"service": "payments-db", "labels": map[string]string{"env": "prod", "instance": "db-7.eu-central.internal:5432"}}
	disk := s.Alert("Disk of db-7 is 97 % full and grows by 2 GB an hour", prod, map[string]any{"severity": "high"})
	s.After(31 * time.Minute)
	slow := s.Alert("p99 of checkout above 4 s", map[string]any{"service": "checkout", "severity": "medium"})
	down := s.Alert("payments-db: replication has stopped on db-7.eu-central.internal, lag is unknown since the last failover", prod)
	s.After(4 * time.Minute)
	s.Alert("payments-db: replication has stopped on db-7.eu-central.internal, lag is unknown since the last failover", prod)
	s.Alert("Certificate of shop.example.org ends in 6 days", map[string]any{"severity": "info"})
	nightly := s.Alert("Nightly report is late", map[string]any{"severity": "low"})
	ann.Acknowledges(disk)
	ann.Snoozes(slow, 4*time.Hour)
	h.bob.Resolves(nightly)
	h.bob.Do(http.MethodPost, "/v1/incidents/"+strconv.FormatInt(down.ID, 10)+"/comments",
		map[string]string{"content": "Failover of 02:58 left db-7 without a primary.\n\nI am looking at the WAL now: pg_wal/000000010000002B000000F1-is-a-very-long-word-without-a-break"}).Must()
	s.After(2 * time.Minute)
	h.url = s.Serve()
	return h
}

// signIn opens a browser and signs a person in.
func (h *house) signIn(p *testkit.Person) *peer.Page {
	h.T.Helper()
	page := peer.StartBrowser(h.T).NewPage(h.T)
	page.Open(h.T, h.url+"/login.html")
	page.Fill(h.T, "input[name=email]", p.Email)
	page.Fill(h.T, "input[name=password]", p.Password())
	page.Click(h.T, "button[type=submit]")
	page.WaitFor(h.T, 10*time.Second, `location.pathname === "/incidents" && document.documentElement.dataset.js === ""`)
	return page
}
