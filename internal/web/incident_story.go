package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// The parts of a timeline.
const (
	partPages   = "pages"
	partAlerts  = "alerts"
	partNotes   = "notes"
	partChanges = "changes"
)

var storyParts = []view.Choice{
	{Word: "All"}, {Word: "Pages", URL: partPages}, {Word: "Alerts", URL: partAlerts}, {Word: "Notes", URL: partNotes}, {Word: "Changes", URL: partChanges},
}

// tellStory puts the timeline together: each line that tells of a step has beside it what came of the step, of each person whom it
// found and of each message that it sent. A part of it is shown when the address asks for one.
func (s *site) tellStory(v *visit, p *view.Incident, d incident.Detail, l watch.Ledger, name func(*int64) *view.Person) {
	show := v.query("show")
	for _, part := range storyParts {
		address := "/incidents/" + idText(d.Incident.ID)
		if part.URL != "" {
			address += "?show=" + part.URL
		}
		if part.URL == show {
			p.Show = show
		}
		p.Shows = append(p.Shows, view.Choice{Word: part.Word, URL: address, Current: part.URL == show})
	}
	p.Shows[0].Current = p.Show == ""
	said := map[int64]string{}
	for _, c := range d.Comments {
		said[c.ID] = c.Content
	}
	steps := stepsByLine(l.Steps)
	for _, e := range d.Timeline {
		line := eventOf(e, said)
		if step, found := steps[keyOf(e)]; found {
			line.Kind = partPages
			v.tellStep(&line, *step)
		}
		if p.Show == "" || p.Show == line.Kind {
			p.Events = append(p.Events, line)
		}
	}
	for _, m := range l.Others {
		shown := v.delivery(m.Delivery)
		shown.Ladder = false // It may be older than the answer that its person gave to a step.
		if m.UserID != 0 {
			shown.Person = name(&m.UserID).Name
		}
		p.Others = append(p.Others, shown)
	}
}

// lineKey is what a step's line of the timeline and its event have in common: both were written in one transaction, so they have one
// time.
type lineKey struct {
	at          int64 // in microseconds
	step, round int
	policy      string
}

func stepsByLine(steps []watch.Step) map[lineKey]*watch.Step {
	found := make(map[lineKey]*watch.Step, len(steps))
	for n := range steps {
		e := &steps[n]
		found[lineKey{e.TriggeredAt.UnixMicro(), e.Step, e.Round, policyName(*e)}] = e
	}
	return found
}

// policyName is Event.PolicyName of a step whose metadata has been read.
func policyName(s watch.Step) string {
	if s.Told.Policy != "" {
		return s.Told.Policy
	}
	return s.PolicyName()
}

// keyOf is the key of a line that tells of a step; that of any other line is nobody's.
func keyOf(line incident.TimelineEvent) lineKey {
	step, isStep := line.Metadata["step"].(float64)
	if !isStep {
		return lineKey{}
	}
	round, _ := line.Metadata["round"].(float64)
	policy, _ := line.Metadata["policy"].(string)
	return lineKey{line.CreatedAt.UnixMicro(), int(step), int(round), policy}
}

func (v *visit) tellStep(line *view.Event, s watch.Step) {
	look := view.DeliveryLook(s.Status)
	line.Look = &look
	line.Sub = reachedNobody(s.Event)
	if s.Status == escalation.EventFailed {
		line.Icon, line.Tone = "siren", "critical"
	}
	for _, p := range s.People {
		line.People = append(line.People, v.paged(p))
	}
	for _, m := range s.Posts {
		line.Posts = append(line.Posts, v.delivery(m.Delivery))
	}
}

// pagedLooks show what came of somebody whom nothing was sent.
var pagedLooks = map[string]view.Look{
	escalation.PersonAlreadyPaged: {Icon: "check", Word: "Paged a moment before", Tone: "plain"},
	escalation.PersonUnreachable:  {Icon: "siren", Word: "No way to reach", Tone: "critical"},
}

func (v *visit) paged(p watch.Person) view.Paged {
	shown := view.Paged{Name: p.Name, Via: account.SpellRoles(p.Via), AcknowledgedAt: p.AcknowledgedAt}
	if shown.Name == "" {
		shown.Name = "User " + idText(p.ID)
	}
	if look, known := pagedLooks[p.ToldPerson.Outcome]; known {
		shown.Look = &look
	}
	for _, m := range p.Messages {
		d := v.delivery(m.Delivery)
		d.AcknowledgedAt = answerTo(m, p.AcknowledgedAt)
		d.Ladder = d.Asks
		shown.Pages = append(shown.Pages, d)
	}
	return shown
}

// answerTo is when a message was answered: an answer from before it was written is none.
func answerTo(m watch.Message, at *time.Time) *time.Time {
	if at == nil || at.Before(m.CreatedAt) {
		return nil
	}
	return at
}

// marks are the icon and tone of each kind of event; the sentence says the rest.
var marks = map[string][2]string{
	"created": {"zap", "high"}, "reopened": {"rotate-ccw", "high"}, "alert_added": {"plus", "medium"}, "alert_resolved": {"check", "plain"},
	"acknowledge": {"user-check", "acknowledged"}, "acknowledged": {"user-check", "acknowledged"}, "resolve": {"circle-check", "resolved"},
	"resolved": {"circle-check", "resolved"}, "reopen": {"rotate-ccw", "high"}, "snooze": {"moon", "snoozed"}, "unsnooze": {"bell-ring", "plain"},
	"expire": {"hourglass", "high"}, "assigned": {"user-plus", "plain"}, "unassigned": {"user-x", "plain"}, "comment": {"message-square", "plain"},
	"severity_changed": {"triangle-alert", "medium"}, "updated": {"pencil", "plain"}, "nobody_to_notify": {"siren", "critical"},
	"unreachable": {"siren", "critical"}, "escalation_exhausted": {"siren", "high"}, "notification_sent": {"bell", "plain"},
	"notification_failed": {"bell", "medium"}, "notification_waits": {"bell", "medium"}, eventInstructions: {"file-text", "plain"},
}

// kinds are the parts of the timeline that kinds of events belong to; the rest are changes.
var kinds = map[string]string{
	"created": partAlerts, "reopened": partAlerts, "resolved": partAlerts, "alert_added": partAlerts, "alert_resolved": partAlerts,
	"comment": partNotes, eventInstructions: partNotes, "nobody_to_notify": partPages, "unreachable": partPages,
}

func eventOf(e incident.TimelineEvent, said map[int64]string) view.Event {
	line := view.Event{
		ID: "event-" + idText(e.ID), Kind: kinds[e.EventType], At: e.CreatedAt, Icon: "circle", Tone: "plain", Text: e.Description,
	}
	escalates, tells := strings.Contains(e.EventType, "escalat"), strings.Contains(e.EventType, "notif") || strings.Contains(e.EventType, "page")
	switch mark, known := marks[e.EventType]; {
	case known:
		line.Icon, line.Tone = mark[0], mark[1]
	case escalates:
		line.Icon = "trending-up"
	case tells:
		line.Icon = "bell"
	}
	switch {
	case line.Kind != "":
	case escalates, tells:
		line.Kind = partPages
	default:
		line.Kind = partChanges
	}
	if line.Kind == partPages {
		line.Text = account.SpellRoles(e.Description)
	}
	if e.EventType == eventInstructions {
		step, _ := e.Metadata["step"].(float64)
		line.Text, line.Said = "Step "+strconv.Itoa(int(step)+1)+" says what to do.", e.Description
	}
	if id, ok := e.Metadata["comment_id"].(float64); ok {
		line.Said = said[int64(id)]
	}
	return line
}
