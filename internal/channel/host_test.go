package channel

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// impossible are names that can be nowhere.
var impossible = []string{
	"pages.invalid", "PAGES.Invalid.", "invalid", "1.2.3.999", "10.1", "a..b.org", "-a.example.org", "a-.example.org", "a b.example.org", "a!b.example.org",
	strings.Repeat("x", 64) + ".org", strings.Repeat("x.", 130) + "org",
}

func TestImpossibleHostsAreRefusedWhenTheyAreSavedAndForGoodWhenTheyAreSentTo(t *testing.T) {
	for kind, ch := range httpChannels(t) {
		for _, host := range impossible {
			address := "https://" + host + "/topic"
			if _, err := ch.CheckAddress(address); err == nil {
				t.Errorf("%s takes %q", kind, address)
			} else if !strings.Contains(address, " ") && !strings.Contains(err.Error(), "cannot exist") {
				t.Errorf("%s says of %q: %v", kind, address, err)
			}
			if outcome := ch.Send(t.Context(), page(address)); outcome.Result != notify.Permanent || outcome.Detail == "" {
				t.Errorf("%s to %q: %+v", kind, address, outcome)
			}
		}
		for _, port := range []string{"0", "65536", "99999"} {
			if _, err := ch.CheckAddress("https://example.org:" + port + "/topic"); err == nil {
				t.Errorf("%s takes the port %s", kind, port)
			}
		}
		for _, host := range []string{"müller.example.org", "ntfy", "my_host.example.org", "xn--mller-kva.example.org", "8.8.8.8", "[2606:4700::1111]", "example.org.", "lab.test"} {
			if _, err := ch.CheckAddress("https://" + host + ":8443/topic"); err != nil {
				t.Errorf("%s refuses %q: %v", kind, host, err)
			}
		}
	}
}

func TestImpossibleMailDomainsAreRefused(t *testing.T) {
	c := &email{}
	for _, domain := range append(impossible, "example", "localhost", "mail.localhost") {
		if got, err := c.CheckAddress("ann@" + domain); err == nil {
			t.Errorf("mail to %q is taken as %q", domain, got)
		}
	}
	settings, err := parseSMTPURL("smtp://mail.example.org?from=tocsin@example.org")
	if err != nil {
		t.Fatal(err)
	}
	c = &email{post: newPostOffice(settings, nil), timeout: emailTimeout}
	if outcome := c.Send(t.Context(), page("ann@gone.invalid")); outcome.Result != notify.Permanent || !strings.Contains(outcome.Detail, "cannot exist") {
		t.Errorf("outcome %+v", outcome)
	}
	// A mail server of one's own knows its machine by a short name: what has been saved is sent.
	if _, err := settings.letter(page("root@localhost")); err != nil {
		t.Error(err)
	}
}

func TestANameThatNobodyKnowsIsAskedForAgain(t *testing.T) {
	unknown := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "pages.example.org", IsNotFound: true}}
	}}}
	w, n := openKind(t, "webhook", nil).(*webhook), openKind(t, "ntfy", nil).(*ntfy)
	w.client, n.client = unknown, unknown
	for _, ch := range []notify.Channel{w, n} {
		outcome := ch.Send(t.Context(), page("https://pages.example.org/topic"))
		if outcome.Result != notify.Retry || outcome.Unsure || outcome.Detail != "no such host: pages.example.org" {
			t.Errorf("%s: %+v", ch.Kind(), outcome)
		}
	}
}

func TestARedirectLeadsNowhereInside(t *testing.T) {
	inside, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal("this machine has one loopback address: ", err)
	}
	asked := make(chan struct{}, 10)
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} })} //nolint:gosec // of a test
	go func() { _ = server.Serve(inside) }()
	t.Cleanup(func() { _ = server.Close() })
	p := newProvider(t)
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+inside.Addr().String()+"/latest/meta-data", http.StatusTemporaryRedirect)
	}
	// Of the two only the one that redirects may be reached.
	w := openKind(t, "webhook", map[string]string{"allow_networks": "127.0.0.1"})
	outcome := w.Send(t.Context(), page(p.URL))
	if outcome.Result != notify.Retry || outcome.Detail != "307 Temporary Redirect: redirects are not followed" {
		t.Errorf("outcome %+v", outcome)
	}
	if outcome := w.Send(t.Context(), page("http://"+inside.Addr().String())); outcome.Result != notify.Permanent {
		t.Errorf("the guard lets it in: %+v", outcome)
	}
	if len(asked) != 0 {
		t.Errorf("it was asked %d times", len(asked))
	}
}
