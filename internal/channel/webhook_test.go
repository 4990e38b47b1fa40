package channel

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// The vector that the specification's own libraries are tested with (standard-webhooks/standard-webhooks, libraries/).
func TestTheSignatureIsThatOfStandardWebhooks(t *testing.T) {
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for _, secret := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		got, err := signWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
		if err != nil || got != want {
			t.Errorf("signature %q, %v", got, err)
		}
	}
	if _, err := signWebhook("whsec_%%%", "id", night, nil); err == nil {
		t.Error("a secret that is not base64 was used")
	}
}

func TestAWebhookIsSignedAndSaysItAll(t *testing.T) {
	p := newProvider(t)
	w := httpChannels(t)["webhook"].(*webhook)
	m := page(p.URL + "/hook")
	outcome := w.Send(t.Context(), m)
	if outcome.Result != notify.Sent || outcome.Ref != "msg_"+m.IdempotencyKey {
		t.Fatalf("outcome %+v", outcome)
	}
	header := p.request.Load().Header
	seconds, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	want, err := signWebhook(w.Secret(m.Org, m.To), header.Get("webhook-id"), time.Unix(seconds, 0), []byte(*p.body.Load()))
	if err != nil || header.Get("webhook-signature") != want {
		t.Errorf("signature %q, want %q, %v", header.Get("webhook-signature"), want, err)
	}
	content := p.content(t)
	data, _ := content["data"].(map[string]any)
	if content["type"] != "notification.page" || data["title"] != m.Title || data["acknowledge_url"] != m.AckURL {
		t.Errorf("content %v", content)
	}
	if w.Send(t.Context(), m); p.request.Load().Header.Get("webhook-id") != outcome.Ref {
		t.Error("a second attempt has another id")
	}
}

func TestEveryAddressHasItsOwnSecret(t *testing.T) {
	w := openKind(t, "webhook", nil).(*webhook)
	seen := map[string]bool{}
	for _, secret := range []string{w.Secret(1, "https://a.test"), w.Secret(1, "https://b.test"), w.Secret(2, "https://a.test")} {
		if seen[secret] || !strings.HasPrefix(secret, "whsec_") {
			t.Errorf("secret %q", secret)
		}
		seen[secret] = true
	}
	if first, again := w.Secret(1, "https://a.test"), w.Secret(1, "https://a.test"); first != again {
		t.Errorf("a secret changes from %q to %q", first, again)
	}
}

func TestAWebhookDoesNotReachIntoTheServersNetwork(t *testing.T) {
	p := newProvider(t)
	w := openKind(t, "webhook", nil)
	// A name would do the same: the guard sees what is dialled, after it was resolved.
	byName := strings.Replace(p.URL, "127.0.0.1", "localhost", 1)
	for _, address := range []string{p.URL, byName} {
		outcome := w.Send(t.Context(), page(address))
		if outcome.Result != notify.Permanent || !strings.Contains(outcome.Detail, "internal network") {
			t.Errorf("%s: %+v", address, outcome)
		}
	}
	if p.asked.Load() != 0 {
		t.Errorf("it was asked %d times", p.asked.Load())
	}
}

func TestNetworksCanBeAllowedOneByOne(t *testing.T) {
	w := openKind(t, "webhook", map[string]string{"allow_networks": "127.0.0.0/8, fd12::/16,10.1.2.3"}).(*webhook)
	for text, refused := range map[string]bool{
		"127.0.0.1": false, "::ffff:127.0.0.1": false, "fd12::1": false, "10.1.2.3": false,
		"10.1.2.4": true, "fd13::1": true, "169.254.169.254": true,
	} {
		if w.refused(netip.MustParseAddr(text)) != refused {
			t.Errorf("%s refused: %v", text, !refused)
		}
	}
	if outcome := w.Send(t.Context(), page(newProvider(t).URL)); outcome.Result != notify.Sent {
		t.Errorf("outcome %+v", outcome)
	}
}

func TestInternalAddresses(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0",
		"0.1.2.3", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
		"fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1",
		"64:ff9b::a00:1", "2002:a00:1::", "2001:0:1::", "2001:db8::1", "fec0::1",
	} {
		if !internal(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"} {
		if internal(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as internal", text)
		}
	}
	if !metadata(netip.MustParseAddr("169.254.169.254")) || metadata(netip.MustParseAddr("10.0.0.1")) {
		t.Error("metadata addresses are mistaken")
	}
}

func TestWebhookAddresses(t *testing.T) {
	w, free := openKind(t, "webhook", nil), httpChannels(t)["webhook"]
	for address, normal := range map[string]string{
		"https://Example.ORG/Hook?x=1#y": "https://example.org/Hook?x=1",
		" http://example.org:8080 ":      "http://example.org:8080",
		"https://1.1.1.1/x":              "https://1.1.1.1/x",
	} {
		if got, err := w.CheckAddress(address); err != nil || got != normal {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	for _, address := range []string{
		"ftp://example.org", "example.org/x", "https://", "https:///x", "javascript:alert(1)", "http://[::1", "",
	} {
		if got, err := w.CheckAddress(address); err == nil {
			t.Errorf("%q is taken as %q", address, got)
		}
	}
	for _, address := range []string{"http://127.0.0.1/x", "http://localhost:8080", "http://[::1]:1/", "http://x.localhost./", "http://10.0.0.1"} {
		if _, err := w.CheckAddress(address); err == nil {
			t.Errorf("%q is taken", address)
		}
		if _, err := free.CheckAddress(address); err != nil {
			t.Errorf("%q is refused although allowed: %v", address, err)
		}
	}
	if got := w.(*webhook).Redact("https://example.org/secret?token=1"); got != "https://example.org/…" {
		t.Errorf("redacted %q", got)
	}
}

func TestAGatewayThatSaysGoneForAMinuteLosesNoPage(t *testing.T) {
	p := newProvider(t)
	w := httpChannels(t)["webhook"]
	for _, status := range []int64{http.StatusNotFound, http.StatusGone, http.StatusOK} {
		p.status.Store(status)
		outcome := w.Send(t.Context(), page(p.URL))
		if outcome.Result == notify.Permanent || outcome.Accepted() != (status == http.StatusOK) {
			t.Errorf("%d: %+v", status, outcome)
		}
	}
}
