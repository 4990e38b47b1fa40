package peer

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// pageLimit bounds each thing a page is asked to do.
const pageLimit = 20 * time.Second

// Browser is a headless Chromium. Its pages know nothing of each other.
type Browser struct{ ctx context.Context }

// StartBrowser starts a Chromium for the test.
func StartBrowser(t testing.TB) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(installed(t, "chromium")),
		chromedp.NoSandbox, // the sandbox refuses to run as root, and the pages are our own
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeBrowser()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &Browser{ctx: ctx}
}

// Scheme is the colours that a person's system asks for.
type Scheme string

// The colour schemes.
const (
	Light Scheme = "light"
	Dark  Scheme = "dark"
)

// Page is one tab with cookies of its own: one person at one screen. It is used by one goroutine at a time.
type Page struct {
	ctx context.Context

	mu     sync.Mutex
	errors []string
}

// NewPage opens an empty page, 1440 by 900 and light. It collects what goes wrong in the console; ConsoleErrors tells.
func (b *Browser) NewPage(t testing.TB) *Page {
	t.Helper()
	ctx, closePage := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	return newPage(t, ctx, closePage)
}

// NewTab opens a page beside this one with the same cookies: the same person, a second tab.
func (p *Page) NewTab(t testing.TB) *Page {
	t.Helper()
	ctx, closePage := chromedp.NewContext(p.ctx)
	return newPage(t, ctx, closePage)
}

func newPage(t testing.TB, ctx context.Context, closePage context.CancelFunc) *Page {
	t.Helper()
	t.Cleanup(closePage)
	page := &Page{ctx: ctx}
	if err := chromedp.Do(ctx); err != nil { // opens the tab, whose life is the context's
		t.Fatalf("open a page: %v", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			if message.IsException() || message.Type == chromedp.ConsoleError {
				page.mu.Lock()
				page.errors = append(page.errors, message.Text+" ("+message.URL+")")
				page.mu.Unlock()
			}
		}
	}()
	page.Resize(t, 1440, 900, Light)
	return page
}

// Do takes the steps in turn and fails the test at the first that fails or takes too long.
func (p *Page) Do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("in the browser: %v\nThe page says: %s", err, p.say())
	}
}

// Eval evaluates a JavaScript expression in the page; a promise is awaited.
func Eval[T any](t testing.TB, p *Page, expression string) T {
	t.Helper()
	value, err := evaluate[T](p, expression)
	if err != nil {
		t.Fatalf("in the browser: %s: %v\nThe page says: %s", expression, err, p.say())
	}
	return value
}

func evaluate[T any](p *Page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// say returns the text of the page for the message of a failed test.
func (p *Page) say() string {
	text, err := evaluate[string](p, `location.href + "\n" + document.body.innerText.slice(0, 2000)`)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return text
}

// Open navigates to the address and returns when the page is loaded.
func (p *Page) Open(t testing.TB, address string) {
	t.Helper()
	p.Do(t, chromedp.Navigate(address))
}

// Fill replaces what stands in a field.
func (p *Page) Fill(t testing.TB, css, value string) {
	t.Helper()
	p.Do(t, chromedp.Clear(chromedp.CSS(css)), chromedp.SendKeys(chromedp.CSS(css), value))
}

// Click clicks on the first element that matches.
func (p *Page) Click(t testing.TB, css string) {
	t.Helper()
	p.Do(t, chromedp.Click(chromedp.CSS(css)))
}

// Press presses keys as a person would, wherever the focus is.
func (p *Page) Press(t testing.TB, keys string) {
	t.Helper()
	p.Do(t, chromedp.KeyEvent(keys))
}

// Resize makes the window this big and asks for the colour scheme, without animations.
func (p *Page) Resize(t testing.TB, width, height int64, scheme Scheme) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: string(scheme)},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	p.Do(t, chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
		return err
	}))
}
