package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
)

// Service is something that people run and that can break.
type Service struct {
	ID          int64     `json:"id" example:"5"`
	Name        string    `json:"name" example:"checkout"`
	Aliases     []string  `json:"aliases" doc:"Other names that senders use for it."`
	Description string    `json:"description"`
	TeamID      *int64    `json:"team_id" doc:"Whose it is."`
	PolicyID    *int64    `json:"policy_id" doc:"Matched before all other policies."`
	RunbookURL  string    `json:"runbook_url"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func wireService(s catalog.Service) Service {
	return Service{
		ID: s.ID, Name: s.Name, Aliases: orNone(s.Aliases), Description: s.Description, TeamID: s.TeamID, PolicyID: s.PolicyID,
		RunbookURL: s.RunbookURL, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

// NewService is what makes a service.
type NewService struct {
	Name        string   `json:"name" minLength:"1" maxLength:"255" example:"checkout"`
	Aliases     []string `json:"aliases,omitempty" maxItems:"50" maxLength:"255"`
	Description string   `json:"description,omitempty" maxLength:"10000"`
	TeamID      *int64   `json:"team_id,omitempty" minimum:"1" nullable:"true"`
	PolicyID    *int64   `json:"policy_id,omitempty" minimum:"1" nullable:"true"`
	RunbookURL  string   `json:"runbook_url,omitempty" maxLength:"2000"`
}

// ServiceChange changes what is given.
type ServiceChange struct {
	Name        *string      `json:"name,omitempty" minLength:"1" maxLength:"255"`
	Aliases     *[]string    `json:"aliases,omitempty" maxItems:"50" maxLength:"255"`
	Description *string      `json:"description,omitempty" maxLength:"10000"`
	TeamID      patch[int64] `json:"team_id,omitzero" minimum:"1" doc:"null takes it away."`
	PolicyID    patch[int64] `json:"policy_id,omitzero" minimum:"1" doc:"null takes it away."`
	RunbookURL  *string      `json:"runbook_url,omitempty" maxLength:"2000"`
}

// ListServices is the query of the catalogue.
type ListServices struct {
	Paging
	TeamID int64  `query:"team_id"`
	Query  string `query:"q" maxLength:"255" doc:"A part of the name."`
}

func (s *server) services() {
	register(s, op(tagServices, http.MethodGet, "/v1/services", "list-services", "List the services by name"), s.listServices)
	register(s, creates(op(tagServices, http.MethodPost, "/v1/services", "create-service", "Create a service")), s.createService)
	register(s, answers(op(tagServices, http.MethodGet, "/v1/services/{id}", "get-service", "Get a service"), http.StatusNotFound), s.getService)
	register(s, answers(op(tagServices, http.MethodPut, "/v1/services/{id}", "update-service", "Change a service"), http.StatusNotFound), s.updateService)
	register(s, described(answers(op(tagServices, http.MethodDelete, "/v1/services/{id}", "delete-service", "Delete a service"), http.StatusNotFound),
		"Incidents keep its name."), s.deleteService)
}

func (s *server) listServices(ctx context.Context, actor account.Actor, in *ListServices) (*page[Service], error) {
	found, err := s.Catalog.List(ctx, actor, catalog.Filter{
		TeamID: given(in.TeamID), Query: in.Query, Skip: in.Skip, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return paged(in.Paging, list(found.Services, wireService), found.Total, false, found.Next), nil
}

func (s *server) createService(ctx context.Context, actor account.Actor, in *answer[NewService]) (*answer[Service], error) {
	service, err := s.Catalog.Create(ctx, actor, catalog.NewService(in.Body))
	return replyOr(wireService(service), err)
}

func (s *server) getService(ctx context.Context, actor account.Actor, in *ByID) (*answer[Service], error) {
	service, err := s.Catalog.Get(ctx, actor, in.ID)
	return replyOr(wireService(service), err)
}

func (s *server) updateService(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body ServiceChange
},
) (*answer[Service], error) {
	service, err := s.Catalog.Update(ctx, actor, in.ID, catalog.ServicePatch{
		Name: in.Body.Name, Aliases: in.Body.Aliases, Description: in.Body.Description,
		TeamID: zeroForNull(in.Body.TeamID), PolicyID: zeroForNull(in.Body.PolicyID), RunbookURL: in.Body.RunbookURL,
	})
	return replyOr(wireService(service), err)
}

func (s *server) deleteService(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Catalog.Delete(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Service deleted successfully"), nil
}
