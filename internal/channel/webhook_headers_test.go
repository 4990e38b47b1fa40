package channel

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestAPostHasItsOwnHeadersAndBody(t *testing.T) {
	p := newProvider(t)
	w := httpChannels(t)["webhook"].(*webhook)
	m := page(p.URL + "/hook")
	m.Action, m.Body = "post", "what=db down"
	m.Headers = map[string]string{"authorization": "Bearer s3cret-value", "Content-Type": "text/plain", "Webhook-Id": "mine"}
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"you_sent": "Bearer s3cret-value"}`))
	}
	outcome := w.Send(t.Context(), m)
	header := p.request.Load().Header
	if outcome.Result != notify.Sent || *p.body.Load() != "what=db down" || header.Get("Authorization") != "Bearer s3cret-value" ||
		header.Get("Content-Type") != "text/plain" || header.Get("Webhook-Id") != outcome.Ref {
		t.Errorf("%+v with %v: %s", outcome, header, *p.body.Load())
	}
	if strings.Contains(outcome.Detail, "s3cret") {
		t.Errorf("the answer gives a secret away: %s", outcome.Detail)
	}
	m.Body = ""
	if w.Send(t.Context(), m); p.request.Load().Header.Get("Content-Type") != "application/json" || p.content(t)["type"] != "notification.post" {
		t.Errorf("without a body it is %s as %s", *p.body.Load(), p.request.Load().Header.Get("Content-Type"))
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	w := openKind(t, "webhook", nil).(*webhook)
	many := map[string]string{}
	for n := range maxHeaders + 1 {
		many["X-"+strings.Repeat("n", n)] = "v"
	}
	for want, headers := range map[string]map[string]string{
		"":                   {"Authorization": "Bearer x", "x-routing": "ä\tb"},
		"which is none":      {"X Y": "v"},
		"server's own":       {"content-length": "7"},
		"Host":               {"host": "other.test"},
		"Proxy-":             {"proxy-authorization": "x"},
		"Webhook-Signature":  {"WEBHOOK-signature": "v1,x"},
		"twice":              {"x-a": "1", "X-A": "2"},
		"control characters": {"X-A": "a\r\nX-B: b"},
		"more than 2000":     {"X-A": strings.Repeat("s", 2001)},
		"more than 20":       many,
	} {
		err := w.CheckHeaders(headers)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", headers, err, want)
		}
		if err != nil && strings.Contains(err.Error(), strings.Repeat("s", 100)) {
			t.Errorf("a value is repeated: %v", err)
		}
	}
	if w.CheckHeaders(map[string]string{"X-Städte": "v"}) == nil {
		t.Error("a name beyond ASCII was taken")
	}
}
