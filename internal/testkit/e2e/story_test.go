package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

func TestAnAlertmanagersAlertGoesAllTheWay(t *testing.T) {
	t.Parallel()
	browser := peer.StartBrowser(t)
	eachStage(t, func(s *stage) {
		_, hook := s.admin.Integration(s.t, "alertmanager")
		alertmanager := peer.StartAlertmanager(s.t, hook, peer.Timing{})
		alert := peer.Alert{
			Labels:      map[string]string{"alertname": "DatabaseDown", "instance": "db-1", "severity": "critical", "service": "checkout"},
			Annotations: map[string]string{"summary": "Database down on db-1"},
		}
		bob, lea := browser.NewPage(s.t), browser.NewPage(s.t)
		s.signIn(bob, engineer)

		began := time.Now()
		alertmanager.Fire(s.t, alert)
		bob.WaitText(s.t, soon, "main", "Database down on db-1") // without a reload
		s.looks(bob, "inbox")
		s.paged(engineer, "Database down on db-1")
		page := s.paged(lead, "Database down on db-1")                       // Nobody reacts.
		if early := page.Created.Sub(began); early < leadAfter-time.Second { // A letter's date has whole seconds.
			s.t.Errorf("the lead was paged after %v, the step is due after %v", early, leadAfter)
		}
		s.openIncident(bob, "Database down on db-1")

		s.lands(lea, page, "Database down on db-1")
		s.looks(lea, "landing")
		s.presses(lea)
		bob.WaitText(s.t, soon, "main", "Lea acknowledged") // live

		s.staysQuiet(began, "Database down on db-1")
		alertmanager.Resolve(s.t, alert)
		bob.WaitText(s.t, soon, "main", "nothing fires any more")
		s.told(engineer, "Database down on db-1")
		s.told(lead, "Database down on db-1")
		s.tells(bob, "Reported by alertmanager", "Assigned to Bob", "step 1: paging Bob", "E-mail to Bob (bob@example.org) was accepted: 250",
			"step 2: paging Lea", "E-mail to Lea (lea@example.org) was accepted: 250", "Lea acknowledged by the link", "Resolved by alertmanager",
			"Word of the resolve by E-mail to")
		s.looks(bob, "incident")
	})
}

// staysQuiet waits until the manager's step would have been due, and wants nobody to have been written to but Bob and Lea,
// once each.
func (s *stage) staysQuiet(began time.Time, title string) {
	s.t.Helper()
	<-time.After(time.Until(began.Add(managerAfter + 2*time.Second)))
	for address, want := range map[string]int{engineer: 1, lead: 1, manager: 0} {
		if n := s.letters(address, title); n != want {
			s.t.Errorf("%s got %d letters, want %d", address, n, want)
		}
	}
}

// openIncident follows the title in the inbox.
func (s *stage) openIncident(page *peer.Page, title string) {
	s.t.Helper()
	peer.Eval[bool](s.t, page, fmt.Sprintf(`([...document.querySelectorAll("main a")].find(a => a.innerText.includes(%q)).click(), true)`, title))
	page.WaitFor(s.t, soon, `/^\/incidents\/\d+$/.test(location.pathname) && document.readyState === "complete"`)
}

// tells wants the incident's page to tell these things in this order, oldest first; other lines may stand between them.
func (s *stage) tells(page *peer.Page, texts ...string) {
	s.t.Helper()
	page.WaitText(s.t, soon, "main", texts[len(texts)-1])
	story := peer.Eval[string](s.t, page, `document.querySelector("main").innerText`)
	at := len(story)
	for _, text := range texts { // The page shows the newest first.
		found := strings.LastIndex(story[:at], text)
		if found < 0 {
			s.t.Errorf("%q is not told in its place:\n%s", text, story)
			return
		}
		at = found
	}
}

func TestAnElasticAlertGoesAllTheWay(t *testing.T) {
	t.Parallel()
	browser := peer.StartBrowser(t)
	eachStage(t, func(s *stage) {
		lea := browser.NewPage(s.t)
		key, _ := s.admin.Integration(s.t, "elastic")
		send := func(state, want string) int64 {
			s.t.Helper()
			var said struct {
				Status     string `json:"status"`
				IncidentID int64  `json:"incident_id"`
			}
			s.admin.Do(s.t, http.MethodPost, "/v1/alerts/elastic?key="+url.QueryEscape(key), map[string]any{
				"alert_name": "Error rate", "message": "5 % of requests fail", "severity": "critical", "service": map[string]any{"name": "checkout"},
				"alert_id": "rule-7", "state": map[string]any{"state": state}, "metadata": map[string]any{"host": "web-1"},
				"tags": map[string]any{"env": "prod"},
			}, &said)
			if said.Status != want {
				s.t.Errorf("%s is answered %s, want %s", state, said.Status, want)
			}
			return said.IncidentID
		}
		began := time.Now()
		send("active", "incident_created")
		s.paged(engineer, "Error rate")
		s.lands(lea, s.paged(lead, "Error rate"), "Error rate")
		s.presses(lea)
		s.staysQuiet(began, "Error rate")
		send("recovered", "incident_resolved")
		s.told(engineer, "Error rate")
		s.told(lead, "Error rate")
	})
}

// lands opens the link of a page in the browser, after a mail scanner has opened it, which acknowledges nothing.
func (s *stage) lands(browser *peer.Page, page peer.Message, title string) {
	s.t.Helper()
	link := s.linkIn(page)
	answer, err := s.admin.Try(s.t.Context(), 0, http.MethodGet, strings.TrimPrefix(link, s.node.URL), nil)
	if err != nil || answer.Code != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s, %v", link, answer.Code, answer.Body, err)
	}
	browser.Open(s.t, link)
	browser.WaitText(s.t, soon, "main", title)
}

// presses acknowledges on the page that a link led to.
func (s *stage) presses(browser *peer.Page) {
	s.t.Helper()
	browser.Click(s.t, `button[value="acknowledge"]`)
	browser.WaitText(s.t, soon, "main", "Acknowledged")
}

func TestKilledAnywhereTheStoryGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	browser := peer.StartBrowser(t)
	eachStage(t, func(s *stage) {
		lea := browser.NewPage(s.t)
		key, _ := s.admin.Integration(s.t, "generic")
		again := func() {
			s.t.Helper()
			s.node.Kill(s.t)
			s.node.Start(s.t)
		}
		s.mail.Stop() // What was answered must survive; what can be sent at once would hide it.
		began := time.Now()
		incident := s.deliver(key, "db down", "firing")
		s.node.Kill(s.t)
		s.mail.Start(s.t)
		s.node.Start(s.t)
		s.paged(engineer, "db down")
		s.node.Kill(s.t)
		<-time.After(time.Until(began.Add(leadAfter + time.Second))) // The lead's step falls due while nobody lives.
		s.node.Start(s.t)
		s.lands(lea, s.paged(lead, "db down"), "db down")
		again() // between looking and pressing
		s.presses(lea)
		again()
		s.staysQuiet(began, "db down")
		s.deliver(key, "db down", "resolved")
		again()
		s.told(engineer, "db down")
		s.told(lead, "db down")
		var now struct{ Status string }
		s.admin.Do(s.t, http.MethodGet, fmt.Sprint("/v1/incidents/", incident), nil, &now)
		if now.Status != "resolved" {
			s.t.Errorf("the incident is %s", now.Status)
		}
	})
}
