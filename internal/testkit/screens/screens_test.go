package screens

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

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
		stranger.Open(t, h.url+"/login.html")
		look(t, stranger, fmt.Sprintf("sign-in-%d-%s", w.width, w.scheme))
		stranger.Open(t, h.url+"/forgot-password")
		look(t, stranger, fmt.Sprintf("forgot-password-%d-%s", w.width, w.scheme))
		stranger.Open(t, h.url+"/reset-password?token=x")
		look(t, stranger, fmt.Sprintf("reset-password-%d-%s", w.width, w.scheme))
		page.Resize(t, w.width, w.height, w.scheme)
		for _, screen := range screens {
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
