package screens

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// The system page when much is wrong: a node that is gone, a provider that fails, and what the auditor finds. It follows by itself.
func TestTheSystemPageInTrouble(t *testing.T) {
	h := &house{Harness: testkit.SQLite(t)}
	h.Person("bob", "oncall_engineer", "Payments")
	h.Service("checkout", "Payments", "cart")
	h.Policy("Payments", nil, "0: oncall_engineer")
	h.Kill(1)
	h.After(2 * time.Minute)
	h.Restart(1)
	h.url = h.Serve()
	page := h.signIn(h.Admin())
	page.Open(t, h.url+"/system")
	page.WaitText(t, soon, "#system", "Every provider takes what it is given")
	h.Mail.Fails("")
	h.Alert("db down", map[string]any{"service": "checkout"})
	h.Alert("checkout is slow", map[string]any{"service": "checkout"})
	h.After(5 * time.Minute)
	page.WaitText(t, 20*time.Second, "#system", "Look at the attempts of these pages")
	page.WaitText(t, soon, "#system", "Gone")
	for _, w := range windows[:4] {
		page.Resize(t, w.width, w.height, w.scheme)
		page.Open(t, h.url+"/system")
		look(t, page, fmt.Sprintf("system-trouble-%d-%s", w.width, w.scheme))
	}
	quiet(t, page)
}
