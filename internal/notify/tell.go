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
)

// subjects are what messages about incidents are called on the timeline.
var subjects = map[string]string{ActionPage: "Page", ActionAssigned: "Word of the assignment", ActionResolved: "Word of the resolve"}

// tell puts on the incident's timeline what a provider answered: who was to be told, by which channel, and what came of it.
func (f *finishing) tell(n *Notification, l landing) {
	if n.IncidentID == nil {
		return
	}
	ch := f.Channels[n.Channel]
	title, to := n.Channel, n.Recipient
	if ch != nil {
		title = ch.Describe().Title
		if redacting, ok := ch.(Redacting); ok {
			to = redacting.Redact(n.Recipient)
		}
	}
	what := subjects[n.Action] + " by " + title + " to " + l.facts.user.Name()
	if to != "" && to != l.facts.user.Name() {
		what += " (" + to + ")"
	}
	kind, text := eventSent, what+" was accepted"
	if !l.outcome.Accepted() {
		kind, text = eventFailed, fmt.Sprintf("%s failed at attempt %d", what, n.Attempts)
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
	f.timeline = append(f.timeline, incident.TimelineEvent{
		IncidentID: *n.IncidentID, EventType: kind, Description: text, Metadata: map[string]any{
			"notification_id": n.ID, "user_id": n.UserID, "channel": n.Channel, "recipient": to, "attempt": n.Attempts,
			"result": string(l.outcome.Result), "answer": l.outcome.Detail, "action": n.Action,
		},
	})
}
