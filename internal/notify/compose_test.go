package notify

import (
	"bytes"
	"context"
	htmltemplate "html/template"
	"log/slog"
	"strings"
	"testing"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

var sunday = time.Date(2026, 3, 1, 2, 7, 0, 0, time.UTC)

// writer is a service that only writes messages.
func writer(log *bytes.Buffer) *Service {
	return New(Deps{
		Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)), PublicURL: "https://tocsin.example", Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
}

func pageAt(action string) (Notification, facts) {
	id := int64(12)
	i := incident.Incident{
		ID: id, OrgID: 1, Title: "Disk full on db-1", Description: "97 % of /var is used.\nIt grows by 1 % a minute.", Severity: incident.SeverityCritical,
		Status: incident.StatusOpen, Service: "payments", Episode: 1, OpenedAt: sunday.Add(-7 * time.Minute), CreatedAt: sunday.Add(-7 * time.Minute),
		Labels: map[string]string{"region": "eu", "host": "db-1"}, FiringCount: 1,
	}
	n := Notification{
		ID: 40, OrgID: 1, UserID: 3, IncidentID: &id, Episode: 1, Title: i.Title, Recipient: "ann@example.com", Urgency: "high", Action: action,
		Metadata: map[string]any{"via": "on call for Payments"},
	}
	return n, facts{
		user: account.User{ID: 3, FullName: "Ann Lee", Timezone: "Europe/Berlin"}, incident: &i, team: "Payments", attempt: 2, now: sunday,
		links: []incident.Link{{Text: "Runbook", URL: "https://wiki.example/disk"}, {Text: "Runbook", URL: "https://wiki.example/disk"}, {Text: "Evil", URL: "javascript:alert(1)"}},
	}
}

func TestAPageSaysFirstWhatAPersonWokenAtNightNeeds(t *testing.T) {
	n, f := pageAt(ActionPage)
	m := composed(writer(&bytes.Buffer{}), n, f)
	want := `CRITICAL: Disk full on db-1
Service:  payments
Team:     Payments
Since:    Sun 1 Mar 03:00 CET (7 min ago)
Why you:  on call for Payments

Acknowledge: ` + m.AckURL + `
Incident #12: https://tocsin.example/incidents/12

97 % of /var is used.
It grows by 1 % a minute.

Labels
  host = db-1
  region = eu

Links
  Runbook: https://wiki.example/disk
`
	if m.Text != want {
		t.Errorf("the text is\n%s\nwant\n%s", m.Text, want)
	}
	if m.Title != "CRITICAL #12: Disk full on db-1" {
		t.Errorf("the title is %q", m.Title)
	}
	if m.Short != "CRITICAL #12 payments: Disk full on db-1 (7 min ago) https://tocsin.example/incidents/12" {
		t.Errorf("the short form is %q", m.Short)
	}
	for _, part := range []string{"Disk full on db-1", m.AckURL, "Why you", "on call for Payments", "97 % of /var", "https://wiki.example/disk", m.IncidentURL} {
		if !strings.Contains(m.HTML, part) {
			t.Errorf("the HTML does not have %q", part)
		}
	}
	if strings.Contains(m.HTML, "javascript") || strings.Contains(m.HTML, "ZgotmplZ") {
		t.Error("a link that is no web page reached the HTML")
	}
}

func TestAMessageIsNamedTheSameForEveryAttemptAndOfNoOtherServer(t *testing.T) {
	n, f := pageAt(ActionPage)
	s := writer(&bytes.Buffer{})
	first := composed(s, n, f)
	f.attempt, f.now = 3, sunday.Add(time.Minute)
	second := composed(s, n, f)
	if first.IdempotencyKey != second.IdempotencyKey || first.AckURL != second.AckURL || first.Thread != second.Thread {
		t.Errorf("the second attempt is named otherwise: %+v and %+v", first, second)
	}
	if second.Attempt != 3 || !second.At.Equal(f.now) {
		t.Errorf("the second attempt is told as %d at %s", second.Attempt, second.At)
	}
	other := writer(&bytes.Buffer{})
	other.Secret = account.NewKeys(bytes.Repeat([]byte("o"), 32))
	if m := composed(other, n, f); m.IdempotencyKey == first.IdempotencyKey || m.Thread == first.Thread {
		t.Errorf("another server names its messages the same: %s, %s", m.IdempotencyKey, m.Thread)
	}
	n.ID++
	if m := composed(s, n, f); m.IdempotencyKey == first.IdempotencyKey || m.Thread != first.Thread {
		t.Errorf("another message of the incident has key %s and thread %s", m.IdempotencyKey, m.Thread)
	}
}

func TestOnlyWhatAsksForAResponseHasALinkThatGivesOne(t *testing.T) {
	var log bytes.Buffer
	for _, action := range []string{ActionPage, ActionAssigned, ActionCommented, ActionAcknowledged, ActionResolved, ActionTest, ActionVerify} {
		n, f := pageAt(action)
		m := composed(writer(&log), n, f)
		if (m.AckURL != "") != (action == ActionPage) {
			t.Errorf("%s has the link %q", action, m.AckURL)
		}
		if m.Title == "" || m.Text == "" || m.HTML == "" || m.Short == "" {
			t.Errorf("%s lacks words: %+v", action, m)
		}
	}
	if log.Len() > 0 {
		t.Errorf("the words that come with the server fail: %s", log.String())
	}
}

func TestEachMessageSaysWhatItIsFor(t *testing.T) {
	s := writer(&bytes.Buffer{})
	n, f := pageAt(ActionResolved)
	n.Message = "Bob resolved it."
	f.incident.Status = incident.StatusResolved
	if m := composed(s, n, f); m.Title != "Resolved: CRITICAL #12: Disk full on db-1" || !strings.HasPrefix(m.Text, "Resolved: Disk full on db-1\nBob resolved it.\n") {
		t.Errorf("resolved is told as %q:\n%s", m.Title, m.Text)
	}
	n, f = pageAt(ActionAssigned)
	n.Message = "You were assigned to it."
	if m := composed(s, n, f); m.Title != "Assigned to you: CRITICAL #12: Disk full on db-1" || !strings.HasPrefix(m.Text, "You were assigned to it.\nCRITICAL: ") {
		t.Errorf("an assignment is told as %q:\n%s", m.Title, m.Text)
	}
	n = Notification{ID: 41, OrgID: 1, UserID: 3, Action: ActionVerify, Message: codeMessage, PageKey: "verify:7:1", Urgency: "low"}
	code := s.codeOf(n.OrgID, n.PageKey)
	f = facts{user: f.user, attempt: 1, now: sunday}
	if m := composed(s, n, f); !strings.Contains(m.Text, code) || !strings.Contains(m.HTML, code) || !strings.Contains(m.Short, code) || m.Thread != "" || m.IncidentURL != "" {
		t.Errorf("the code is told as %+v", m)
	}
	n.Action = ActionTest
	if m := composed(s, n, f); !strings.Contains(m.Text, "test page") || m.Thread != "" {
		t.Errorf("a test page says %+v", m)
	}
}

func TestAnIncidentThatOpenedAgainSaysSinceWhen(t *testing.T) {
	n, f := pageAt(ActionPage)
	f.incident.Episode, f.incident.FiringCount, f.incident.Status = 2, 3, incident.StatusAcknowledged
	f.incident.CreatedAt = sunday.Add(-26 * time.Hour)
	m := composed(writer(&bytes.Buffer{}), n, f)
	for _, part := range []string{"First:    Sat 28 Feb 01:07 CET; it opened again", "Alerts:   3 fire", "Status:   acknowledged"} {
		if !strings.Contains(m.Text, part) {
			t.Errorf("%q is not in\n%s", part, m.Text)
		}
	}
}

func TestHostileWordsBreakNoMessage(t *testing.T) {
	hostile := map[string]string{
		"header":  "a\r\nBcc: all@example.com\r\n\r\nbody",
		"long":    strings.Repeat("長", 10_000),
		"html":    `</h1><script>alert(1)</script><img src=x onerror="x">`,
		"nul":     "a\x00b\x1b[31mred",
		"invalid": "a\xff\xfeb",
		"rtl":     "שלום \u202emoc.live\u202c عالم \u2066x",
		"emoji":   strings.Repeat("👩‍👩‍👧‍👦", 300),
		"empty":   "",
		"blank":   " \u2028\t ",
		"action":  "{{.AckURL}}{{template \"x\"}}",
	}
	for name, text := range hostile {
		for _, action := range []string{ActionPage, ActionAssigned, ActionCommented, ActionAcknowledged, ActionResolved, ActionTest, ActionVerify, "unheard of"} {
			t.Run(name+"/"+action, func(t *testing.T) {
				n, f := pageAt(action)
				n.Title, n.Message, n.Metadata = text, text, map[string]any{"via": text}
				f.incident.Title, f.incident.Description, f.incident.Service, f.team = text, text, text, text
				f.incident.Labels = map[string]string{text: text}
				f.user.FullName, f.user.Timezone = text, text
				f.links = []incident.Link{{Text: text, URL: "https://x.example/" + text}}
				m := composed(writer(&bytes.Buffer{}), n, f)
				wellFormed(t, m)
				if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") {
					t.Errorf("markup of a sender is in the HTML: %s", m.HTML)
				}
			})
		}
	}
}

// wellFormed holds whatever was in it.
func wellFormed(t *testing.T, m Message) {
	t.Helper()
	for what, text := range map[string]string{"title": m.Title, "short": m.Short, "recipient": m.Recipient} {
		if strings.ContainsAny(text, "\r\n\x00\x1b\u202e\u2066\u2028") || !utf8.ValidString(text) {
			t.Errorf("the %s is not one clean line: %q", what, text)
		}
	}
	if strings.ContainsAny(m.Text, "\r\x00\x1b\u202e") || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) {
		t.Errorf("the text is not clean: %q", m.Text)
	}
	if n := utf8.RuneCountInString(m.Short); n == 0 || n > 160 {
		t.Errorf("the short form has %d characters", n)
	}
	if n := utf8.RuneCountInString(m.Title); n == 0 || n > 260 {
		t.Errorf("the title has %d characters", n)
	}
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > 16_000 {
		t.Errorf("the text has %d characters", n)
	}
}

func TestWordsThatFailAreReplacedByPlainOnes(t *testing.T) {
	panicking := texttemplate.FuncMap{"boom": func() string { panic("boom") }}
	for name, bad := range map[string]string{
		"no such field": "{{.Nothing}}", "panic": "{{boom}}", "empty": " ", "endless": `{{template "page.txt" .}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			broken := words{
				text: texttemplate.Must(texttemplate.New("page.txt").Funcs(panicking).Parse(bad)),
				html: htmltemplate.Must(htmltemplate.New("page.html").Parse("<p>fine</p>")),
			}
			n, f := pageAt(ActionPage)
			m, _ := writer(&log).composeWith(t.Context(), broken, n, f)
			for _, part := range []string{"CRITICAL #12: Disk full on db-1", "on call for Payments", m.AckURL, m.IncidentURL, "97 % of /var"} {
				if !strings.Contains(m.Text, part) {
					t.Errorf("%q is not in the plain text:\n%s", part, m.Text)
				}
			}
			if m.HTML != "" || m.Title != "CRITICAL #12: Disk full on db-1" || !strings.Contains(log.String(), "sent plainly") {
				t.Errorf("HTML %q, title %q, log %q", m.HTML, m.Title, log.String())
			}
		})
	}
}

func TestAPageOfADeletedIncidentStillSaysSomething(t *testing.T) {
	for _, action := range []string{ActionPage, ActionAssigned, ActionCommented, ActionAcknowledged, ActionResolved} {
		n, f := pageAt(action)
		f.incident = nil
		var log bytes.Buffer
		m := composed(writer(&log), n, f)
		if !strings.Contains(m.Title, "Disk full") || !strings.Contains(m.Text, "Disk full") || m.AckURL != "" || m.IncidentURL != "" || log.Len() > 0 {
			t.Errorf("%s is told as %+v (%s)", action, m, log.String())
		}
	}
}

// composed is the message of one attempt.
func composed(s *Service, n Notification, f facts) Message {
	m, _ := s.compose(context.Background(), n, f)
	return m
}
