package channel

import (
	"strings"
	"testing"
)

func TestSMTPURLs(t *testing.T) {
	for text, want := range map[string]smtpSettings{
		"smtp://mail.test?from=a@b.c":                            {host: "mail.test", port: 25, mode: tlsOpportunistic},
		"smtp://127.0.0.1:1025?from=a@b.c":                       {host: "127.0.0.1", port: 1025, mode: tlsOpportunistic},
		"smtp://u:p%40ss@mail.test?from=a@b.c":                   {host: "mail.test", port: 587, mode: tlsStartTLS, user: "u", pass: "p@ss"},
		"smtp://u:p@localhost:1025?from=a@b.c":                   {host: "localhost", port: 1025, mode: tlsOpportunistic, user: "u", pass: "p"},
		"smtp://u:p@mail.test:25?from=a@b.c&tls=none":            {host: "mail.test", port: 25, mode: tlsNone, user: "u", pass: "p"},
		"smtp://mail.test?tls=tls&from=a@b.c":                    {host: "mail.test", port: 465, mode: tlsImplicit},
		"smtps://a%40b.c:p@mail.test":                            {host: "mail.test", port: 465, mode: tlsImplicit, user: "a@b.c", pass: "p"},
		"smtp://[::1]:25?from=Night%20Watch%20%3Ca@b.c%3E":       {host: "::1", port: 25, mode: tlsOpportunistic},
		"smtps://mail.test:4650?from=a@b.c&tls=tls":              {host: "mail.test", port: 4650, mode: tlsImplicit},
		"smtp://mail.test?from=Night+Watch+<a@b.c>&tls=starttls": {host: "mail.test", port: 587, mode: tlsStartTLS},
	} {
		got, err := parseSMTPURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		name := "Tocsin"
		if strings.Contains(text, "Night") {
			name = "Night Watch"
		}
		if got.from.Address != "a@b.c" || got.from.Name != name {
			t.Errorf("%s: from %v", text, got.from)
		}
		want.from = got.from
		if got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestWrongSMTPURLsAreExplainedWithoutThePassword(t *testing.T) {
	for _, text := range []string{
		"mail.test:25", "http://u:hunter2@mail.test?from=a@b.c", "smtp://?from=a@b.c", "smtp://u:hunter2@mail.test",
		"smtp://u:hunter2@mail.test?from=nobody", "smtp://u:hunter2@mail.test?from=a@b.c&tls=maybe",
		"smtp://u:hunter2@mail.test:0?from=a@b.c", "smtp://u:hunter2@mail.test:70000?from=a@b.c",
		"smtp://u:hunter2@mail.test?from=a@b.c&form=x", "smtp://u:hunter2%@mail.test?from=a@b.c", "://",
	} {
		_, err := parseSMTPURL(text)
		if err == nil || !strings.HasPrefix(err.Error(), "smtp_url") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
