package web

import (
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// maxDeliveries bounds how many messages stand on an incident's page; the list of notifications has the rest.
const maxDeliveries = 500

// sentBySteps are the messages of an incident's steps, by the escalation event that sent them, in the order in which they were written.
func (s *site) sentBySteps(v *visit, id int64) (map[int64][]view.Delivery, error) {
	page, err := s.Notifications.ListNotifications(v.ctx, v.actor, notify.NotificationFilter{IncidentID: &id, Limit: maxDeliveries})
	if err != nil {
		return nil, err
	}
	shown, err := s.deliveries(v, page.Notifications)
	sent := map[int64][]view.Delivery{}
	for i, n := range slices.Backward(page.Notifications) {
		if n.EventID != nil {
			sent[*n.EventID] = append(sent[*n.EventID], shown[i])
		}
	}
	return sent, err
}

// tellStory puts the timeline together: each line that tells of a step has beside it what came of the step and of each page that it sent.
func tellStory(p *view.Incident, d incident.Detail, steps []escalation.Event, sent map[int64][]view.Delivery) {
	said := map[int64]string{}
	for _, c := range d.Comments {
		said[c.ID] = c.Content
	}
	for _, e := range d.Timeline {
		line := eventOf(e, said)
		if step, found := stepOf(e, steps); found {
			tellStep(&line, step)
			line.Pages = sent[step.ID]
		}
		p.Events = append(p.Events, line)
	}
}

// stepOf is the step that a line of the timeline tells of. Both were written in one transaction, so they have one time.
func stepOf(line incident.TimelineEvent, steps []escalation.Event) (escalation.Event, bool) {
	step, isStep := line.Metadata["step"].(float64)
	round, _ := line.Metadata["round"].(float64)
	policy, _ := line.Metadata["policy"].(string)
	if !isStep {
		return escalation.Event{}, false
	}
	for _, e := range steps {
		if e.TriggeredAt.Equal(line.CreatedAt) && e.Step == int(step) && e.Round == int(round) && e.PolicyName() == policy {
			return e, true
		}
	}
	return escalation.Event{}, false
}

func tellStep(line *view.Event, e escalation.Event) {
	look := view.DeliveryLook(e.Status)
	line.Look = &look
	line.Sub = reachedNobody(e)
	if e.Status == escalation.EventFailed {
		line.Icon, line.Tone = "siren", "critical"
	}
}

// marks are the icon and tone of each kind of event; the sentence says the rest.
var marks = map[string][2]string{
	"created": {"zap", "high"}, "reopened": {"rotate-ccw", "high"}, "alert_added": {"plus", "medium"}, "alert_resolved": {"check", "plain"},
	"acknowledge": {"user-check", "acknowledged"}, "acknowledged": {"user-check", "acknowledged"}, "resolve": {"circle-check", "resolved"},
	"resolved": {"circle-check", "resolved"}, "reopen": {"rotate-ccw", "high"}, "snooze": {"moon", "snoozed"}, "unsnooze": {"bell-ring", "plain"},
	"expire": {"hourglass", "high"}, "assigned": {"user-plus", "plain"}, "unassigned": {"user-x", "plain"}, "comment": {"message-square", "plain"},
	"severity_changed": {"triangle-alert", "medium"}, "updated": {"pencil", "plain"}, "nobody_to_notify": {"siren", "critical"},
	"unreachable": {"siren", "critical"}, "escalation_exhausted": {"siren", "high"}, "notification_sent": {"bell", "plain"},
	"notification_failed": {"bell", "medium"}, "notification_waits": {"bell", "medium"},
}

func eventOf(e incident.TimelineEvent, said map[int64]string) view.Event {
	line := view.Event{ID: "event-" + idText(e.ID), At: e.CreatedAt, Icon: "circle", Tone: "plain", Text: roleWords.Replace(e.Description)}
	if mark, known := marks[e.EventType]; known {
		line.Icon, line.Tone = mark[0], mark[1]
	} else if strings.Contains(e.EventType, "escalat") {
		line.Icon = "trending-up"
	} else if strings.Contains(e.EventType, "notif") || strings.Contains(e.EventType, "page") {
		line.Icon = "bell"
	}
	if id, ok := e.Metadata["comment_id"].(float64); ok {
		line.Said = said[int64(id)]
	}
	return line
}
