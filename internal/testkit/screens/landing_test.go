package screens

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// TestTheLinkInAPageIsUsedHalfAsleep: the page has no script, so its buttons are pressed as they are.
func TestTheLinkInAPageIsUsedHalfAsleep(t *testing.T) {
	h := badNight(t)
	taken, found := h.link("Disk of db-7")
	if !found {
		t.Fatal("nobody was paged for the disk")
	}
	open, found := h.link("replication has stopped")
	if !found {
		t.Fatal("nobody was paged for the replication")
	}
	page := peer.StartBrowser(t).NewPage(t)
	for _, w := range windows {
		page.Resize(t, w.width, w.height, w.scheme)
		at := fmt.Sprintf("-%d-%s", w.width, w.scheme)
		page.Open(t, h.url+open)
		picture(t, page, "landing"+at)
		page.Open(t, h.url+taken)
		picture(t, page, "landing-taken"+at)
	}
	page.Resize(t, 390, 844, peer.Dark)
	page.Open(t, h.url+open)
	page.Click(t, "button[value=acknowledge]")
	page.WaitText(t, soon, "main", "You have it. Nobody is paged again for it.")
	picture(t, page, "landing-acknowledged")
	page.Click(t, "button[value=resolve]")
	page.WaitText(t, soon, "main", "You resolved it.")
	picture(t, page, "landing-resolved")
	quiet(t, page)
	bad := peer.StartBrowser(t).NewPage(t) // The browser itself complains of a 404.
	bad.Resize(t, 390, 844, peer.Dark)
	bad.Open(t, h.url+"/a/nonsense")
	picture(t, bad, "landing-bad")
}

// TestWhoTouchesThePageBehindALinkHasSeenIt: opening it is what scanners of mail do too.
func TestWhoTouchesThePageBehindALinkHasSeenIt(t *testing.T) {
	h := badNight(t)
	open, found := h.link("replication has stopped")
	if !found {
		t.Fatal("nobody was paged for the replication")
	}
	page := peer.StartBrowser(t).NewPage(t)
	page.Open(t, h.url+open)
	page.WaitFor(t, soon, `performance.getEntriesByType("resource").some((r) => r.name.endsWith("landing.js"))`)
	reader := h.signIn(h.Admin())
	reader.Open(t, h.url+"/incidents/3?show=pages")
	reader.WaitText(t, soon, ".rungs", "not yet")
	page.Click(t, "h1")
	reader.WaitFor(t, soon, `document.querySelector(".rungs .is-reached use[href$=eye]") !== null`)
	quiet(t, page)
	quiet(t, reader)
}

// link is the path behind the link of the newest page for what has the title.
func (h *house) link(title string) (path string, found bool) {
	for _, m := range h.Mail.All() {
		if m.AckURL != "" && strings.Contains(m.Title, title) {
			path, found = strings.CutPrefix(m.AckURL, testkit.PublicURL)
		}
	}
	return path, found
}
