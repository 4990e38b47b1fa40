package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// NotificationTemplate is an organisation's own words for one kind of message on one channel.
type NotificationTemplate struct {
	Event     string    `json:"event" example:"page"`
	Channel   string    `json:"channel" example:"email"`
	Subject   string    `json:"subject" doc:"What is empty is said in the built-in words."`
	Text      string    `json:"text"`
	HTML      string    `json:"html" doc:"Without it, a mail with a text of its own has no HTML."`
	Version   int       `json:"version"`
	UpdatedBy *int64    `json:"updated_by"`
	UpdatedAt time.Time `json:"updated_at"`
}

func wireTemplate(t notify.Template) NotificationTemplate {
	return NotificationTemplate{
		Event: t.Event, Channel: t.Channel, Subject: t.Subject, Text: t.Text, HTML: t.HTML, Version: t.Version, UpdatedBy: t.UpdatedBy,
		UpdatedAt: t.UpdatedAt,
	}
}

// TemplateWords are the words of a template: Go's text/template, and html/template for the HTML.
type TemplateWords struct {
	Subject string `json:"subject,omitempty" maxLength:"20000" example:"[{{.SEVERITY}}] {{.What}}"`
	Text    string `json:"text,omitempty" maxLength:"20000" example:"{{.What}}: {{.AckURL}}"`
	HTML    string `json:"html,omitempty" maxLength:"20000" doc:"For channels that show it."`
}

// TemplateChange replaces a template.
type TemplateChange struct {
	TemplateWords
	Version int `json:"version,omitempty" minimum:"0" doc:"Of the template that is changed: another one there is a 412. 0 changes whichever is there."`
}

// TemplatePreviewOrder says what to show.
type TemplatePreviewOrder struct {
	Event   string `json:"event" example:"page"`
	Channel string `json:"channel" example:"email"`
	TemplateWords
	IncidentID *int64 `json:"incident_id,omitempty" minimum:"1" nullable:"true" doc:"null for a made-up one."`
}

// TemplatePreview is a message as it would be sent; its links lead nowhere.
type TemplatePreview struct {
	Subject  string   `json:"subject"`
	Text     string   `json:"text"`
	HTML     string   `json:"html"`
	Short    string   `json:"short" doc:"For channels with room for one line."`
	Warnings []string `json:"warnings" doc:"What its reader will miss."`
}

// TemplateReference is what templates can say.
type TemplateReference struct {
	Events    []TemplateEvent `json:"events"`
	Channels  []string        `json:"channels"`
	Variables []TemplateWord  `json:"variables" doc:"What a message knows; a bundle knows bundle_variables instead."`
	Bundle    []TemplateWord  `json:"bundle_variables"`
	Functions []TemplateWord  `json:"functions"`
}

// TemplateEvent is a kind of message.
type TemplateEvent struct {
	Name  string `json:"name" example:"page"`
	Title string `json:"title" example:"Page"`
	When  string `json:"when" doc:"When it is sent."`
}

// TemplateWord is a variable or a function of templates.
type TemplateWord struct {
	Name    string `json:"name" example:"What"`
	Meaning string `json:"meaning"`
}

// ByTemplate is the path of a template.
type ByTemplate struct {
	Event   string `path:"event" maxLength:"50" example:"page"`
	Channel string `path:"channel" maxLength:"50" example:"email"`
}

func (s *server) templates() {
	const path = "/v1/notification-templates"
	const one = path + "/{event}/{channel}"
	register(s, op(tagOrganisation, http.MethodGet, path, "list-notification-templates", "List the organisation's own words for its messages"),
		func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[[]NotificationTemplate], error) {
			found, err := s.Notifications.Templates(ctx, actor)
			return replyOr(list(found, wireTemplate), err)
		})
	register(s, op(tagOrganisation, http.MethodGet, path+"/reference", "describe-notification-templates", "What templates can say"),
		func(context.Context, account.Actor, *struct{}) (*answer[TemplateReference], error) {
			return reply(s.templateReference()), nil
		})
	register(s, answers(op(tagOrganisation, http.MethodGet, one, "get-notification-template", "Read the words of one kind of message"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByTemplate) (*answer[NotificationTemplate], error) {
			found, err := s.Notifications.Template(ctx, actor, in.Event, in.Channel)
			return replyOr(wireTemplate(found), err)
		})
	register(s, described(answers(op(tagOrganisation, http.MethodPut, one, "set-notification-template", "Put one kind of message into words"),
		http.StatusPreconditionFailed), "The words are filled in for incidents of every kind before they are kept; each field that fails is named "+
		"with its line. Should they fail later all the same, the built-in words are sent, and the notification says why."),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByTemplate
			Body TemplateChange
		},
		) (*answer[NotificationTemplate], error) {
			kept, err := s.Notifications.SetTemplate(ctx, actor, notify.TemplateDraft{
				Event: in.Event, Channel: in.Channel, Subject: in.Body.Subject, Text: in.Body.Text, HTML: in.Body.HTML, Version: in.Body.Version,
			})
			return replyOr(wireTemplate(kept), err)
		})
	register(s, answers(op(tagOrganisation, http.MethodDelete, one, "delete-notification-template", "Return to the built-in words"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByTemplate) (*answer[Message], error) {
			err := s.Notifications.DeleteTemplate(ctx, actor, in.Event, in.Channel)
			return replyOr(Message{Message: "The built-in words are used again"}, err)
		})
	register(s, answers(op(tagOrganisation, http.MethodPost, path+"/preview", "preview-notification-template", "Show what a template makes of an incident"),
		http.StatusNotFound), s.previewTemplate)
}

func (s *server) previewTemplate(ctx context.Context, actor account.Actor, in *answer[TemplatePreviewOrder]) (*answer[TemplatePreview], error) {
	p, err := s.Notifications.PreviewTemplate(ctx, actor, notify.TemplateDraft{
		Event: in.Body.Event, Channel: in.Body.Channel, Subject: in.Body.Subject, Text: in.Body.Text, HTML: in.Body.HTML,
	}, in.Body.IncidentID)
	return replyOr(TemplatePreview{Subject: p.Subject, Text: p.Text, HTML: p.HTML, Short: p.Short, Warnings: orNone(p.Warnings)}, err)
}

func (s *server) templateReference() TemplateReference {
	word := func(w notify.TemplateWord) TemplateWord { return TemplateWord(w) }
	return TemplateReference{
		Events:    list(notify.TemplateEvents(), func(e notify.TemplateEvent) TemplateEvent { return TemplateEvent(e) }),
		Channels:  s.Notifications.ChannelKinds(),
		Variables: list(notify.TemplateVariables(), word),
		Bundle:    list(notify.BundleVariables(), word),
		Functions: list(notify.TemplateFunctions(), word),
	}
}
