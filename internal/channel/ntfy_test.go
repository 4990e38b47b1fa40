package channel

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestNtfyWakesWithTheHighestPriorityAndAButton(t *testing.T) {
	p := newProvider(t)
	n := openKind(t, "ntfy", nil)
	m := page(p.URL + "/night-shift")
	p.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":"xE73Iyuabi","event":"message"}`) }
	outcome := n.Send(t.Context(), m)
	if outcome.Result != notify.Sent || outcome.Ref != "xE73Iyuabi" {
		t.Fatalf("outcome %+v", outcome)
	}
	content := p.content(t)
	actions, _ := content["actions"].([]any)
	if content["topic"] != "night-shift" || content["priority"] != 5.0 || content["click"] != m.IncidentURL || len(actions) != 2 {
		t.Fatalf("content %v", content)
	}
	button, _ := actions[0].(map[string]any)
	if button["action"] != "http" || button["method"] != "POST" || button["url"] != m.AckURL || button["label"] != "Acknowledge" {
		t.Errorf("button %v", button)
	}
	if got := p.request.Load().URL.Path; got != "/" {
		t.Errorf("published to %q", got)
	}
}

func TestNtfyWhispersWhatIsNotUrgent(t *testing.T) {
	p := newProvider(t)
	m := page(p.URL + "/t")
	m.Urgency, m.AckURL, m.IncidentURL = "low", "", ""
	if outcome := openKind(t, "ntfy", nil).Send(t.Context(), m); outcome.Result != notify.Sent {
		t.Fatalf("outcome %+v", outcome)
	}
	if content := p.content(t); content["priority"] != 3.0 || content["actions"] != nil || content["click"] != nil {
		t.Errorf("content %v", content)
	}
}

func TestNtfyKeepsWithinTheServersLimits(t *testing.T) {
	p := newProvider(t)
	m := page(p.URL + "/t")
	m.Title, m.Text = strings.Repeat("ü", 500), strings.Repeat("€", 5000)
	openKind(t, "ntfy", nil).Send(t.Context(), m)
	content := p.content(t)
	title, _ := content["title"].(string)
	text, _ := content["message"].(string)
	if len(title) > 250 || len(text) > 4000 || !strings.HasSuffix(text, "…") {
		t.Errorf("title %d bytes, text %d bytes", len(title), len(text))
	}
}

func TestNtfyLogsInWithTheTokenOfTheAddressOrOfItsServer(t *testing.T) {
	p := newProvider(t)
	other := newProvider(t)
	n := openKind(t, "ntfy", map[string]string{"ntfy_url": p.URL, "ntfy_token": "tk_server"})
	host := strings.TrimPrefix(p.URL, "http://")
	for _, c := range []struct {
		provider      *provider
		address, want string
	}{
		{p, "alerts", "Bearer tk_server"},
		{p, "http://:tk_mine@" + host + "/alerts", "Bearer tk_mine"},
		{p, "http://ann:secret@" + host + "/alerts", "Basic YW5uOnNlY3JldA=="},
		{other, other.URL + "/alerts", ""},
	} {
		address, err := n.CheckAddress(c.address)
		if err != nil {
			t.Fatal(err)
		}
		n.Send(t.Context(), page(address))
		if got := c.provider.request.Load().Header.Get("Authorization"); got != c.want {
			t.Errorf("%s: authorization %q, want %q", c.address, got, c.want)
		}
	}
}

func TestNtfyRefusalsShowOnlyWhatAnNtfyServerSays(t *testing.T) {
	p := newProvider(t)
	n := openKind(t, "ntfy", nil)
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs"}`)
	}
	if outcome := n.Send(t.Context(), page(p.URL+"/t")); outcome.Result != notify.Permanent || outcome.Detail != "403 Forbidden: forbidden" {
		t.Errorf("outcome %+v", outcome)
	}
	p.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "root:x:0:0") }
	if outcome := n.Send(t.Context(), page(p.URL+"/t")); outcome.Result != notify.Retry || strings.Contains(outcome.Detail, "root") {
		t.Errorf("outcome %+v", outcome)
	}
}

func TestNtfyAddresses(t *testing.T) {
	n := openKind(t, "ntfy", nil)
	for address, normal := range map[string]string{
		"https://ntfy.sh/My_topic-1/":    "https://ntfy.sh/My_topic-1",
		"http://10.0.0.5:8080/x?auth=1":  "http://10.0.0.5:8080/x",
		"https://:tk_abc@ntfy.test/t":    "https://:tk_abc@ntfy.test/t",
		"https://a:b@NTFY.test/topic#no": "https://a:b@ntfy.test/topic",
	} {
		if got, err := n.CheckAddress(address); err != nil || got != normal {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	for _, address := range []string{"topic", "https://ntfy.sh", "https://ntfy.sh/a/b", "https://ntfy.sh/a%20b", "ntfy://x/y"} {
		if got, err := n.CheckAddress(address); err == nil {
			t.Errorf("%q is taken as %q", address, got)
		}
	}
	if got := n.(*ntfy).Redact("https://:tk_abc@ntfy.test/secret-topic"); got != "https://ntfy.test/sec…" {
		t.Errorf("redacted %q", got)
	}
}
