package channel

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
)

var night = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// page is what is sent in these tests.
func page(to string) notify.Message {
	return notify.Message{
		NotificationID: 7, Org: 1, Action: "page", To: to, Recipient: "Ann Ops", Title: "[CRITICAL] db down",
		Text: "The database does not answer.\n", HTML: "<p>The database does not answer.</p>", Short: "CRITICAL db down",
		Severity: "critical", Urgency: "high", IncidentID: 42, IncidentURL: "https://tocsin.test/incidents/42",
		AckURL: "https://tocsin.test/a/token", AckWord: "Acknowledge", Thread: "incident.1.42.x", IdempotencyKey: "n.1.7.x", Attempt: 1, At: night,
	}
}

func setup(values map[string]string) Setup {
	return Setup{
		Values: values, Key: []byte("a key of thirty-two bytes length"), Clock: clock.NewFake(night),
		Logger: slog.New(slog.DiscardHandler),
	}
}

func openKind(t *testing.T, kind string, values map[string]string) notify.Channel {
	t.Helper()
	channels, err := Open(setup(values))
	if err != nil {
		t.Fatal(err)
	}
	return channels[kind]
}

// What every channel owes the rooms that know it only by its interface.
func TestEveryChannelKeepsTheContract(t *testing.T) {
	channels, err := Open(setup(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(channels) < 4 {
		t.Fatalf("only %d channels", len(channels))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for kind, ch := range channels {
		info := ch.Describe()
		if ch.Kind() != kind || info.Title == "" || info.AddressLabel == "" || info.AddressHint == "" {
			t.Errorf("%s does not describe itself: %+v", kind, info)
		}
		if info.Timeout <= 0 || info.Timeout > 30*time.Second || info.Parallel <= 0 {
			t.Errorf("%s has no patience or no hands: %+v", kind, info)
		}
		for _, wrong := range []string{"", "   ", strings.Repeat("x", 2001), "a\x00b\nc@d"} {
			if normal, err := ch.CheckAddress(wrong); err == nil && normal == wrong {
				t.Errorf("%s takes the address %q", kind, wrong)
			}
		}
		if outcome := ch.Send(canceled, page("nobody")); outcome.Accepted() || outcome.Detail == "" {
			t.Errorf("%s sent what was cancelled: %+v", kind, outcome)
		}
	}
}

func TestOpenNamesEveryWrongSetting(t *testing.T) {
	_, err := Open(setup(map[string]string{
		"smtp_url": "http://mail.test", "ntfy_url": "ftp://x", "allow_networks": "10.0.0.0/99",
	}))
	if !fault.Is(err, fault.Invalid) || len(fault.From(err).Fields) != 3 {
		t.Fatalf("got %v", err)
	}
}

func TestEverySettingIsDescribed(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Settings() {
		if s.Name == "" || s.Help == "" || names[s.Name] {
			t.Errorf("setting %+v", s)
		}
		names[s.Name] = true
	}
	if !names["smtp_url"] || !names["allow_internal_webhooks"] {
		t.Errorf("settings %v", names)
	}
}

func TestLogReachesSomebodyOnlyInADemo(t *testing.T) {
	var written bytes.Buffer
	s := setup(nil)
	s.Logger = slog.New(slog.NewTextHandler(&written, nil))
	for _, demo := range []bool{false, true} {
		s.Demo = demo
		channels, err := Open(s)
		if err != nil {
			t.Fatal(err)
		}
		if channels["log"].Reaches() != demo {
			t.Errorf("demo %v: reaches %v", demo, channels["log"].Reaches())
		}
		if outcome := channels["log"].Send(t.Context(), page("")); outcome.Result != notify.Sent {
			t.Errorf("outcome %+v", outcome)
		}
	}
	for _, part := range []string{"db down", "Ann Ops", "https://tocsin.test/a/token"} {
		if !strings.Contains(written.String(), part) {
			t.Errorf("the log lacks %q: %s", part, written.String())
		}
	}
}

func TestCutKeepsCharactersWhole(t *testing.T) {
	for limit := range 20 {
		got := cut("aäöü€😀b", limit)
		if len(got) > max(limit, len("…")) || strings.ToValidUTF8(got, "?") != got {
			t.Errorf("cut to %d: %q", limit, got)
		}
	}
	if got := oneLine("a\r\nb\x00\xff c\t"); got != "a b \uFFFD c" {
		t.Errorf("got %q", got)
	}
}
