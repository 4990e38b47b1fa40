package notify

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// facts is what a message is made from: read in the transaction that begins its attempt.
type facts struct {
	user     account.User
	incident *incident.Incident // nil for what is about no incident
	team     string             // the incident's team, "" for none
	links    []incident.Link    // of its alerts: runbooks, dashboards
	template *Template          // the organisation's own words, nil for the built-in ones
	attempt  int
	now      time.Time
}

// How much of each text a message holds, in characters: enough to decide, little enough to read on a phone.
const (
	titleInMessage       = 200
	shortMessage         = 160
	descriptionInMessage = 2000
	labelsInMessage      = 20
	labelInMessage       = 200
	linksInMessage       = 10
	whyInMessage         = 300
	nameInMessage        = 100
)

// fillTime is how long filling in somebody's template may take: much less than within which a message must be on its way.
const fillTime = 200 * time.Millisecond

// compose makes the message of one attempt. It never fails: what a template cannot do is said in other words, and note says why.
func (s *Service) compose(ctx context.Context, n Notification, f facts) (m Message, note string) {
	return s.composeWith(ctx, builtin, n, f)
}

func (s *Service) composeWith(ctx context.Context, w words, n Notification, f facts) (m Message, note string) {
	m = s.envelope(n, f)
	if n.Action == ActionVerify {
		n.Message += " " + s.codeOf(n.OrgID, n.PageKey)
	}
	l := letterOf(n, f, m)
	m.Title = l.Subject
	m.Short = l.short()
	m.Text, m.HTML = s.words(w, l)
	if f.template != nil && (f.incident != nil || n.Action == ActionTest) {
		note = s.inOwnWords(ctx, *f.template, &m, l)
	}
	if n.Post != nil {
		ctx, stop := context.WithTimeout(ctx, fillTime)
		defer stop()
		body, err := n.Post.fill(ctx, l)
		if err != nil {
			note = "body: " + err.Error()
			s.Logger.ErrorContext(ctx, "the body of a post could not be filled in; the channel's own is sent", "notification", n.ID, "error", err)
		}
		m.Headers, m.Body = n.Post.Headers, body
	}
	return m, note
}

// inOwnWords puts the organisation's words into a message; note says why it could not.
func (s *Service) inOwnWords(ctx context.Context, t Template, m *Message, data any) (note string) {
	if note = t.apply(ctx, m, data); note != "" {
		s.Logger.ErrorContext(ctx, "a template failed; the built-in words are sent", "event", t.Event, "channel", t.Channel,
			"notification", m.NotificationID, "error", note)
	}
	return note
}

// buttons are what the one button says of messages that ask for an answer.
var buttons = map[string]string{ActionPage: "Acknowledge", ActionStillOnIt: "Yes, still on it"}

// envelope is all of a message but its words.
func (s *Service) envelope(n Notification, f facts) Message {
	m := Message{
		NotificationID: n.ID, Org: n.OrgID, Action: n.Action, To: n.Recipient, Recipient: line(f.user.Name(), nameInMessage), Urgency: n.Urgency,
		IdempotencyKey: fmt.Sprintf("tocsin-%s-n%d", s.installation(), n.ID), Attempt: f.attempt, At: f.now,
	}
	if f.incident != nil {
		m.Severity, m.IncidentID = string(f.incident.Severity), f.incident.ID
		m.IncidentURL = fmt.Sprintf("%s/incidents/%d", s.PublicURL, f.incident.ID)
		m.Thread = fmt.Sprintf("tocsin-%s-i%d", s.installation(), f.incident.ID)
		if word := buttons[n.Action]; word != "" {
			m.AckURL, m.AckWord = s.linkFor(n), word
		}
	}
	return m
}

// aboutIncidents are the kinds of messages whose words say nothing without one.
var aboutIncidents = []string{ActionPage, ActionStillOnIt, ActionAssigned, ActionCommented, ActionAcknowledged, ActionPost}

// words are the text and the HTML of a letter.
func (s *Service) words(w words, l letter) (text, html string) {
	if l.Number == 0 && slices.Contains(aboutIncidents, l.Action) {
		return l.plain(), "" // The incident has been deleted; the words are about one.
	}
	text, html, err := w.render(l.Action, l)
	if err != nil {
		s.Logger.Error("a message's words could not be put together; it is sent plainly", "action", l.Action, "error", err)
		return l.plain(), ""
	}
	return text, html
}

// installation tells the messages of this server from those of every other one.
func (s *Service) installation() string {
	return hex.EncodeToString(s.Secret.Derive("installation")[:5])
}

// letter is what the words are filled with. Every text in it is clean: see line and paragraphs.
type letter struct {
	Action             string
	Subject            string
	Name               string // of the recipient
	What               string // the incident's title
	Number             int64  // the incident, 0 for none
	Severity, SEVERITY string
	Status             string // "" while it is open
	Service, Team      string
	Since, Ago         string
	First              string // when it was opened first, if this is not its first episode
	Why                string // why it is this person who is told
	Alerts             int
	Said               string // what the step or the person who asked had to say
	Description        string
	Labels             []labelled
	Links              []labelled
	IncidentURL        string
	AckURL             string
}

// labelled is a name with a value.
type labelled struct{ Name, Value string }

func letterOf(n Notification, f facts, m Message) letter {
	l := letter{
		Action: n.Action, Name: m.Recipient, What: line(n.Title, titleInMessage), Said: paragraphs(n.Message, descriptionInMessage),
		IncidentURL: m.IncidentURL, AckURL: m.AckURL, Number: m.IncidentID,
	}
	if via, ok := n.Metadata["via"].(string); ok {
		l.Why = line(via, whyInMessage)
	}
	if f.incident != nil {
		l.about(*f.incident, f)
	}
	l.Subject = l.subject()
	return l
}

func (l *letter) about(i incident.Incident, f facts) {
	l.What = line(i.Title, titleInMessage)
	l.Severity, l.SEVERITY = string(i.Severity), strings.ToUpper(string(i.Severity))
	if i.Status != incident.StatusOpen {
		l.Status = string(i.Status)
	}
	l.Service, l.Team = line(i.Service, nameInMessage), line(f.team, nameInMessage)
	l.Since, l.Ago = clockTime(i.OpenedAt, f.user.Timezone), ago(f.now.Sub(i.OpenedAt))
	if i.Episode > 1 {
		l.First = clockTime(i.CreatedAt, f.user.Timezone)
	}
	l.Alerts = i.FiringCount
	l.Description = paragraphs(i.Description, descriptionInMessage)
	for _, name := range slices.Sorted(maps.Keys(i.Labels)) {
		if len(l.Labels) == labelsInMessage {
			break
		}
		l.Labels = append(l.Labels, labelled{line(name, labelInMessage), line(i.Labels[name], labelInMessage)})
	}
	l.Links = pagesOf(f.links)
}

// pagesOf are the links that lead to a web page, each once.
func pagesOf(links []incident.Link) []labelled {
	var pages []labelled
	for _, link := range links {
		u, err := url.Parse(link.URL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || line(link.URL, len(link.URL)) != link.URL {
			continue
		}
		page := labelled{line(link.Text, nameInMessage), link.URL}
		if page.Name == "" {
			page.Name = u.Host
		}
		if len(pages) < linksInMessage && !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
	}
	return pages
}

// headings are what stands before the incident where a message does not page.
var headings = map[string]string{
	ActionStillOnIt: "Still on it? ", ActionAssigned: "Assigned to you: ", ActionCommented: "Comment: ", ActionAcknowledged: "Acknowledged: ",
	ActionResolved: "Resolved: ",
}

// subject is the message in one line: how bad, which, what.
func (l letter) subject() string {
	what := l.What
	if l.Number != 0 {
		what = fmt.Sprintf("%s #%d: %s", l.SEVERITY, l.Number, l.What)
	}
	if before := headings[l.Action]; before != "" {
		return before + what
	}
	switch l.Action {
	case ActionTest:
		return "Test page: this is how Tocsin reaches you"
	case ActionVerify:
		return "Your code for Tocsin"
	case actionRecovery:
		return "Set a new password for Tocsin"
	}
	if what == "" {
		return "A message from Tocsin"
	}
	return what
}

// short is the message in at most 160 characters. The title gives way to the rest, and the address is there if it fits.
func (l letter) short() string {
	if l.Number == 0 {
		text := l.Subject
		if l.Action == ActionVerify {
			text = line(l.Said, shortMessage) // It is about nothing but the code.
		}
		return line(text, shortMessage)
	}
	before, after := fmt.Sprintf("%s #%d ", l.SEVERITY, l.Number), ""
	before = headings[l.Action] + before
	if l.Service != "" {
		before += line(l.Service, 40) + ": "
	}
	if l.Action == ActionPage {
		after = " (" + l.Ago + ")"
	}
	text := before + line(l.What, shortMessage-runes(before)-runes(after)) + after
	if with := text + " " + l.IncidentURL; runes(with) <= shortMessage {
		return with
	}
	return text
}

// plain is the message without any template.
func (l letter) plain() string {
	var b strings.Builder
	for _, part := range []labelled{
		{"", l.Subject},
		{"Service: ", l.Service},
		{"Team: ", l.Team},
		{"Since: ", l.Since},
		{"Why you: ", l.Why},
		{"Acknowledge: ", l.AckURL},
		{"Incident: ", l.IncidentURL},
		{"", l.Said},
		{"", l.Description},
	} {
		if part.Value != "" {
			b.WriteString(part.Name + part.Value + "\n")
		}
	}
	return b.String()
}
