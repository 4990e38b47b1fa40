package peer_test

import (
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

const goodPage = `<!doctype html><html lang="en"><title>Good</title>
<style>@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }</style>
<main><h1>Inbox</h1><form><label>Name <input id="name"></label><button>Send</button></form><p id="said"></p></main>
<script src="/page.js"></script>`

const badPage = `<!doctype html><html lang="en"><title>Bad</title>
<main><h1>Bad</h1><img src="/missing.png"><div style="width: 3000px">wide</div></main>
<script src="/bad.js"></script>`

const script = `document.querySelector("form").addEventListener("submit", e => {
	e.preventDefault();
	setTimeout(() => { document.querySelector("#said").textContent = "Hello " + document.querySelector("#name").value }, 50);
});`

// site serves a page under the strict policy that real pages have.
func site(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'")
		bodies := map[string]struct{ kind, text string }{
			"/good": {"text/html", goodPage}, "/bad": {"text/html", badPage}, "/page.js": {"text/javascript", script},
			"/bad.js": {"text/javascript", `throw new Error("broken on purpose")`}, "/favicon.ico": {"image/png", ""},
		}
		body, ok := bodies[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", body.kind)
		if _, err := w.Write([]byte(body.text)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestBrowserUsesAPageAsAPersonDoes(t *testing.T) {
	address := site(t)
	page := peer.StartBrowser(t).NewPage(t)
	page.Open(t, address+"/good")
	page.Fill(t, "#name", "Bob")
	page.Click(t, "button")
	page.WaitText(t, soon, "#said", "Hello Bob")

	page.Resize(t, 390, 844, peer.Dark)
	if colour := peer.Eval[string](t, page, "getComputedStyle(document.body).backgroundColor"); colour != "rgb(17, 17, 17)" {
		t.Errorf("in the dark the page is %s", colour)
	}
	file := filepath.Join(t.TempDir(), "shots", "good.png")
	page.Screenshot(t, file)
	if width := pictureWidth(t, file); width != 390 {
		t.Errorf("the screenshot is %d wide", width)
	}
	if hidden, found, console := page.HiddenWidth(t), page.Violations(t), page.ConsoleErrors(); hidden != 0 || len(found)+len(console) != 0 {
		t.Errorf("a good page hides %d, breaks %v, and says %v", hidden, found, console)
	}
}

func TestBrowserSeesWhatIsWrongWithAPage(t *testing.T) {
	address := site(t)
	page := peer.StartBrowser(t).NewPage(t)
	page.Open(t, address+"/bad")
	if page.HiddenWidth(t) == 0 {
		t.Error("a page that is too wide seems to fit")
	}
	found := page.Violations(t)
	if len(found) != 1 || found[0].ID != "image-alt" || len(found[0].Nodes) != 1 {
		t.Errorf("axe found %+v", found)
	}
	console := strings.Join(page.ConsoleErrors(), "\n")
	for _, want := range []string{"broken on purpose", "404"} {
		if !strings.Contains(console, want) {
			t.Errorf("the console has no %q: %s", want, console)
		}
	}
}

func TestPagesHaveTheirOwnCookiesAndTabsShareThem(t *testing.T) {
	address := site(t)
	browser := peer.StartBrowser(t)
	bob, ann := browser.NewPage(t), browser.NewPage(t)
	bob.Open(t, address+"/good")
	peer.Eval[string](t, bob, `document.cookie = "who=bob"`)
	second := bob.NewTab(t)
	for _, page := range []*peer.Page{ann, second} {
		page.Open(t, address+"/good")
	}
	if cookie := peer.Eval[string](t, ann, "document.cookie"); cookie != "" {
		t.Errorf("Ann has the cookie %q", cookie)
	}
	if cookie := peer.Eval[string](t, second, "document.cookie"); cookie != "who=bob" {
		t.Errorf("Bob's second tab has the cookie %q", cookie)
	}
}

func pictureWidth(t *testing.T, path string) int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.DecodeConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture.Width
}
