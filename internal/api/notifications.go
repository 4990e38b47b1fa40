package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Notification is one message on one channel to one person, or to nobody in particular.
type Notification struct {
	ID             int64          `json:"id"`
	UserID         *int64         `json:"user_id" doc:"null for a post to a webhook or a channel of the organisation."`
	IncidentID     *int64         `json:"incident_id" doc:"null for what is about no incident."`
	Episode        int            `json:"episode" doc:"Of the incident; 0 without one."`
	EventID        *int64         `json:"event_id" doc:"The escalation event that asked for it."`
	Title          string         `json:"title"`
	Message        string         `json:"message"`
	Channel        string         `json:"channel" example:"email"`
	Recipient      string         `json:"recipient" doc:"The address; redacted where it holds a secret."`
	Urgency        string         `json:"urgency" enum:"high,low"`
	ActionType     string         `json:"action_type" example:"page" doc:"page asks for a response; the others tell; post goes to no person."`
	Status         string         `json:"status" enum:"pending,sending,sent,delivered,failed,cancelled"`
	Reason         string         `json:"reason" doc:"Why it was cancelled or failed."`
	WantedUntil    string         `json:"wanted_until" doc:"acknowledged, own_acknowledgement, resolved; day for a post, which is given up after a day; empty for what is given up after an hour."`
	Attempts       int            `json:"attempts" doc:"How often it was tried."`
	Tries          []Try          `json:"tries" doc:"The attempts, in order."`
	Error          *string        `json:"error" doc:"What the last failed attempt brought."`
	TemplateError  *string        `json:"template_error" doc:"Why the last attempt went out with other words than those of the organisation's template."`
	Post           *PostContent   `json:"post,omitempty" doc:"What a post carries besides its words."`
	BundleID       *int64         `json:"bundle_id" doc:"The notification whose message carries this one; null for one that has its own."`
	MaybeDuplicate bool           `json:"maybe_duplicate" doc:"A sender, or the answer to one, was lost, so it may have been sent twice."`
	ProviderRef    string         `json:"provider_ref"`
	Metadata       map[string]any `json:"metadata"`
	CreatedAt      time.Time      `json:"created_at"`
	NextAttemptAt  *time.Time     `json:"next_attempt_at"`
	SentAt         *time.Time     `json:"sent_at"`
	DeliveredAt    *time.Time     `json:"delivered_at"`
	SeenAt         *time.Time     `json:"seen_at" doc:"When the person first looked at what the page told of: behind its link, or at the incident."`
}

// PostContent is what a post carries besides its words.
type PostContent struct {
	Headers map[string]string `json:"headers" doc:"Their values, which may be secrets, are not shown."`
	Body    string            `json:"body" doc:"The template of the body; empty for the channel's own document."`
}

// Try is one attempt to send a notification.
type Try struct {
	Number     int        `json:"number"`
	Node       string     `json:"node"`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Result     string     `json:"result" example:"sent"`
	Answer     string     `json:"answer" doc:"What the provider said."`
}

func wireNotification(d notify.Delivery) Notification {
	n := d.Notification
	out := Notification{
		ID: n.ID, UserID: given(n.UserID), IncidentID: n.IncidentID, Episode: n.Episode, EventID: n.EventID, Title: n.Title, Message: n.Message,
		Channel: n.Channel, Recipient: n.Recipient, Urgency: n.Urgency, ActionType: n.Action, Status: string(n.Status), Reason: n.Reason,
		WantedUntil: string(n.WantedUntil), Attempts: n.Attempts, Error: given(n.Error), TemplateError: given(n.TemplateError), MaybeDuplicate: n.MaybeDuplicate,
		ProviderRef: n.ProviderRef, Metadata: orEmpty(n.Metadata), CreatedAt: n.CreatedAt, NextAttemptAt: n.NextAttemptAt,
		SentAt: n.SentAt, DeliveredAt: n.DeliveredAt, SeenAt: n.SeenAt, BundleID: n.BundleID,
	}
	if n.Post != nil {
		out.Post = &PostContent{Headers: map[string]string{}, Body: n.Post.Body}
		for name := range n.Post.Headers {
			out.Post.Headers[name] = "…"
		}
	}
	out.Tries = list(d.Tries, func(a notify.Attempt) Try {
		return Try{Number: a.Number, Node: a.Node, StartedAt: a.StartedAt, FinishedAt: a.FinishedAt, Result: a.Result, Answer: a.Detail}
	})
	return out
}

// ListNotifications is the query of the list of notifications.
type ListNotifications struct {
	Paging
	Status  []string `query:"status,explode" doc:"pending, sending, sent, delivered, failed, cancelled; several by commas or repeated."`
	Channel string   `query:"channel" maxLength:"50"`
	UserID  string   `query:"user_id" maxLength:"20" doc:"me, or a user's id."`
}

func (s *server) notifications() {
	register(s, described(op(tagNotifications, http.MethodGet, "/v1/notifications", "list-notifications", "List notifications, newest first"),
		"One's own; those of everybody for whoever may see all incidents."), s.listNotifications)
	register(s, op(tagNotifications, http.MethodGet, "/v1/notifications/history", "list-my-notifications", "List what was sent to me, newest first"),
		func(ctx context.Context, actor account.Actor, in *struct{ Paging }) (*page[Notification], error) {
			return s.pageNotifications(ctx, actor, in.Paging, notify.NotificationFilter{UserID: &actor.UserID})
		})
	register(s, answers(op(tagNotifications, http.MethodGet, "/v1/notifications/incidents/{id}/notifications", "list-incident-notifications",
		"List the notifications of an incident, newest first"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByID
			Paging
		},
		) (*page[Notification], error) {
			return s.pageNotifications(ctx, actor, in.Paging, notify.NotificationFilter{IncidentID: &in.ID})
		})
	register(s, answers(op(tagNotifications, http.MethodGet, "/v1/notifications/{id}", "get-notification", "Read one notification"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByID) (*answer[Notification], error) {
			found, err := s.Notifications.GetNotification(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return reply(wireNotification(found)), nil
		})
}

func (s *server) listNotifications(ctx context.Context, actor account.Actor, in *ListNotifications) (*page[Notification], error) {
	var c fault.Checks
	f := notify.NotificationFilter{UserID: someone(&c, "query.user_id", in.UserID, actor), Channel: in.Channel}
	if err := c.Err(); err != nil {
		return nil, err
	}
	for word := range strings.SplitSeq(strings.Join(in.Status, ","), ",") {
		if word != "" {
			f.Statuses = append(f.Statuses, notify.Status(word))
		}
	}
	return s.pageNotifications(ctx, actor, in.Paging, f)
}

func (s *server) pageNotifications(ctx context.Context, actor account.Actor, p Paging, f notify.NotificationFilter) (*page[Notification], error) {
	f.Skip, f.Limit, f.Cursor = p.Skip, p.Limit, p.Cursor
	found, err := s.Notifications.ListNotifications(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	return paged(p, list(found.Notifications, wireNotification), found.Total, found.Capped, found.Next), nil
}
