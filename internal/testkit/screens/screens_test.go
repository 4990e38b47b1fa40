package screens

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// only narrows the screens while one works on some: -screen policy.
var only = flag.String("screen", "", "look at the screens whose names begin so")

// doors are the pages before the sign-in.
var doors = []struct{ name, path string }{
	{"sign-in", "/login.html"},
	{"forgot-password", "/forgot-password"},
	{"reset-password", "/reset-password?token=x"},
}

// screens are all pages by the name of their picture.
var screens = []struct{ name, path string }{
	{"incidents", "/incidents"},
	{"incidents-none", "/incidents?q=nothing+like+it"},
	{"incident", "/incidents/3"},
	{"incident-acknowledged", "/incidents/1"},
	{"incident-edit", "/incidents/3/edit"},
	{"incident-new", "/incidents/new"},
	{"escalations", "/escalations"},
	{"notifications", "/notifications"},
	{"notifications-all", "/notifications?tab=all"},
	{"me", "/me"},
	{"policies", "/policies"},
	{"policy", "/policies/2"},
	{"policy-fallback", "/policies/1"},
	{"policy-new", "/policies/new"},
	{"services", "/services"},
	{"service", "/services/1"},
	{"service-new", "/services/new"},
	{"integrations", "/integrations"},
	{"integration", "/integrations/1"},
	{"integration-new", "/integrations/new"},
	{"teams", "/teams"},
	{"team", "/teams/1"},
	{"team-new", "/teams/new"},
	{"users", "/users"},
	{"user", "/users/2"},
	{"user-new", "/users/new"},
	{"settings", "/settings"},
	{"system", "/system"},
}

var windows = []struct {
	width, height int64
	scheme        peer.Scheme
}{{390, 844, peer.Dark}, {1440, 900, peer.Light}, {390, 844, peer.Light}, {1440, 900, peer.Dark}, {360, 740, peer.Dark}}

func TestEveryScreenFitsReadsAndWorks(t *testing.T) {
	h := badNight(t)
	page := h.signIn(h.Admin())
	// A short run looks at each width and each theme once.
	looks := windows
	if testing.Short() {
		looks = windows[:2]
	}
	stranger := peer.StartBrowser(t).NewPage(t)
	for _, w := range looks {
		stranger.Resize(t, w.width, w.height, w.scheme)
		for _, screen := range doors {
			if strings.HasPrefix(screen.name, *only) {
				stranger.Open(t, h.url+screen.path)
				look(t, stranger, fmt.Sprintf("%s-%d-%s", screen.name, w.width, w.scheme))
			}
		}
		page.Resize(t, w.width, w.height, w.scheme)
		for _, screen := range screens {
			if !strings.HasPrefix(screen.name, *only) {
				continue
			}
			page.Open(t, h.url+screen.path)
			look(t, page, fmt.Sprintf("%s-%d-%s", screen.name, w.width, w.scheme))
		}
	}
	quiet(t, page)
	quiet(t, stranger)
}

func TestAnEmptyHouseTeaches(t *testing.T) {
	empty := &house{Harness: testkit.SQLite(t)}
	empty.url = empty.Serve()
	page := empty.signIn(empty.Admin())
	for _, w := range windows[:2] {
		page.Resize(t, w.width, w.height, w.scheme)
		for _, place := range []string{"incidents", "escalations", "integrations", "services", "teams"} {
			page.Open(t, empty.url+"/"+place)
			look(t, page, fmt.Sprintf("empty-%s-%d-%s", place, w.width, w.scheme))
		}
	}
	quiet(t, page)
}

func TestFormsThatWereRefusedAndKeysFitToo(t *testing.T) {
	h := badNight(t)
	page := h.signIn(h.Admin())
	for _, w := range windows[:2] {
		page.Resize(t, w.width, w.height, w.scheme)
		at := fmt.Sprintf("-%d-%s", w.width, w.scheme)
		page.Open(t, h.url+"/policies/new")
		page.Fill(t, "#f-steps\\.0\\.delay_minutes", "later")
		page.Fill(t, "#f-priority", "3")
		page.Click(t, ".form-foot .primary")
		page.WaitText(t, soon, "main", "Must be a number of minutes.")
		look(t, page, "policy-refused"+at)
		page.Open(t, h.url+"/integrations/new")
		page.Click(t, "main .primary")
		page.WaitText(t, soon, "main", "Is required.")
		look(t, page, "integration-refused"+at)
		page.Fill(t, "#integration-name", "Prometheus"+at)
		page.Click(t, "main .primary")
		page.WaitText(t, soon, "main", "shown this once")
		look(t, page, "integration-key"+at)
		page.Open(t, h.url+"/incidents/99")
		look(t, page, "not-found"+at)
	}
}

// look holds the page to what every page keeps, and takes its picture.
func look(t *testing.T, page *peer.Page, name string) {
	t.Helper()
	page.WaitFor(t, soon, `document.documentElement.dataset.js === ""`)
	picture(t, page, name)
}

func picture(t *testing.T, page *peer.Page, name string) {
	t.Helper()
	page.Screenshot(t, filepath.Join("..", "..", "..", "tmp", "screens", name+".png"))
	if hidden := page.HiddenWidth(t); hidden > 0 {
		t.Errorf("%s: %d pixels stand out of the window", name, hidden)
	}
	for _, v := range page.Violations(t) {
		t.Errorf("%s: %s (%s): %s at %v", name, v.ID, v.Impact, v.Help, v.Nodes)
	}
}
