package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

// Integration is one sender's way in.
type Integration struct {
	ID            int64             `json:"id" example:"2"`
	Name          string            `json:"name" example:"Prometheus, production"`
	Kind          string            `json:"kind" example:"alertmanager"`
	TeamID        *int64            `json:"team_id" doc:"Gets what no other rule gives to a team."`
	Service       string            `json:"service" doc:"Of messages that name none."`
	Severity      string            `json:"severity" enum:"critical,high,medium,low,info" doc:"For words that nobody knows."`
	Severities    map[string]string `json:"severities" doc:"The sender's own words and what they mean here."`
	ReopenMinutes int               `json:"reopen_minutes" doc:"How long after a recovery a firing reopens the incident."`
	IsActive      bool              `json:"is_active"`
	KeyPrefix     string            `json:"key_prefix" example:"1-k3v9qa" doc:"The beginning of the key, to recognise it."`
	OldKeyUntil   *time.Time        `json:"old_key_until" doc:"Until when the key before the last rotation works."`
	OldKeyUsedAt  *time.Time        `json:"old_key_used_at" doc:"When it was last seen since."`
	LastEventAt   *time.Time        `json:"last_event_at"`
	Error         string            `json:"error" doc:"Why the last message could not be read."`
	CreatedBy     *int64            `json:"created_by"`
	CreatedAt     time.Time         `json:"created_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
}

// IntegrationWithKey is an integration with its key, which is shown this once.
type IntegrationWithKey struct {
	Integration
	Key   string `json:"key" doc:"Shown this once."`
	URL   string `json:"url" doc:"Where the sender delivers; the key is part of it."`
	Setup string `json:"setup" doc:"Text to copy into the sender's configuration."`
}

// NewIntegration is what makes an integration.
type NewIntegration struct {
	Name          string            `json:"name" minLength:"1" maxLength:"255" example:"Prometheus, production"`
	Kind          string            `json:"kind" minLength:"1" maxLength:"50" example:"alertmanager"`
	TeamID        *int64            `json:"team_id,omitempty" minimum:"1" nullable:"true"`
	Service       string            `json:"service,omitempty" maxLength:"255"`
	Severity      string            `json:"severity,omitempty" enum:"critical,high,medium,low,info" default:"high"`
	Severities    map[string]string `json:"severities,omitempty" maxProperties:"50"`
	ReopenMinutes *int              `json:"reopen_minutes,omitempty" minimum:"0" maximum:"1440" default:"10"`
}

// IntegrationChange changes what is given.
type IntegrationChange struct {
	Name          *string            `json:"name,omitempty" minLength:"1" maxLength:"255"`
	TeamID        patch[int64]       `json:"team_id,omitzero" minimum:"1" doc:"null takes it away."`
	Service       *string            `json:"service,omitempty" maxLength:"255"`
	Severity      *string            `json:"severity,omitempty" enum:"critical,high,medium,low,info"`
	Severities    *map[string]string `json:"severities,omitempty" maxProperties:"50" doc:"Replaces all of them."`
	ReopenMinutes *int               `json:"reopen_minutes,omitempty" minimum:"0" maximum:"1440"`
	IsActive      *bool              `json:"is_active,omitempty"`
}

// InboundMessage is a message as it came, and what was made of it.
type InboundMessage struct {
	ID          int64            `json:"id"`
	ReceivedAt  time.Time        `json:"received_at"`
	ContentType string           `json:"content_type"`
	Body        string           `json:"body" doc:"As it came, at most 16384 characters of it."`
	Truncated   bool             `json:"truncated" doc:"There was more than is shown."`
	Readable    bool             `json:"readable"`
	Error       string           `json:"error" doc:"Why it could not be read."`
	Incidents   []IntakeIncident `json:"incidents"`
	Warnings    []string         `json:"warnings"`
}

// IntakeIncident is one incident that a message touched.
type IntakeIncident struct {
	ID      int64  `json:"id"`
	Outcome string `json:"outcome" example:"created" doc:"created, updated, reopened, resolved, alert_resolved or unchanged."`
}

func wireIntegration(i intake.Integration) Integration {
	out := Integration{
		ID: i.ID, Name: i.Name, Kind: i.Kind, TeamID: i.TeamID, Service: i.Service, Severity: string(i.Severity),
		Severities: map[string]string{}, ReopenMinutes: int(i.ReopenWindow / time.Minute), IsActive: i.IsActive,
		KeyPrefix: i.KeyPrefix, OldKeyUntil: i.OldKeyUntil, OldKeyUsedAt: i.OldKeyUsedAt, LastEventAt: i.LastEventAt,
		Error: i.Error, CreatedBy: i.CreatedBy, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
	for word, severity := range i.Severities {
		out.Severities[word] = string(severity)
	}
	return out
}

// withKey adds the key and where the sender delivers with it.
func (s *server) withKey(i intake.Integration, key string, err error) (*answer[IntegrationWithKey], error) {
	if err != nil {
		return nil, err
	}
	address := s.PublicURL + "/v1/intake/" + url.PathEscape(i.Kind) + "/" + url.PathEscape(key)
	return reply(IntegrationWithKey{Integration: wireIntegration(i), Key: key, URL: address, Setup: s.Intake.Setup(i.Kind, address)}), nil
}

func (s *server) integrations() {
	const at = "/v1/integrations"
	one := func(o operation) operation { return answers(o, http.StatusNotFound) }
	register(s, op(tagIntake, http.MethodGet, at, "list-integrations", "List integrations by name"), s.listIntegrations)
	register(s, described(creates(op(tagIntake, http.MethodPost, at, "create-integration", "Create an integration")),
		"The key is in the answer, this once."), s.createIntegration)
	register(s, one(op(tagIntake, http.MethodGet, at+"/{id}", "get-integration", "Get an integration")), s.getIntegration)
	register(s, one(op(tagIntake, http.MethodPut, at+"/{id}", "update-integration", "Change an integration")), s.updateIntegration)
	register(s, described(one(op(tagIntake, http.MethodDelete, at+"/{id}", "delete-integration", "Delete an integration")),
		"Its key opens nothing any more; what it brought in stays."), s.deleteIntegration)
	register(s, described(one(op(tagIntake, http.MethodPost, at+"/{id}/rotate", "rotate-integration", "Give an integration a new key")),
		"The key before works for another day."), s.rotateIntegration)
	register(s, one(op(tagIntake, http.MethodGet, at+"/{id}/events", "list-integration-events", "List the last messages and what was made of them")),
		s.integrationEvents)
	register(s, answers(one(op(tagIntake, http.MethodPost, at+"/{id}/test", "test-integration", "Send a test alert through an integration")),
		http.StatusGatewayTimeout), s.testIntegration)
}

func (s *server) listIntegrations(ctx context.Context, actor account.Actor, in *struct{ Paging }) (*page[Integration], error) {
	found, err := s.Intake.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return cutPage(in.Paging, list(found, wireIntegration))
}

func (s *server) createIntegration(ctx context.Context, actor account.Actor, in *answer[NewIntegration]) (*answer[IntegrationWithKey], error) {
	created, key, err := s.Intake.Create(ctx, actor, intake.NewIntegration{
		Name: in.Body.Name, Kind: in.Body.Kind, TeamID: in.Body.TeamID, Service: in.Body.Service, Severity: in.Body.Severity,
		ReopenMinutes: in.Body.ReopenMinutes, Severities: in.Body.Severities,
	})
	return s.withKey(created, key, err)
}

func (s *server) getIntegration(ctx context.Context, actor account.Actor, in *ByID) (*answer[Integration], error) {
	found, err := s.Intake.Get(ctx, actor, in.ID)
	return replyOr(wireIntegration(found), err)
}

func (s *server) updateIntegration(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body IntegrationChange
},
) (*answer[Integration], error) {
	changed, err := s.Intake.Update(ctx, actor, in.ID, intake.IntegrationPatch{
		Name: in.Body.Name, TeamID: zeroForNull(in.Body.TeamID), Service: in.Body.Service, Severity: in.Body.Severity,
		ReopenMinutes: in.Body.ReopenMinutes, Severities: in.Body.Severities, IsActive: in.Body.IsActive,
	})
	return replyOr(wireIntegration(changed), err)
}

func (s *server) deleteIntegration(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Intake.Delete(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Integration deleted successfully"), nil
}

func (s *server) rotateIntegration(ctx context.Context, actor account.Actor, in *ByID) (*answer[IntegrationWithKey], error) {
	rotated, key, err := s.Intake.Rotate(ctx, actor, in.ID)
	return s.withKey(rotated, key, err)
}

func (s *server) integrationEvents(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]InboundMessage], error) {
	messages, err := s.Intake.Messages(ctx, actor, in.ID)
	return replyOr(list(messages, wireMessage), err)
}

func (s *server) testIntegration(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]IntakeIncident], error) {
	result, err := s.Intake.SendTest(ctx, actor, in.ID)
	return replyOr(list(result.Outcomes, func(r incident.Receipt) IntakeIncident {
		return IntakeIncident{ID: r.IncidentID, Outcome: string(r.Outcome)}
	}), err)
}

// shownBody is how much of a message's body is shown, in characters.
const shownBody = 16384

func wireMessage(m intake.InboundMessage) InboundMessage {
	text := strings.ToValidUTF8(string(m.Body), "\uFFFD")
	cut := utf8.RuneCountInString(text) > shownBody
	if cut {
		text = string([]rune(text)[:shownBody])
	}
	return InboundMessage{
		ID: m.ID, ReceivedAt: m.ReceivedAt, ContentType: m.ContentType, Body: text, Truncated: m.Truncated || cut,
		Readable: m.Readable, Error: m.Error, Warnings: orNone(m.Outcome.Warnings),
		Incidents: list(m.Outcome.Incidents, func(i intake.AcceptedIncident) IntakeIncident {
			return IntakeIncident{ID: i.ID, Outcome: string(i.Outcome)}
		}),
	}
}
