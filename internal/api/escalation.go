package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// EscalationEvent is one step that was taken.
type EscalationEvent struct {
	ID          int64                 `json:"id"`
	IncidentID  int64                 `json:"incident_id"`
	PolicyID    *int64                `json:"policy_id" doc:"null: the fallback contacts were paged."`
	Episode     int                   `json:"episode"`
	Round       int                   `json:"round" doc:"From 0; one more each time the steps begin again."`
	Step        int                   `json:"step" doc:"From 0."`
	Status      string                `json:"status" enum:"pending,completed,failed" doc:"completed: a page was accepted by a provider, or there was none to send."`
	TriggeredAt time.Time             `json:"triggered_at"`
	CompletedAt *time.Time            `json:"completed_at"`
	CreatedAt   time.Time             `json:"created_at"`
	Metadata    map[string]any        `json:"metadata" doc:"Who was meant, who was paged, by which channels, and why somebody was not."`
	Incident    orNull[EventIncident] `json:"incident"`
	Policy      orNull[EventPolicy]   `json:"policy"`
}

// EventIncident is what an event shows of its incident.
type EventIncident struct {
	ID       int64             `json:"id"`
	Title    string            `json:"title"`
	Service  string            `json:"service"`
	Severity string            `json:"severity"`
	Team     orNull[EventTeam] `json:"team"`
}

// EventTeam names a team.
type EventTeam struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// EventPolicy names a policy.
type EventPolicy struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Escalated is an incident after somebody asked for the next step.
type Escalated struct {
	Incident
	Message          string            `json:"message" doc:"What was done."`
	EscalationEvents []EscalationEvent `json:"escalation_events" doc:"Newest first."`
}

func wireEvent(e escalation.Event) EscalationEvent {
	out := EscalationEvent{
		ID: e.ID, IncidentID: e.IncidentID, PolicyID: e.PolicyID, Episode: e.Episode, Round: e.Round, Step: e.Step, Status: e.Status,
		TriggeredAt: e.TriggeredAt, CompletedAt: e.CompletedAt, CreatedAt: e.CreatedAt, Metadata: orEmpty(e.Metadata),
	}
	if i := e.Incident; i != nil {
		out.Incident.Value = &EventIncident{ID: i.ID, Title: i.Title, Service: i.Service, Severity: i.Severity}
		if i.Team != nil {
			out.Incident.Value.Team.Value = &EventTeam{ID: i.Team.ID, Name: i.Team.Name}
		}
	}
	if p := e.Policy; p != nil {
		out.Policy.Value = &EventPolicy{ID: p.ID, Name: p.Name, Description: p.Description}
	}
	return out
}

func (s *server) escalation() {
	register(s, op(tagEscalation, http.MethodGet, "/v1/escalation/events", "list-escalation-events", "List the steps that were taken, newest first"),
		func(ctx context.Context, actor account.Actor, in *struct{ Paging }) (*page[EscalationEvent], error) {
			return s.listEvents(ctx, actor, in.Paging, nil)
		})
	register(s, answers(op(tagEscalation, http.MethodGet, "/v1/escalation/incidents/{id}/escalation-events", "list-incident-escalation-events",
		"List the steps that were taken for an incident, newest first"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByID
			Paging
		},
		) (*page[EscalationEvent], error) {
			return s.listEvents(ctx, actor, in.Paging, &in.ID)
		})
	more := "The earliest next step is taken at once; its pages are wanted until each person acknowledges. On a resolved incident nothing is done."
	escalate := described(answers(op(tagEscalation, http.MethodPost, "/v1/escalation/incidents/{id}/escalate", "escalate-incident", "Escalate an incident now"),
		http.StatusNotFound, http.StatusConflict), more)
	register(s, escalate, s.escalate)
	escalate.Path, escalate.OperationID, escalate.Tags = "/v1/incidents/{id}/escalate", "escalate", []string{tagIncidents}
	register(s, escalate, s.escalate)
}

func (s *server) listEvents(ctx context.Context, actor account.Actor, p Paging, incidentID *int64) (*page[EscalationEvent], error) {
	found, err := s.Escalations.ListEvents(ctx, actor, escalation.EventFilter{
		IncidentID: incidentID, Skip: p.Skip, Limit: p.Limit, Cursor: p.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return paged(p, list(found.Events, wireEvent), found.Total, found.Capped, found.Next), nil
}

func (s *server) escalate(ctx context.Context, actor account.Actor, in *ByID) (*answer[Escalated], error) {
	escalated, events, err := s.Escalations.EscalateNow(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	head, err := s.wireOne(ctx, actor, escalated)
	if err != nil {
		return nil, err
	}
	out := Escalated{Incident: head, Message: "Escalated: the next step has been taken.", EscalationEvents: list(events, wireEvent)}
	if escalated.Status == incident.StatusResolved {
		out.Message = "The incident is resolved: nothing was done."
	}
	return reply(out), nil
}
