package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// WantedUntil says how long a notification is worth sending. Resolving ends all of them.
type WantedUntil string

// The kinds.
const (
	WantedUntilAcknowledged       WantedUntil = "acknowledged"        // Pages: until anybody acknowledges; a snooze ends them too.
	WantedUntilOwnAcknowledgement WantedUntil = "own_acknowledgement" // Requested pages: until that person acknowledges.
	WantedUntilResolved           WantedUntil = "resolved"            // Steps that say so.
	WantedForADay                 WantedUntil = "day"                 // Posts: given up after a day; nobody's acknowledgement ends them.
	WantedForAnHour               WantedUntil = ""                    // Informative notices: given up after an hour.
)

// asks reports whether somebody is asked for a response.
func (w WantedUntil) asks() bool { return w != WantedForAnHour && w != WantedForADay }

// life is how long a notification is tried; 0 for as long as it is wanted.
func (w WantedUntil) life() time.Duration {
	switch w {
	case WantedForAnHour:
		return noticeLife
	case WantedForADay:
		return postLife
	}
	return 0
}

// Route is one way to reach a person, used Delay after the page is due.
type Route struct {
	ContactMethodID  int64 // 0 for a way that is no contact method
	Channel, Address string
	Delay            time.Duration
}

// Page is a message that asks one person for a response; Enqueue makes one notification of each route.
type Page struct {
	UserID, IncidentID int64
	Episode            int
	EventID            *int64
	Title, Message     string
	Via                string // how the person was found: why it is they who are paged
	Urgency            incident.Urgency
	Action             string // ActionPage or ActionStillOnIt
	WantedUntil        WantedUntil
	Key                string // what makes the page one of its kind: a repeat with the same key is ignored
	Routes             []Route
}

// Paged says that a person was paged by an escalation event.
type Paged struct {
	UserID  int64
	EventID int64
}

// Settlement says what became of the pages of an escalation event: one of them was accepted by a provider.
type Settlement struct {
	EventID  int64
	Accepted bool
}

// Notice tells one person something and asks for nothing: low urgency, given up after an hour.
type Notice struct {
	UserID         int64
	IncidentID     *int64
	Episode        int
	Title, Message string
	Action         string // any Action constant but those of a Page
	Key            string // as Page.Key
	Gathered       bool   // It waits for others, to go with them in one message; see noticeWait.
	Metadata       map[string]any
	Routes         []Route
}
