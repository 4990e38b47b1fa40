package peer

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// WaitFor returns when the JavaScript expression is true of the page, and fails the test when it is not in time. A
// page that navigates meanwhile is looked at again.
func (p *Page) WaitFor(t testing.TB, within time.Duration, expression string) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		// The expression is evaluated from outside the page, so a strict content security policy does not forbid it.
		holds, err := evaluate[bool](p, "Boolean("+expression+")")
		if holds {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in %v: %s (%v)\nThe page says: %s", within, expression, err, p.say())
		}
	}
}

// WaitText returns when the element shows the text, and fails the test when it does not in time.
func (p *Page) WaitText(t testing.TB, within time.Duration, css, text string) {
	t.Helper()
	p.WaitFor(t, within, "[...document.querySelectorAll("+literal(css)+")].some(e => e.innerText.includes("+literal(text)+"))")
}

// literal writes a string as JavaScript does.
func literal(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(quoted)
}

// ConsoleErrors returns what went wrong in the page so far: exceptions, failed requests, violations of the content
// security policy.
func (p *Page) ConsoleErrors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.errors)
}

// Screenshot writes the whole page as a PNG file, making its folder.
func (p *Page) Screenshot(t testing.TB, path string) {
	t.Helper()
	const lossless = 100
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(lossless))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, picture, 0o600)
	}
	if err != nil {
		t.Fatalf("take a screenshot: %v", err)
	}
}

// HiddenWidth returns how many pixels of the page stand out of the window sideways; a page that fits has none.
func (p *Page) HiddenWidth(t testing.TB) int {
	t.Helper()
	return Eval[int](t, p, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
}

// Violation is a rule of accessibility that the page breaks.
type Violation struct {
	ID, Impact, Help string
	// Nodes are the elements, each as the selectors that lead to it.
	Nodes []struct{ Target []string }
}

// Violations returns what axe-core calls serious or critical in the page as it is now.
func (p *Page) Violations(t testing.TB) []Violation {
	t.Helper()
	Eval[bool](t, p, axe+"\n;true")
	return Eval[[]Violation](t, p, `axe.run(document).then(result => result.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target.map(String)}))})))`)
}
