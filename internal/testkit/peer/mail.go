package peer

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// Mail is a real SMTP server (mailpit) that keeps every message and shows it over HTTP.
type Mail struct {
	// Addr is the host:port that speaks SMTP.
	Addr string

	api     string
	program string
	args    []string
	process *process
}

// Message is one mail as the server holds it.
type Message struct {
	ID        string
	MessageID string
	From      Address
	To        []Address
	Subject   string
	// Created is when the server took the message.
	Created time.Time
	// Text and HTML are the bodies; Messages and Wait leave them empty, Read fills them.
	Text, HTML string
}

// Address is a mailbox with the name before it.
type Address struct{ Name, Address string }

// StartMail starts an SMTP server for the test. Further arguments go to mailpit as they are, for example
// "--smtp-tls-cert"; without them it takes any sender, plain.
func StartMail(t testing.TB, args ...string) *Mail {
	t.Helper()
	web := FreeAddress(t)
	m := &Mail{Addr: FreeAddress(t), api: "http://" + web, program: built(t, "mailpit")}
	m.args = append([]string{
		"--listen", web, "--smtp", m.Addr, "--database", filepath.Join(t.TempDir(), "mail.db"), "--max", "0",
		"--disable-version-check", "--smtp-disable-rdns", "--enable-chaos",
	}, args...)
	m.Start(t)
	t.Cleanup(m.Stop)
	return m
}

// Start starts the server again after Stop, on the same ports and with the messages it had.
func (m *Mail) Start(t testing.TB) {
	t.Helper()
	m.process = start(t, m.api+"/readyz", m.program, m.args...)
}

// Stop ends the server: connections to it are then refused.
func (m *Mail) Stop() { m.process.stop() }

// URL is the address in the form that TOCSIN_SMTP_URL takes.
func (m *Mail) URL(from string) string { return fmt.Sprintf("smtp://%s?from=%s", m.Addr, from) }

// Messages returns what has arrived, newest first, without bodies; at most 500.
func (m *Mail) Messages(t testing.TB) []Message {
	t.Helper()
	var page struct{ Messages []Message }
	ask(t, http.MethodGet, m.api+"/api/v1/messages?limit=500", nil, &page)
	return page.Messages
}

// Read returns one message with its bodies.
func (m *Mail) Read(t testing.TB, id string) Message {
	t.Helper()
	var message struct {
		Message
		Date time.Time
	}
	ask(t, http.MethodGet, m.api+"/api/v1/message/"+id, nil, &message)
	message.Created = message.Date
	return message.Message
}

// Headers returns the header fields of one message.
func (m *Mail) Headers(t testing.TB, id string) http.Header {
	t.Helper()
	headers := http.Header{}
	ask(t, http.MethodGet, m.api+"/api/v1/message/"+id+"/headers", nil, &headers)
	return headers
}

// Delete forgets every message.
func (m *Mail) Delete(t testing.TB) {
	t.Helper()
	ask(t, http.MethodDelete, m.api+"/api/v1/messages", nil, nil)
}

// Wait returns the first message that matches, with its bodies, as soon as it is there, and fails the test when it does not
// come within the time.
func (m *Mail) Wait(t testing.TB, within time.Duration, match func(Message) bool) Message {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		seen := m.Messages(t)
		for _, message := range seen {
			if match(message) {
				return m.Read(t, message.ID)
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no such mail within %v; there are %v", within, subjects(seen))
		}
	}
}

// To matches messages to one mailbox.
func To(address string) func(Message) bool {
	return func(m Message) bool {
		for _, to := range m.To {
			if to.Address == address {
				return true
			}
		}
		return false
	}
}

// Refuse makes the server answer every message with this SMTP code (400 to 599), until Accept.
func (m *Mail) Refuse(t testing.TB, code int) {
	t.Helper()
	m.disturb(t, code, 100)
}

// Accept ends Refuse.
func (m *Mail) Accept(t testing.TB) {
	t.Helper()
	const anyCode = 451
	m.disturb(t, anyCode, 0)
}

func (m *Mail) disturb(t testing.TB, code, percent int) {
	t.Helper()
	type trigger struct{ ErrorCode, Probability int }
	quiet := trigger{ErrorCode: code}
	ask(t, http.MethodPut, m.api+"/api/v1/chaos", map[string]trigger{
		"Authentication": quiet, "Sender": quiet, "Recipient": {ErrorCode: code, Probability: percent},
	}, nil)
}

func subjects(messages []Message) []string {
	list := make([]string, 0, len(messages))
	for _, message := range messages {
		list = append(list, fmt.Sprintf("%q to %v", message.Subject, message.To))
	}
	return list
}
