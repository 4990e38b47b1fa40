package notify

import (
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// The timeline's words for what became of a message.
const (
	eventSent   = "notification_sent"
	eventFailed = "notification_failed"
	eventWaits  = "notification_waits"
)

// subjects are what messages about incidents are called on the timeline.
var subjects = map[string]string{
	ActionPage: "Page", ActionStillOnIt: "The question whether they are still on it", ActionAssigned: "Word of the assignment", ActionCommented: "Word of the comment",
	ActionAcknowledged: "Word of the acknowledgement", ActionResolved: "Word of the resolve", ActionPost: "Post",
}

// tell puts on the incident's timeline what a provider answered: who was to be told, by which channel, and what came of it.
func (f *finishing) tell(n *Notification, l landing, p passenger) {
	if n.IncidentID == nil {
		return
	}
	what, to := f.said(*n, p.facts.user.Name())
	kind, text := eventSent, what+" was accepted"
	if !l.outcome.Accepted() {
		kind, text = eventFailed, fmt.Sprintf("%s failed at attempt %d", what, n.Attempts)
	}
	switch others := len(l.load) - 1; {
	case others == 1:
		text += ", in one message with another"
	case others > 1:
		text += fmt.Sprintf(", in one message with %d others", others)
	}
	if answer := strings.TrimSpace(l.outcome.Detail); answer != "" {
		text += ": " + answer
	}
	switch {
	case n.Status == StatusFailed && n.Reason == reasonExpired:
		text += " (given up)"
	case n.Status == StatusFailed:
		text += " (not tried again)"
	}
	metadata := map[string]any{
		"notification_id": n.ID, "channel": n.Channel, "recipient": to, "attempt": n.Attempts, "result": string(l.outcome.Result),
		"answer": l.outcome.Detail, "action": n.Action,
	}
	if n.UserID != 0 {
		metadata["user_id"] = n.UserID
	}
	f.timeline = append(f.timeline, incident.TimelineEvent{
		IncidentID: *n.IncidentID, EventType: kind, Description: text, Metadata: metadata,
	})
}

// said is what is sent to whom, in words, and the address as it may be shown.
func (s *Service) said(n Notification, name string) (what, to string) {
	title, to := n.Channel, n.Recipient
	if ch := s.Channels[n.Channel]; ch != nil {
		title = ch.Describe().Title
		if redacting, ok := ch.(Redacting); ok {
			to = redacting.Redact(n.Recipient)
		}
	}
	what = subjects[n.Action] + " by " + title + " to "
	switch {
	case n.UserID == 0:
		return what + to, to
	case to != "" && to != name:
		return what + name + " (" + to + ")", to
	}
	return what + name, to
}

// waits is the timeline's line for a page whose provider is away, so that the person is reached by other methods.
func (t *takeoff) waits(n *Notification) incident.TimelineEvent {
	what, to := t.said(*n, t.users[n.UserID].Name())
	provider := n.Provider
	if provider == "" {
		provider = n.Channel
	}
	return incident.TimelineEvent{
		IncidentID: *n.IncidentID, EventType: eventWaits, Description: what + " waits: " + provider + " fails again and again",
		Metadata: map[string]any{"notification_id": n.ID, "user_id": n.UserID, "channel": n.Channel, "recipient": to, "action": n.Action},
	}
}
