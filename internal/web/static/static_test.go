package static

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /static/{hash}/{name...}", Handler())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestFilesAreKeptForEverUnderTheirHash(t *testing.T) {
	for _, name := range []string{"app.css", "landing.css", "js/app.js", "vendor/htmx.min.js", "vendor/hx-sse.min.js", "icons.svg", "favicon.svg"} {
		w := get(t, URL(name))
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", name, w.Code, w.Body.Len())
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if w.Header().Get("Content-Type") == "" {
			t.Errorf("%s has no content type", name)
		}
	}
}

func TestAnotherVersionsHashIsServedButNotKept(t *testing.T) {
	w := get(t, "/static/0123456789ab/app.css")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("status %d, Cache-Control %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	for _, name := range []string{"css/tokens.css", "vendor/README.md", "vendor/htmx.LICENSE", "static.go", "nothing"} {
		if w := get(t, URL(name)); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", name, w.Code)
		}
	}
}

// Colours are named once, so that a theme is one file.
func TestOnlyTheTokensNameColours(t *testing.T) {
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|light-dark\(|hsl\(`)
	for _, part := range sheets["app.css"] {
		text, err := files.ReadFile("css/" + part + ".css")
		if err != nil {
			t.Fatal(err)
		}
		if found := colour.FindString(string(text)); found != "" && part != "tokens" {
			t.Errorf("css/%s.css names the colour %s", part, found)
		}
	}
}

// Every module that is imported is there, for a missing one stops all of them.
func TestImportsOfModulesResolve(t *testing.T) {
	imports := regexp.MustCompile(`from "\./([a-z]+\.js)"|import "\./([a-z]+\.js)"`)
	for name, body := range load().bytes {
		if !strings.HasPrefix(name, "js/") {
			continue
		}
		for _, m := range imports.FindAllStringSubmatch(string(body), -1) {
			if load().bytes["js/"+m[1]+m[2]] == nil {
				t.Errorf("%s imports %s%s, which is not there", name, m[1], m[2])
			}
		}
	}
}

func TestWhatAPageLoadsIsSmall(t *testing.T) {
	total := 0
	for name, body := range load().bytes {
		if name != "landing.css" {
			total += len(body)
		}
	}
	if total > 150_000 {
		t.Errorf("all assets together have %d bytes", total)
	}
	if n := len(load().bytes["landing.css"]); n > 24_000 {
		t.Errorf("landing.css has %d bytes; with the page it must stay under 30 KB", n)
	}
}
