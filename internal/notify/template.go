package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Template is an organisation's own words for one kind of message on one channel. What is empty is said in the built-in words.
type Template struct {
	Event     string // one of TemplateEvents
	Channel   string
	Subject   string
	Text      string
	HTML      string // for channels that show it; without it, a mail whose Text is the organisation's own has no HTML
	Version   int    // 1 when it was made; each change adds one
	UpdatedBy *int64
	UpdatedAt time.Time
}

// TemplateEvent is a kind of message that organisations may put into words of their own.
type TemplateEvent struct{ Name, Title, When string }

// TemplateEvents lists the kinds of messages.
func TemplateEvents() []TemplateEvent { return slices.Clone(templateEvents) }

var templateEvents = []TemplateEvent{
	{ActionPage, "Page", "Somebody is asked to respond to an incident."},
	{ActionStillOnIt, "Still on it?", "Who holds an incident is asked whether they still do, before their acknowledgement runs out."},
	{ActionAssigned, "Assigned", "Somebody was assigned by the escalation or the schedule."},
	{ActionCommented, "Comment", "Those who are assigned are told what somebody wrote."},
	{ActionAcknowledged, "Acknowledged", "Those who are assigned are told that somebody took it."},
	{ActionResolved, "Resolved", "Those who were paged, are assigned or reported it are told that it is over."},
	{ActionBundle, "Bundle", "Several pages, or several notices, come to a person in one message."},
	{ActionPost, "Post", "A policy tells a channel of the organisation."},
	{ActionTest, "Test page", "Somebody tries whether they are reached."},
}

func isTemplateEvent(name string) bool {
	return slices.ContainsFunc(templateEvents, func(e TemplateEvent) bool { return e.Name == name })
}

// Rendering is what a template makes of one message. Wrong holds what failed, by field: subject, text, html.
type Rendering struct {
	Subject, Text, HTML string
	Wrong               []Wrong
}

// Wrong is what is wrong with a field of a template, and for which of the samples.
type Wrong struct{ Field, Text string }

// templateForms are a template's fields, parsed.
type templateForms struct {
	subject, text, html *form
}

// parse reads the fields that are given and names those that cannot be read.
func (t Template) parse() (forms templateForms, wrong []Wrong) {
	read := func(field, source string, html bool) *form {
		if source == "" {
			return nil
		}
		f, err := parseForm(source, html)
		if err != nil {
			wrong = append(wrong, Wrong{field, err.Error()})
			return nil
		}
		return &f
	}
	forms.subject, forms.text, forms.html = read("subject", t.Subject, false), read("text", t.Text, false), read("html", t.HTML, true)
	return forms, wrong
}

// fill fills the fields in. What comes out of the subject is one line.
func (forms templateForms) fill(ctx context.Context, data any) (r Rendering) {
	put := func(field string, f *form, to *string) {
		if f == nil {
			return
		}
		filled, err := f.fill(ctx, data)
		if err == nil && strings.TrimSpace(filled) == "" {
			err = errors.New("comes out empty")
		}
		if err != nil {
			r.Wrong = append(r.Wrong, Wrong{field, err.Error()})
			return
		}
		*to = filled
	}
	put("subject", forms.subject, &r.Subject)
	put("text", forms.text, &r.Text)
	put("html", forms.html, &r.HTML)
	r.Subject = line(r.Subject, titleInMessage)
	return r
}

// apply puts the organisation's words in the place of the built-in ones; note says why it did not. A template that fails for one
// field is not used at all: half of it might say the wrong thing.
func (t Template) apply(ctx context.Context, m *Message, data any) (note string) {
	forms, wrong := t.parse()
	if wrong == nil {
		ctx, stop := context.WithTimeout(ctx, fillTime)
		defer stop()
		r := forms.fill(ctx, data)
		if r.Wrong == nil {
			r.into(m)
			return ""
		}
		wrong = r.Wrong
	}
	parts := make([]string, len(wrong))
	for i, w := range wrong {
		parts[i] = w.Field + ": " + w.Text
	}
	return strings.Join(parts, "; ")
}

func (r Rendering) into(m *Message) {
	if r.Subject != "" {
		m.Title = r.Subject
	}
	if r.Text != "" {
		m.Text, m.Short, m.HTML = strings.TrimSpace(r.Text)+"\n", line(r.Text, shortMessage), ""
	}
	if r.HTML != "" {
		m.HTML = r.HTML
	}
}

// try fills the forms in for each of the samples and names each field that fails, once.
func (t Template) try(ctx context.Context, samples []sampleData) (wrong []Wrong) {
	forms, wrong := t.parse()
	failed := map[string]bool{}
	for _, one := range samples {
		for _, w := range forms.fill(ctx, one.data).Wrong {
			if !failed[w.Field] {
				failed[w.Field] = true
				wrong = append(wrong, Wrong{w.Field, fmt.Sprintf("fails for %s: %s", one.name, w.Text)})
			}
		}
	}
	return wrong
}
