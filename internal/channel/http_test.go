package channel

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func everything(netip.Addr) bool { return false }

// provider answers with a status and remembers what it was asked last.
type provider struct {
	*httptest.Server
	status  atomic.Int64
	asked   atomic.Int64
	request atomic.Pointer[http.Request]
	body    atomic.Pointer[string]
	answer  http.HandlerFunc
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.status.Store(http.StatusOK)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body := string(text)
		p.asked.Add(1)
		p.request.Store(r)
		p.body.Store(&body)
		if p.answer != nil {
			p.answer(w, r)
			return
		}
		w.Header().Set("Location", p.URL+"/elsewhere")
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(int(p.status.Load()))
		fmt.Fprint(w, `{"id":"x1"}`)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) content(t *testing.T) map[string]any {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal([]byte(*p.body.Load()), &content); err != nil {
		t.Fatal(err)
	}
	return content
}

// untilGone is a server that takes a request and never answers.
func untilGone(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// httpChannels are the channels that speak HTTP, each made to reach this machine.
func httpChannels(t *testing.T) map[string]notify.Channel {
	channels, err := Open(setup(map[string]string{"allow_internal_webhooks": "true"}))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]notify.Channel{"ntfy": channels["ntfy"], "webhook": channels["webhook"]}
}

func TestEveryStatusHasItsOutcome(t *testing.T) {
	p := newProvider(t)
	final := map[string][]int{"ntfy": {400, 401, 403, 413}}
	for kind, ch := range httpChannels(t) {
		for status := 200; status <= 599; status++ {
			p.status.Store(int64(status))
			before := p.asked.Load()
			outcome := ch.Send(t.Context(), page(p.URL+"/topic"))
			want := notify.Retry
			for _, f := range final[kind] {
				if status == f {
					want = notify.Permanent
				}
			}
			if status < 300 && (kind != "ntfy" || status != http.StatusNoContent) { // ntfy names each message that it takes.
				want = notify.Sent
			}
			if lost := status == 502 || status == 504; outcome.Result != want || outcome.Unsure != lost {
				t.Errorf("%s at %d: %+v", kind, status, outcome)
			}
			if !strings.HasPrefix(outcome.Detail, fmt.Sprint(status)) {
				t.Errorf("%s at %d does not say what was answered: %q", kind, status, outcome.Detail)
			}
			if status >= 300 && want == notify.Retry && outcome.After != 17*time.Second {
				t.Errorf("%s at %d does not hear Retry-After: %v", kind, status, outcome.After)
			}
			if p.asked.Load() != before+1 {
				t.Errorf("%s at %d asked %d times: redirects must not be followed", kind, status, p.asked.Load()-before)
			}
		}
	}
}

func TestMisbehavingServersEndInARetry(t *testing.T) {
	behaviours := map[string]http.HandlerFunc{
		"never answers": untilGone,
		"hangs up":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"talks nonsense": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				fmt.Fprint(conn, "SSH-2.0-OpenSSH\r\n")
				_ = conn.Close()
			}
		},
	}
	for name, behaviour := range behaviours {
		p := newProvider(t)
		p.answer = behaviour
		for kind, ch := range httpChannels(t) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			outcome := ch.Send(ctx, page(p.URL+"/secret-topic"))
			cancel()
			if outcome.Result != notify.Retry || outcome.Detail == "" || !outcome.Unsure {
				t.Errorf("%s, server %s: %+v", kind, name, outcome)
			}
			if strings.Contains(outcome.Detail, "secret-topic") {
				t.Errorf("%s, server %s: the detail repeats the address: %q", kind, name, outcome.Detail)
			}
		}
	}
}

func TestHTTPChannelsHaveTheirOwnPatience(t *testing.T) {
	p := newProvider(t)
	p.answer = untilGone
	w := openKind(t, "webhook", nil).(*webhook)
	w.client = newHTTPClient(50*time.Millisecond, everything)
	if outcome := w.Send(t.Context(), page(p.URL)); outcome.Result != notify.Retry || outcome.Detail != "no answer in time" {
		t.Errorf("webhook: %+v", outcome)
	}
	n := openKind(t, "ntfy", nil).(*ntfy)
	n.client = newHTTPClient(50*time.Millisecond, everything)
	if outcome := n.Send(t.Context(), page(p.URL+"/t")); outcome.Result != notify.Retry || outcome.Detail != "no answer in time" {
		t.Errorf("ntfy: %+v", outcome)
	}
}

func TestUntrustedCertificatesAndDeadServersAreRetried(t *testing.T) {
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + listener.Addr().String()
	_ = listener.Close()
	for kind, ch := range httpChannels(t) {
		outcome := ch.Send(t.Context(), page(untrusted.URL+"/t"))
		if outcome.Result != notify.Retry || outcome.Unsure || !strings.Contains(outcome.Detail, "certificate") {
			t.Errorf("%s: %+v", kind, outcome)
		}
		if outcome := ch.Send(t.Context(), page(dead+"/t")); outcome.Result != notify.Retry || outcome.Unsure || outcome.Detail == "" {
			t.Errorf("%s: %+v", kind, outcome)
		}
	}
}

func TestAYesHasToBeBelieved(t *testing.T) {
	const hotel = "\n<!DOCTYPE html>\n<html><h1>Sign in to the hotel's network</h1></html>"
	for _, c := range []struct {
		name, contentType, body string
		webhook, ntfy           notify.Result
	}{
		{"a web page", "text/html; charset=utf-8", hotel, notify.Retry, notify.Retry},
		{"a web page in capitals", "Text/HTML", hotel, notify.Retry, notify.Retry},
		{"a web page that says nothing of itself", "", hotel, notify.Retry, notify.Retry},
		{"a web page written in XML", "application/xhtml+xml", `<?xml version="1.0"?><html/>`, notify.Retry, notify.Retry},
		{"a web page that claims to be JSON", "application/json", hotel, notify.Retry, notify.Retry},
		{"a word from a framework that calls everything HTML", "text/html; charset=utf-8", "ok", notify.Sent, notify.Retry},
		{"nothing", "text/html", "", notify.Sent, notify.Retry},
		{"XML", "text/xml", `<?xml version="1.0"?><Response/>`, notify.Sent, notify.Retry},
		{"JSON of another server", "application/json", `{"ok":true}`, notify.Sent, notify.Retry},
		{"what an ntfy server says", "application/json", `{"id":"xE73Iyuabi","message":"` + strings.Repeat("x", 9000) + `"}`, notify.Sent, notify.Sent},
	} {
		p := newProvider(t)
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.contentType)
			fmt.Fprint(w, c.body)
		}
		for kind, ch := range httpChannels(t) {
			want := map[string]notify.Result{"webhook": c.webhook, "ntfy": c.ntfy}[kind]
			outcome := ch.Send(t.Context(), page(p.URL+"/t"))
			if outcome.Result != want || (want == notify.Retry && !strings.HasPrefix(outcome.Detail, "200 OK, but ")) {
				t.Errorf("%s to %s: %+v, want %s", c.name, kind, outcome, want)
			}
			if strings.Contains(outcome.Detail, "hotel") {
				t.Errorf("%s to %s: the page is repeated: %q", c.name, kind, outcome.Detail)
			}
		}
	}
}

func TestAYesThatBreaksOffMayStandForAMessage(t *testing.T) {
	p := newProvider(t)
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"id":"xE7`)
	}
	want := map[string]notify.Outcome{
		"webhook": {Result: notify.Sent}, // The status is all that a webhook has to say.
		"ntfy":    {Result: notify.Retry, Unsure: true},
	}
	for kind, ch := range httpChannels(t) {
		if got := ch.Send(t.Context(), page(p.URL+"/t")); got.Result != want[kind].Result || got.Unsure != want[kind].Unsure {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

func TestALongAnswerIsNotKept(t *testing.T) {
	p := newProvider(t)
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, strings.Repeat("x\r\n", 1<<20))
	}
	for kind, ch := range httpChannels(t) {
		if outcome := ch.Send(t.Context(), page(p.URL+"/t")); len(outcome.Detail) > maxDetail || strings.Contains(outcome.Detail, "\n") {
			t.Errorf("%s keeps %d bytes", kind, len(outcome.Detail))
		}
	}
}
