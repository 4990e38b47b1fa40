package notify

import (
	"context"
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// TemplateDraft is what a template is to say. It is tried before it is kept.
type TemplateDraft struct {
	Event, Channel      string
	Subject, Text, HTML string
	Version             int // of the template that it changes; 0 changes whichever is there
}

// Templates lists the organisation's own words, for its administrators. Fault: Forbidden.
func (s *Service) Templates(ctx context.Context, actor account.Actor) (list []Template, err error) {
	if !actor.Can(account.Admin) {
		return nil, account.Forbid("see the templates of notifications")
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = templatesOf(tx, actor.Org)
		return err
	})
	return list, err
}

// Template reads one. Faults: Forbidden, NotFound where the built-in words are used.
func (s *Service) Template(ctx context.Context, actor account.Actor, event, channel string) (t Template, err error) {
	if !actor.Can(account.Admin) {
		return Template{}, account.Forbid("see the templates of notifications")
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found := false
		if t, found, err = templateOf(tx, actor.Org, event, channel, ""); err == nil && !found {
			err = fault.NotFoundf("Template")
		}
		return err
	})
	return t, err
}

// SetTemplate keeps the organisation's own words, once they have been filled in for incidents of every kind. Faults: Forbidden,
// Invalid with each field that fails and its line, Stale when another version is there.
func (s *Service) SetTemplate(ctx context.Context, actor account.Actor, d TemplateDraft) (t Template, err error) {
	if !actor.Can(account.Admin) {
		return Template{}, account.Forbid("change the templates of notifications")
	}
	if err := s.checkTemplate(ctx, d); err != nil {
		return Template{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		present, _, err := templateOf(tx, actor.Org, d.Event, d.Channel, tx.Lock())
		if err != nil {
			return err
		}
		if d.Version != 0 && d.Version != present.Version {
			return fault.New(fault.Stale, "template_changed", "The template has been changed meanwhile: it is at version %d, not %d.", present.Version, d.Version)
		}
		t = Template{
			Event: d.Event, Channel: d.Channel, Subject: d.Subject, Text: d.Text, HTML: d.HTML, Version: present.Version + 1, UpdatedAt: tx.Now(),
		}
		if actor.UserID != 0 {
			by := actor.UserID
			t.UpdatedBy = &by
		}
		return saveTemplate(tx, actor.Org, t)
	})
	return t, err
}

// DeleteTemplate returns to the built-in words. Faults: Forbidden, NotFound.
func (s *Service) DeleteTemplate(ctx context.Context, actor account.Actor, event, channel string) error {
	if !actor.Can(account.Admin) {
		return account.Forbid("change the templates of notifications")
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, found, err := templateOf(tx, actor.Org, event, channel, tx.Lock())
		if err == nil && !found {
			err = fault.NotFoundf("Template")
		}
		if err != nil {
			return err
		}
		return deleteTemplate(tx, actor.Org, event, channel)
	})
}

// checkTemplate names everything that is wrong with a draft. Fault: Invalid.
func (s *Service) checkTemplate(ctx context.Context, d TemplateDraft) error {
	var c fault.Checks
	s.checkPlace(&c, "path", d)
	if d.Subject == "" && d.Text == "" && d.HTML == "" {
		c.Add("body.text", "is required, or a subject")
	}
	if !c.Empty() {
		return c.Err()
	}
	ctx, stop := context.WithTimeout(ctx, checkTime)
	defer stop()
	for _, w := range d.template().try(ctx, s.samples(d.Event)) {
		c.Add("body."+w.Field, "%s", w.Text)
	}
	return c.Err()
}

// checkPlace names what is wrong with the event and the channel, which were given in the path or in the body.
func (s *Service) checkPlace(c *fault.Checks, in string, d TemplateDraft) {
	if !isTemplateEvent(d.Event) {
		var names []string
		for _, e := range templateEvents {
			names = append(names, e.Name)
		}
		c.Add(in+".event", "must be one of %s", strings.Join(names, ", "))
	}
	ch := s.Channels[d.Channel]
	switch {
	case ch == nil:
		c.Add(in+".channel", "must be one of %s", strings.Join(kinds(s.Channels), ", "))
	case d.HTML != "" && !ch.Describe().HTML:
		c.Add("body.html", "is not shown by %s", ch.Describe().Title)
	}
}

func (d TemplateDraft) template() Template {
	return Template{Event: d.Event, Channel: d.Channel, Subject: d.Subject, Text: d.Text, HTML: d.HTML}
}

// Preview is a draft as a message.
type Preview struct {
	Subject, Text, HTML, Short string
	Warnings                   []string
}

// PreviewTemplate shows what a draft makes of an incident, or of a made-up one. Its links lead nowhere. Faults: Forbidden, NotFound
// for the incident, Invalid as for SetTemplate.
func (s *Service) PreviewTemplate(ctx context.Context, actor account.Actor, d TemplateDraft, incidentID *int64) (p Preview, err error) {
	if !actor.Can(account.Admin) {
		return Preview{}, account.Forbid("change the templates of notifications")
	}
	var c fault.Checks
	if s.checkPlace(&c, "body", d); !c.Empty() {
		return Preview{}, c.Err()
	}
	one := s.samples(d.Event)[0]
	if incidentID != nil {
		if one, err = s.sampleOf(ctx, actor, d.Event, *incidentID); err != nil {
			return Preview{}, err
		}
	}
	m := one.message
	forms, wrong := d.template().parse()
	ctx, stop := context.WithTimeout(ctx, checkTime)
	defer stop()
	r := forms.fill(ctx, one.data)
	for _, w := range append(wrong, r.Wrong...) {
		c.Add("body."+w.Field, "%s", w.Text)
	}
	if !c.Empty() {
		return Preview{}, c.Err()
	}
	r.into(&m)
	p = Preview{Subject: m.Title, Text: m.Text, HTML: m.HTML, Short: m.Short}
	if s.Channels[d.Channel].Describe().HTML {
		p.Warnings = warnings(d, m)
	} else {
		p.HTML = "" // Such channels have buttons beside the text.
	}
	return p, nil
}

// warnings are what a message lacks that its reader needs at night.
func warnings(d TemplateDraft, m Message) (list []string) {
	if m.AckURL == "" {
		return nil
	}
	for _, part := range []struct{ name, source, made string }{{"text", d.Text, m.Text}, {"HTML", d.HTML, m.HTML}} {
		if part.source != "" && !strings.Contains(part.made, m.AckURL) {
			list = append(list, fmt.Sprintf("The %s has no link to acknowledge: write {{.AckURL}}.", part.name))
		}
	}
	return list
}
