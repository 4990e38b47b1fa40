package channel

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

const fromPages = "?from=Tocsin%20%3Cpages@example.org%3E"

func mailbox(t *testing.T, smtpURL string) *email {
	t.Helper()
	c, ok := openKind(t, "email", map[string]string{"smtp_url": smtpURL}).(*email)
	if !ok {
		t.Fatal("email is no email")
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestALetterSaysItAllInTextAndHTML(t *testing.T) {
	s := newMailServer(t, nil)
	m := page("ann@example.org")
	outcome := mailbox(t, s.url(fromPages)).Send(t.Context(), m)
	if outcome.Result != notify.Sent || outcome.Detail != "250 2.0.0 Ok: queued as 4F1B" || outcome.Ref != "n.1.7.x@example.org" {
		t.Fatalf("outcome %+v", outcome)
	}
	letter, err := mail.ReadMessage(strings.NewReader(s.received()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"Tocsin" <pages@example.org>`, "To": `"Ann Ops" <ann@example.org>`, "Message-Id": "<n.1.7.x@example.org>",
		"In-Reply-To": "<incident.1.42.x@example.org>", "References": "<incident.1.42.x@example.org>",
		"Auto-Submitted": "auto-generated", "Importance": "high", "Date": "Sun, 01 Mar 2026 03:00:00 +0000",
	} {
		if got := letter.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	parts := readParts(t, letter)
	if !strings.Contains(parts["text/plain"], m.Text) || !strings.Contains(parts["text/html"], m.HTML) {
		t.Errorf("parts %v", parts)
	}
}

func readParts(t *testing.T, letter *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts, reader := map[string]string{}, multipart.NewReader(letter.Body, params["boundary"])
	for {
		part, err := reader.NextPart()
		if err != nil {
			return parts
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, _ := io.ReadAll(part)
		parts[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	s := newMailServer(t, nil)
	m := page("ann@example.org")
	m.Title, m.Recipient = "down\r\nBcc: eve@example.org\r\n\r\nbody", "Ann\r\nX-Evil: 1"
	if outcome := mailbox(t, s.url(fromPages)).Send(t.Context(), m); outcome.Result != notify.Sent {
		t.Fatalf("outcome %+v", outcome)
	}
	letter, err := mail.ReadMessage(strings.NewReader(s.received()[0]))
	if err != nil || letter.Header.Get("Bcc") != "" || letter.Header.Get("X-Evil") != "" {
		t.Errorf("header %v, %v", letter.Header, err)
	}
	m.To = "ann@example.org>\r\nRCPT TO:<eve@example.org"
	if outcome := mailbox(t, s.url(fromPages)).Send(t.Context(), m); outcome.Result != notify.Permanent {
		t.Errorf("outcome %+v", outcome)
	}
}

// A code means the letter only where the server speaks about the letter.
func TestEveryCodeAtEveryStageHasItsOutcome(t *testing.T) {
	for _, verb := range []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"} {
		for code := 400; code <= 599; code++ {
			if code%10 > 5 && code != 599 {
				continue // the last digit only counts up within a meaning
			}
			s := newMailServer(t, func(s *mailServer) {
				s.replies[verb] = fmt.Sprintf("%d no", code)
				s.replies["HELO"] = s.replies["EHLO"]
			})
			outcome := mailbox(t, s.url(fromPages)).Send(t.Context(), page("ann@example.org"))
			want := notify.Retry
			if code >= 500 && (verb == "RCPT" || verb == "DATA" || verb == "END") {
				want = notify.Permanent
			}
			if outcome.Result != want || !strings.Contains(outcome.Detail, fmt.Sprint(code)) || outcome.Unsure {
				t.Errorf("%d at %s: %+v", code, verb, outcome)
			}
			_ = s.listener.Close()
		}
	}
}

func TestAServerThatHangsOrHangsUpIsRetried(t *testing.T) {
	for _, verb := range []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"} {
		hangs := mailbox(t, newMailServer(t, func(s *mailServer) { s.hangAt = verb }).url(fromPages))
		hangs.timeout = 50 * time.Millisecond
		outcome := hangs.Send(t.Context(), page("ann@example.org"))
		if outcome.Result != notify.Retry || outcome.Detail != "no answer in time" || outcome.Unsure != (verb == "END") {
			t.Errorf("hangs at %s: %+v", verb, outcome)
		}
		closes := mailbox(t, newMailServer(t, func(s *mailServer) { s.closeAt = verb }).url(fromPages))
		outcome = closes.Send(t.Context(), page("ann@example.org"))
		if outcome.Result != notify.Retry || outcome.Detail == "" || outcome.Unsure != (verb == "END") {
			t.Errorf("hangs up at %s: %+v", verb, outcome)
		}
	}
}

func TestCancellingEndsTheExchange(t *testing.T) {
	c := mailbox(t, newMailServer(t, func(s *mailServer) { s.hangAt = "RCPT" }).url(fromPages))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if outcome := c.Send(ctx, page("ann@example.org")); outcome.Result != notify.Retry || outcome.Detail != "stopped before an answer came" {
		t.Errorf("outcome %+v", outcome)
	}
}

func TestAConnectionIsUsedAgainAndReplacedWhenItIsDead(t *testing.T) {
	s := newMailServer(t, nil)
	c := mailbox(t, s.url(fromPages))
	for range 3 {
		if outcome := c.Send(t.Context(), page("ann@example.org")); outcome.Result != notify.Sent {
			t.Fatalf("outcome %+v", outcome)
		}
	}
	if s.connections() != 1 {
		t.Errorf("three letters took %d connections", s.connections())
	}
	s.hangUp()
	if outcome := c.Send(t.Context(), page("ann@example.org")); outcome.Result != notify.Sent || s.connections() != 2 {
		t.Errorf("after the server hung up: %+v over %d connections", outcome, s.connections())
	}
	s.tell("MAIL", "421 4.4.2 idle too long")
	outcome := c.Send(t.Context(), page("ann@example.org"))
	if outcome.Result != notify.Retry || s.connections() != 3 {
		t.Errorf("after 421: %+v over %d connections", outcome, s.connections())
	}
	if len(s.received()) != 4 {
		t.Errorf("%d letters arrived", len(s.received()))
	}
}

func TestTheContentIsNeverSentTwiceInOneAttempt(t *testing.T) {
	s := newMailServer(t, nil)
	c := mailbox(t, s.url(fromPages))
	c.Send(t.Context(), page("ann@example.org"))
	s.mu.Lock()
	s.closeAt = "END"
	s.mu.Unlock()
	if outcome := c.Send(t.Context(), page("ann@example.org")); outcome.Result != notify.Retry || len(s.received()) != 2 {
		t.Errorf("outcome %+v, %d letters", outcome, len(s.received()))
	}
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, c := range []struct {
		name               string
		implicit, starttls bool
		query              string
		trusted            bool
		sent, secured      bool
	}{
		{"implicit, trusted", true, false, "&tls=tls", true, true, true},
		{"implicit, unknown certificate", true, false, "&tls=tls", false, false, false},
		{"STARTTLS, trusted", false, true, "&tls=starttls", true, true, true},
		{"STARTTLS, unknown certificate", false, true, "&tls=starttls", false, false, false},
		{"STARTTLS demanded, not offered", false, false, "&tls=starttls", true, false, false},
		{"opportunistic, offered, unknown certificate", false, true, "", false, true, true},
		{"opportunistic, not offered", false, false, "", false, true, false},
		{"none, although offered", false, true, "&tls=none", true, true, false},
	} {
		s := newMailServer(t, func(s *mailServer) { s.implicit, s.starttls, s.tls = c.implicit, c.starttls, config })
		box := mailbox(t, s.url(fromPages+c.query))
		if c.trusted {
			box.post.settings.roots = &tls.Config{RootCAs: pool}
		}
		outcome := box.Send(t.Context(), page("ann@example.org"))
		if outcome.Accepted() != c.sent || (!c.sent && outcome.Result != notify.Retry) {
			t.Errorf("%s: %+v", c.name, outcome)
			continue
		}
		if c.sent && s.protected[0] != c.secured {
			t.Errorf("%s: over TLS %v", c.name, s.protected[0])
		}
	}
}

func TestLogin(t *testing.T) {
	cert, pool := certificate(t)
	s := newMailServer(t, func(s *mailServer) {
		s.replies["AUTH-OFFER"] = "LOGIN PLAIN"
		s.starttls, s.tls = true, &tls.Config{Certificates: []tls.Certificate{cert}}
	})
	withLogin := strings.Replace(s.url(fromPages+"&tls=starttls"), "smtp://", "smtp://ann:s%C3%A4sam@", 1)
	box := mailbox(t, withLogin)
	box.post.settings.roots = &tls.Config{RootCAs: pool}
	if outcome := box.Send(t.Context(), page("ann@example.org")); outcome.Result != notify.Sent {
		t.Fatalf("outcome %+v", outcome)
	}
	if len(s.logins) != 1 || s.logins[0] != "/ann/säsam" {
		t.Errorf("logins %q", s.logins)
	}
	// Refused: our configuration is wrong, which somebody may mend; and the password is not repeated.
	s.tell("AUTH", "535 5.7.8 säsam is not your password")
	refused := mailbox(t, withLogin)
	refused.post.settings.roots = &tls.Config{RootCAs: pool}
	outcome := refused.Send(t.Context(), page("ann@example.org"))
	if outcome.Result != notify.Retry || !strings.Contains(outcome.Detail, "535") || strings.Contains(outcome.Detail, "säsam") {
		t.Errorf("outcome %+v", outcome)
	}
	s.tell("AUTH-OFFER", "GSSAPI")
	unknown := mailbox(t, withLogin)
	unknown.post.settings.roots = &tls.Config{RootCAs: pool}
	if outcome := unknown.Send(t.Context(), page("ann@example.org")); outcome.Result != notify.Retry || !strings.Contains(outcome.Detail, "GSSAPI") {
		t.Errorf("outcome %+v", outcome)
	}
}

func TestEmailAddresses(t *testing.T) {
	c := &email{}
	for address, normal := range map[string]string{
		" Ann.Ops+page@Example.ORG ": "Ann.Ops+page@example.org",
		"ann@[192.0.2.1]":            "ann@[192.0.2.1]",
	} {
		if got, err := c.CheckAddress(address); err != nil || got != normal {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	for _, address := range []string{"", "ann", "ann@", "@b", "Ann <ann@b.c>", "a@b,c@d", "a@b\r\nBcc: c@d", strings.Repeat("a", 320) + "@b.c"} {
		if got, err := c.CheckAddress(address); err == nil {
			t.Errorf("%q is taken as %q", address, got)
		}
	}
	if c.Reaches() || c.Send(t.Context(), page("a@b.c")).Accepted() {
		t.Error("mail goes out without a server")
	}
}
