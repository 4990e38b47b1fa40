package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// seen are the times at which pages were seen first, by person.
func (h *house) seen() map[int64]time.Time {
	h.t.Helper()
	page, err := h.deps.Notifications.ListNotifications(h.t.Context(), h.root, notify.NotificationFilter{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	seen := map[int64]time.Time{}
	for _, n := range page.Notifications {
		if n.SeenAt != nil {
			seen[n.UserID] = *n.SeenAt
		}
	}
	return seen
}

func TestScannersOfMailSeeNothing(t *testing.T) {
	h, _, path := landed(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		h.reader().do(method, path, nil)
		h.browser().do(method, path+"/seen", nil)
	}
	if got := h.seen(); len(got) != 0 {
		t.Errorf("seen at %v", got)
	}
}

func TestTheScriptOfTheLinksPageSaysThatSomebodyLooks(t *testing.T) {
	h, _, path := landed(t)
	h.reader().post(path+"/seen", nil).is(http.StatusNoContent)
	first := h.clk.Now()
	h.clk.Advance(time.Minute)
	h.reader().post(path+"/seen", nil).is(http.StatusNoContent)
	if got := h.seen(); len(got) != 1 {
		t.Fatalf("seen at %v", got)
	}
	for _, at := range h.seen() {
		if !at.Equal(first) {
			t.Errorf("seen at %v, want the first time, %v", at, first)
		}
	}
	h.reader().post("/a/nonsense/seen", nil).is(http.StatusNoContent)
}

func TestWhoPressesAButtonHasSeenThePage(t *testing.T) {
	h, _, path := landed(t)
	h.reader().post(path, url.Values{"verb": {"acknowledge"}}).shows("You have it.")
	if got := h.seen(); len(got) != 1 {
		t.Errorf("seen at %v", got)
	}
}

// TestNotingThatAPageIsSeenFailsNobody: the answer is out by then, and the browser may be gone.
func TestNotingThatAPageIsSeenFailsNobody(t *testing.T) {
	h := newHouse(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	w := httptest.NewRecorder()
	v := &visit{w: w, ctx: gone}
	tried := false
	(&site{Deps: h.deps}).noteSeen(v, func(ctx context.Context) error {
		tried = true
		if ctx.Err() != nil || !w.Flushed {
			t.Errorf("it is noted before the answer is out, or given up with the browser: %v", ctx.Err())
		}
		return errors.New("the disk is full")
	})
	if !tried || w.Code != http.StatusOK {
		t.Errorf("tried: %v, status %d", tried, w.Code)
	}
}
