package notify

import (
	"context"
	"time"
)

// Channel is one way to reach a person. It is told everything by its arguments and keeps no state that another node would miss.
type Channel interface {
	// Kind is the word for the channel in the database, the API and policies: "email".
	Kind() string
	// Describe is what screens and rules need to know of the channel.
	Describe() Info
	// Reaches reports whether a message sent here can reach anybody: false when the channel is not configured.
	Reaches() bool
	// CheckAddress returns the address in its normal form. The error's text is a sentence for the person who typed it.
	CheckAddress(address string) (string, error)
	// Send hands one message to the provider and waits for its answer, no longer than Info.Timeout or the context.
	// It never panics and never retries by itself.
	Send(ctx context.Context, m Message) Outcome
}

// Info describes a channel.
type Info struct {
	Title        string // "E-mail"
	AddressLabel string // "Address"
	AddressHint  string // "name@example.org"
	// Loud channels (calls, SMS) are left out of low urgency unless a personal rule names them.
	Loud bool
	// HTML channels show a message's HTML; the others its text.
	HTML bool
	// LastResort channels are used for a person who has no other way, and need no contact method.
	LastResort bool
	// Proof is asked of addresses that may be another person's: a code sent to them has to come back before pages go there.
	Proof bool
	// Timeout is how long one Send may take.
	Timeout time.Duration
	// Parallel is how many messages one provider is given at a time.
	Parallel int
	// PerSecond is how many messages a second one provider takes from this server; 0 for as many as come.
	PerSecond float64
}

// Provided is implemented by channels with more than one provider behind them: a breaker and a limit guard each apart,
// so that one dead server delays no other.
type Provided interface {
	// Provider names who carries messages to the address, without secrets: a host name.
	Provider(address string) string
}

// Redacting is implemented by channels whose addresses hold secrets.
type Redacting interface {
	// Redact returns the address as it may be shown and logged.
	Redact(address string) string
}

// Signing is implemented by channels that sign what they send.
type Signing interface {
	// Secret is what the receiver at the address checks signatures with.
	Secret(org int64, address string) string
}

// Message is one message, rendered.
type Message struct {
	NotificationID int64
	Org            int64
	Action         string // one of the Action constants
	To             string // the address, in the channel's normal form
	Recipient      string // the person's name; "" for a post
	Title          string // one line
	Text           string
	HTML           string
	Short          string // at most 160 characters
	Severity       string // "" without an incident
	Urgency        string // "high" or "low"
	IncidentID     int64  // 0 without an incident
	IncidentURL    string
	AckURL         string // a POST to it acknowledges, or says yes; "" when there is nothing to answer
	AckWord        string // what a button that does says
	Thread         string // the same for all messages of one incident, unique in the world; "" without one
	IdempotencyKey string // the same for every attempt, unique in the world
	Attempt        int    // from 1
	At             time.Time
	Bundle         []Bundled         // what it tells of, when that is more than one thing; IncidentID is 0 then
	Headers        map[string]string // of a post, for channels that are Posting; they may hold secrets
	Body           string            // of a post, for channels that are Posting; "" for the channel's own document
}

// Bundled is one of the things that a message tells of.
type Bundled struct {
	NotificationID, IncidentID int64
	Title, URL                 string
}

// Result says how a Send ended.
type Result string

// The results of a Send.
const (
	Sent      Result = "sent"      // The provider has taken it.
	Delivered Result = "delivered" // The provider says that it has arrived.
	Retry     Result = "retry"     // It may work later.
	Permanent Result = "permanent" // It will never work for this message and address.
)

// Outcome is what came of a Send.
type Outcome struct {
	Result Result
	Ref    string        // the provider's name for the message
	Detail string        // the provider's answer in one line, without secrets
	After  time.Duration // with Retry: the provider asks not to be tried before
	Unsure bool          // with Retry: the provider may have taken it all the same, for its answer did not come
}

// Accepted reports whether the provider has taken the message.
func (o Outcome) Accepted() bool { return o.Result == Sent || o.Result == Delivered }
