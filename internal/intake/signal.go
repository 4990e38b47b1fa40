package intake

import (
	"net/url"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// Request is an inbound message as a source sees it: no connection, no clock, no database.
type Request struct {
	Header      map[string][]string // canonical names, as net/http has them
	Query       url.Values
	ContentType string
	Body        []byte
	Truncated   bool // Body is the head of a longer one
}

// Signal is one parsed thing that a sender said about one alert. Texts are as sent: of any length, not yet routed.
type Signal struct {
	Key         string // the sender's key of the alert; never empty
	GroupKey    string // the sender's group of alerts; empty when it does not group
	Status      incident.AlertStatus
	Title       string
	Description string
	Severity    string // as sent; empty when the sender does not say
	Service     string
	Team        string // a team's name or id, as sent
	Labels      map[string]string
	Annotations map[string]string
	Links       []incident.Link
	Metadata    map[string]any
	StartsAt    *time.Time
	EndsAt      *time.Time
	AlertID     string   // the sender's id, to be shown
	Warnings    []string // what the source could not make sense of, a sentence each
}

// Source reads the messages of one kind of sender.
type Source interface {
	// Kind is the name in URLs and in the database: lower-case letters.
	Kind() string
	// Parse makes at least one signal of a message, or says in an error why it cannot be read. It never panics and keeps
	// no reference to the request's body.
	Parse(r Request) ([]Signal, error)
	// Setup is text to copy into the sender's configuration; url is the integration's own.
	Setup(url string) string
}

// Answerer is a source whose senders expect their own dialect in the answer; others get DefaultAnswer.
type Answerer interface {
	// Answer is the status code and the JSON body for what became of a message.
	Answer(result Result) (status int, body any)
}

// Result says what became of one message.
type Result struct {
	Outcomes   []incident.Receipt // one per signal, in their order
	Warnings   []string
	Unreadable bool // the message is kept, and the outcome is the incident that says so
}
