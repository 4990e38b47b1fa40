// Package e2e_test tells the whole story with everything real: the program as it is installed, on both databases, an
// Alertmanager, a mail server and a browser.
package e2e_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// soon is how long anything that happens at once may take on a busy machine.
const soon = 20 * time.Second

// When the steps are due, from the start. The manager's must not come: somebody has taken it long before.
const (
	leadAfter    = 3 * time.Second
	managerAfter = 18 * time.Second
)

const (
	engineer = "bob@example.org"
	lead     = "lea@example.org"
	manager  = "max@example.org"
)

// stage is one installation with its mail server and its people.
type stage struct {
	t     *testing.T
	node  *node.Node
	mail  *peer.Mail
	admin *node.Client
}

func eachStage(t *testing.T, story func(s *stage)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		story(newStage(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		story(newStage(t, dbtest.PostgresURL(t)))
	})
}

func newStage(t *testing.T, database string) *stage {
	t.Helper()
	s := &stage{t: t, mail: peer.StartMail(t)}
	s.node = node.Start(t, database, s.mail.URL("tocsin@example.org")+"&tls=none")
	s.admin = node.NewClient(s.node).SignIn(t, node.AdminEmail, node.AdminPassword)
	team := s.admin.Team(t, "Payments")
	s.admin.Service(t, "checkout", team)
	s.admin.Person(t, engineer, "Bob", "oncall_engineer", team)
	s.admin.Person(t, lead, "Lea", "team_lead", team)
	s.admin.Person(t, manager, "Max", "manager", team)
	s.admin.Policy(t, "Payments",
		node.Step{Minutes: 0, Targets: []string{"oncall_engineer"}},
		node.Step{Minutes: leadAfter.Minutes(), Targets: []string{"team_lead"}},
		node.Step{Minutes: managerAfter.Minutes(), Targets: []string{"manager"}})
	return s
}

// paged waits for a page to the address about what has the title.
func (s *stage) paged(address, title string) peer.Message {
	s.t.Helper()
	return s.mail.Wait(s.t, soon, about(address, title))
}

// told waits for the word to the address that it is over.
func (s *stage) told(address, title string) peer.Message {
	s.t.Helper()
	return s.mail.Wait(s.t, soon, func(m peer.Message) bool {
		return peer.To(address)(m) && strings.Contains(strings.ToLower(m.Subject), "resolved") && strings.Contains(m.Subject, title)
	})
}

func about(address, title string) func(peer.Message) bool {
	return func(m peer.Message) bool {
		return peer.To(address)(m) && strings.Contains(m.Subject, title) && !strings.Contains(strings.ToLower(m.Subject), "resolved")
	}
}

// letters counts what came to the address about the title, pages and words together.
func (s *stage) letters(address, title string) (n int) {
	s.t.Helper()
	for _, m := range s.mail.Messages(s.t) {
		if peer.To(address)(m) && strings.Contains(m.Subject, title) {
			n++
		}
	}
	return n
}

var ackLink = regexp.MustCompile(`Acknowledge: (http://\S+/a/\S+)`)

// linkIn is the acknowledge link of a page.
func (s *stage) linkIn(m peer.Message) string {
	s.t.Helper()
	found := ackLink.FindStringSubmatch(m.Text)
	if found == nil {
		s.t.Fatalf("no link in %q", m.Text)
	}
	return found[1]
}

// deliver sends a message to the generic integration and returns the incident.
func (s *stage) deliver(key, title, status string) int64 {
	s.t.Helper()
	var said struct {
		Incidents []struct{ ID int64 }
	}
	body := map[string]any{"key": title, "title": title, "severity": "critical", "service": "checkout", "status": status}
	s.admin.Do(s.t, http.MethodPost, "/v1/intake/generic/"+key, body, &said)
	if len(said.Incidents) != 1 {
		s.t.Fatalf("the answer names %v", said)
	}
	return said.Incidents[0].ID
}

// signIn opens the inbox as the person.
func (s *stage) signIn(page *peer.Page, email string) {
	s.t.Helper()
	s.signInWith(page, email, node.Password)
}

func (s *stage) signInWith(page *peer.Page, email, password string) {
	s.t.Helper()
	page.Open(s.t, s.node.URL+"/login.html")
	page.Fill(s.t, "#f-email", email)
	page.Fill(s.t, "#f-password", password)
	page.Do(s.t, chromedp.Submit(chromedp.CSS("#f-password")))
	page.WaitFor(s.t, soon, `location.pathname === "/incidents" && document.readyState === "complete"`)
}

// looks checks that a page is one that people can use, and keeps pictures of it for somebody to look at.
func (s *stage) looks(page *peer.Page, name string) {
	s.t.Helper()
	for window, size := range map[string]struct {
		width, height int64
		scheme        peer.Scheme
	}{"desk": {1440, 900, peer.Light}, "phone": {390, 844, peer.Dark}} {
		page.Resize(s.t, size.width, size.height, size.scheme)
		if hidden := page.HiddenWidth(s.t); hidden != 0 {
			s.t.Errorf("%s at the %s hides %d pixels", name, window, hidden)
		}
		for _, v := range page.Violations(s.t) {
			s.t.Errorf("%s at the %s: %s (%s)", name, window, v.Help, v.ID)
		}
		page.Screenshot(s.t, filepath.Join("..", "..", "..", "tmp", "screens", "e2e-"+name+"-"+window+".png"))
	}
	page.Resize(s.t, 1440, 900, peer.Light)
	for _, text := range page.ConsoleErrors() {
		s.t.Errorf("%s: the console says %s", name, text)
	}
}
