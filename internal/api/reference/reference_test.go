package reference_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/api/reference"
	"github.com/tocsinhq/tocsin/internal/door"
)

var linked = regexp.MustCompile(`(?:src|href)="(/docs/[^"]+)"`)

func get(path string) *httptest.ResponseRecorder {
	routes := door.NewRoutes(door.WriteProblem)
	reference.Mount(routes)
	w := httptest.NewRecorder()
	routes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestPagesHaveAllTheyNeedAndNothingFromElsewhere(t *testing.T) {
	for _, path := range []string{"/docs", "/docs/", "/redoc"} {
		page := get(path)
		text := page.Body.String()
		if page.Code != http.StatusOK || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") ||
			!strings.Contains(page.Header().Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s answers %d with %v", path, page.Code, page.Header())
		}
		if strings.Contains(text, "http:") || strings.Contains(text, "https:") || strings.Contains(text, "<script>") {
			t.Errorf("%s asks other hosts or has scripts in place: %s", path, text)
		}
		links := linked.FindAllStringSubmatch(text, -1)
		if len(links) < 2 {
			t.Errorf("%s loads only %v", path, links)
		}
		for _, link := range links {
			if file := get(link[1]); file.Code != http.StatusOK || file.Body.Len() < 50 {
				t.Errorf("%s loads %s, which answers %d", path, link[1], file.Code)
			}
		}
	}
}

func TestOnlyFilesAreServed(t *testing.T) {
	for _, path := range []string{
		"/docs/vendor", "/docs/vendor/redoc-2.5.4", "/docs/vendor/redoc-2.5.4/", "/docs/missing.js", "/docs/reference.go",
		"/docs/vendor/redoc-2.5.4/LICENSE", "/docs/%2e%2e/reference.go",
	} {
		if got := get(path); got.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, got.Code)
		}
	}
}
