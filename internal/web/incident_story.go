package web

import (
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// tellStory puts the timeline together.
func (s *site) tellStory(_ *visit, p *view.Incident, d incident.Detail) error {
	said := map[int64]string{}
	for _, c := range d.Comments {
		said[c.ID] = c.Content
	}
	for _, e := range d.Timeline {
		p.Events = append(p.Events, eventOf(e, said))
	}
	return nil
}

// marks are the icon and tone of each kind of event; the sentence says the rest.
var marks = map[string][2]string{
	"created": {"zap", "high"}, "reopened": {"rotate-ccw", "high"}, "alert_added": {"plus", "medium"}, "alert_resolved": {"check", "plain"},
	"acknowledge": {"user-check", "acknowledged"}, "acknowledged": {"user-check", "acknowledged"}, "resolve": {"circle-check", "resolved"},
	"resolved": {"circle-check", "resolved"}, "reopen": {"rotate-ccw", "high"}, "snooze": {"moon", "snoozed"}, "unsnooze": {"bell-ring", "plain"},
	"expire": {"hourglass", "high"}, "assigned": {"user-plus", "plain"}, "unassigned": {"user-x", "plain"}, "comment": {"message-square", "plain"},
	"severity_changed": {"triangle-alert", "medium"}, "updated": {"pencil", "plain"},
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
