package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// NewIncident is what a person reports.
type NewIncident struct {
	Title       string            `json:"title" minLength:"1" maxLength:"255" example:"Checkout is slow"`
	Description string            `json:"description,omitempty" maxLength:"50000"`
	Severity    string            `json:"severity,omitempty" enum:"critical,high,medium,low,info" default:"medium"`
	Service     string            `json:"service,omitempty" maxLength:"255" doc:"Gives the team, unless one is named."`
	TeamID      *int64            `json:"team_id,omitempty" minimum:"1" nullable:"true"`
	Status      string            `json:"status,omitempty" enum:"open,triggered,acknowledged,resolved" default:"open"`
	AlertID     string            `json:"alert_id,omitempty" maxLength:"255"`
	Labels      map[string]string `json:"labels,omitempty" maxProperties:"100"`
	Metadata    map[string]any    `json:"metadata,omitempty" maxProperties:"200"`
	_           struct{}          `json:"-" additionalProperties:"true"`
}

// IncidentChange changes what is given; a status goes through the status machine.
type IncidentChange struct {
	Title       *string            `json:"title,omitempty" minLength:"1" maxLength:"255"`
	Description *string            `json:"description,omitempty" maxLength:"50000"`
	Severity    *string            `json:"severity,omitempty" enum:"critical,high,medium,low,info"`
	Service     *string            `json:"service,omitempty" maxLength:"255"`
	TeamID      patch[int64]       `json:"team_id,omitzero" minimum:"1" doc:"null takes the team away."`
	Status      *string            `json:"status,omitempty" enum:"open,triggered,acknowledged,resolved"`
	Labels      *map[string]string `json:"labels,omitempty" maxProperties:"100" doc:"Replaces all labels."`
	Metadata    *map[string]any    `json:"metadata,omitempty" maxProperties:"200" doc:"Replaces all of it."`
	_           struct{}           `json:"-" additionalProperties:"true"`
}

func (c IncidentChange) domain() incident.Edit {
	e := incident.Edit{
		Title: c.Title, Description: c.Description, Severity: (*incident.Severity)(c.Severity), Service: c.Service,
		Labels: c.Labels, Metadata: c.Metadata,
	}
	if c.Status != nil {
		// The schema lets only statuses through.
		status, _ := incident.ParseStatus(*c.Status)
		e.Status = &status
	}
	if c.TeamID.Given {
		e.TeamID = &c.TeamID.Value
	}
	return e
}

func (s *server) incidents() {
	one := func(o operation) operation { return answers(o, http.StatusNotFound) }
	register(s, op(tagIncidents, http.MethodGet, "/v1/incidents", "list-incidents", "List incidents"), s.listIncidents)
	register(s, described(creates(op(tagIncidents, http.MethodPost, "/v1/incidents", "create-incident", "Report an incident")),
		"Whoever is on call for the team is assigned and told; the policies that match start."), s.createIncident)
	register(s, one(op(tagIncidents, http.MethodGet, "/v1/incidents/{id}", "get-incident", "Get an incident with all that belongs to it")), s.getIncident)
	register(s, answers(one(op(tagIncidents, http.MethodPut, "/v1/incidents/{id}", "update-incident", "Change an incident")),
		http.StatusConflict), s.updateIncident)
	register(s, one(op(tagIncidents, http.MethodDelete, "/v1/incidents/{id}", "delete-incident", "Delete an incident")), s.deleteIncident)
	s.incidentActs()
	s.comments()
}

func (s *server) createIncident(ctx context.Context, actor account.Actor, in *answer[NewIncident]) (*answer[IncidentDetail], error) {
	n := in.Body
	// The schema lets only statuses through; no status is open.
	status, _ := incident.ParseStatus(n.Status)
	created, err := s.Incidents.Create(ctx, actor, incident.NewIncident{
		Title: n.Title, Description: n.Description, Severity: incident.Severity(n.Severity), Service: n.Service, TeamID: n.TeamID,
		Status: status, AlertID: n.AlertID, Labels: n.Labels, Metadata: n.Metadata,
	})
	if err != nil {
		return nil, err
	}
	return s.detail(ctx, actor, created.ID)
}

func (s *server) getIncident(ctx context.Context, actor account.Actor, in *ByID) (*answer[IncidentDetail], error) {
	return s.detail(ctx, actor, in.ID)
}

func (s *server) detail(ctx context.Context, actor account.Actor, id int64) (*answer[IncidentDetail], error) {
	detail, err := s.Incidents.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out, err := s.wireDetail(ctx, actor, detail)
	return replyOr(out, err)
}

func (s *server) updateIncident(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body IncidentChange
},
) (*answer[Incident], error) {
	changed, err := s.Incidents.Edit(ctx, actor, in.ID, in.Body.domain())
	return s.acted(ctx, actor, changed, err)
}

func (s *server) deleteIncident(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Incidents.Delete(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Incident deleted successfully"), nil
}

// acted answers with an incident after something was done to it.
func (s *server) acted(ctx context.Context, actor account.Actor, i incident.Incident, err error) (*answer[Incident], error) {
	if err != nil {
		return nil, err
	}
	out, err := s.wireOne(ctx, actor, i)
	return replyOr(out, err)
}
