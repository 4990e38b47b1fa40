package web

import (
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// tellStory puts the timeline together: each line that tells of a step has what came of the step beside it.
func tellStory(p *view.Incident, d incident.Detail, steps []escalation.Event) {
	said := map[int64]string{}
	for _, c := range d.Comments {
		said[c.ID] = c.Content
	}
	for _, e := range d.Timeline {
		line := eventOf(e, said)
		if step, found := stepOf(e, steps); found {
			tellStep(&line, step)
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
		if e.TriggeredAt.Equal(line.CreatedAt) && e.Step == int(step) && e.Round == int(round) && toldBy(e).policyNameOf(e) == policy {
			return e, true
		}
	}
	return escalation.Event{}, false
}

func tellStep(line *view.Event, e escalation.Event) {
	look := view.DeliveryLook(e.Status)
	line.Look = &look
	line.Sub = toldBy(e).nobody(e)
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
	"unreachable": {"siren", "critical"}, "escalation_exhausted": {"siren", "high"},
}

func eventOf(e incident.TimelineEvent, said map[int64]string) view.Event {
	line := view.Event{ID: "event-" + idText(e.ID), At: e.CreatedAt, Icon: "circle", Tone: "plain", Text: e.Description}
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
