package api

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Incident is one thing that people work on.
type Incident struct {
	ID             int64             `json:"id" example:"42"`
	Title          string            `json:"title" example:"db-1: disk full"`
	Description    string            `json:"description"`
	Status         string            `json:"status" enum:"open,acknowledged,snoozed,resolved"`
	Severity       string            `json:"severity" enum:"critical,high,medium,low,info"`
	Urgency        string            `json:"urgency" enum:"high,low" doc:"critical and high severities are of high urgency."`
	Service        string            `json:"service" example:"database"`
	TeamID         *int64            `json:"team_id"`
	Team           orNull[TeamRef]   `json:"team"`
	AlertID        string            `json:"alert_id" doc:"The sender's own id."`
	Source         string            `json:"source" example:"alertmanager" doc:"manual, or the kind of sender."`
	Labels         map[string]string `json:"labels"`
	Metadata       map[string]any    `json:"metadata"`
	MetadataTwin   map[string]any    `json:"metadata_" doc:"The same as metadata."`
	CreatedBy      *int64            `json:"created_by" doc:"Who reported it; null for an alert."`
	AssignedTo     *int64            `json:"assigned_to"`
	AlertCount     int               `json:"alert_count" doc:"Alerts it ever had."`
	FiringCount    int               `json:"firing_count" doc:"Alerts that fire now."`
	Episode        int               `json:"episode" doc:"Counts how often it has gone to open."`
	Unescalated    bool              `json:"unescalated" doc:"No policy pages anybody for it."`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
	AcknowledgedAt *time.Time        `json:"acknowledged_at"`
	AcknowledgedBy *int64            `json:"acknowledged_by"`
	AckExpiresAt   *time.Time        `json:"ack_expires_at" doc:"When it opens again unless somebody does something."`
	ResolvedAt     *time.Time        `json:"resolved_at"`
	ResolvedBy     *int64            `json:"resolved_by"`
	SnoozedUntil   *time.Time        `json:"snoozed_until"`

	Assignments *[]Assignment `json:"assignments,omitempty" doc:"Who works on it; on lists only with include_assignments."`
}

// TeamRef is a team as other things name it.
type TeamRef struct {
	ID          int64  `json:"id" example:"3"`
	Name        string `json:"name" example:"Payments"`
	Description string `json:"description"`
}

// Assignment is a person who works on an incident.
type Assignment struct {
	ID         int64        `json:"id"`
	UserID     int64        `json:"user_id"`
	Role       string       `json:"role" example:"responder"`
	AssignedAt time.Time    `json:"assigned_at"`
	AssignedBy *int64       `json:"assigned_by" doc:"null: the server did."`
	User       orNull[User] `json:"user"`
}

// Comment is what a person wrote under an incident.
type Comment struct {
	ID         int64        `json:"id"`
	IncidentID int64        `json:"incident_id"`
	Content    string       `json:"content"`
	CreatedAt  time.Time    `json:"created_at"`
	User       orNull[User] `json:"user"`
}

// TimelineEvent is one thing that happened to an incident.
type TimelineEvent struct {
	ID          int64          `json:"id"`
	EventType   string         `json:"event_type" example:"acknowledged"`
	Description string         `json:"description" example:"Ann acknowledged it."`
	Metadata    map[string]any `json:"metadata"`
	Data        map[string]any `json:"data" doc:"The same as metadata."`
	CreatedAt   time.Time      `json:"created_at"`
	CreatedBy   *int64         `json:"created_by" doc:"null: the server or a sender did."`
}

// Alert is one thing that fires or has fired, of those that an incident gathers.
type Alert struct {
	ID          int64             `json:"id"`
	Key         string            `json:"key" doc:"The sender's key."`
	Status      string            `json:"status" enum:"firing,resolved"`
	Severity    string            `json:"severity" enum:"critical,high,medium,low,info"`
	Title       string            `json:"title"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Links       []Link            `json:"links"`
	StartsAt    *time.Time        `json:"starts_at"`
	EndsAt      *time.Time        `json:"ends_at"`
	LastAt      time.Time         `json:"last_at" doc:"When the sender last said something about it."`
	Count       int               `json:"count" doc:"How often it did."`
}

// Link is a page about an alert at its sender.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// IncidentDetail is an incident with all that stands on its page.
type IncidentDetail struct {
	Incident
	Comments       []Comment       `json:"comments" doc:"Oldest first."`
	TimelineEvents []TimelineEvent `json:"timeline_events" doc:"Newest first, the last 1000."`
	Alerts         []Alert         `json:"alerts"`
}

// wireIncidents fills in the teams that the incidents name.
func (s *server) wireIncidents(ctx context.Context, actor account.Actor, incidents []incident.Incident) ([]Incident, error) {
	var ids []int64
	for _, i := range incidents {
		if i.TeamID != nil {
			ids = append(ids, *i.TeamID)
		}
	}
	teams, err := s.Accounts.TeamsByID(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	return list(incidents, func(i incident.Incident) Incident { return wireIncident(i, teams) }), nil
}

func (s *server) wireOne(ctx context.Context, actor account.Actor, i incident.Incident) (Incident, error) {
	one, err := s.wireIncidents(ctx, actor, []incident.Incident{i})
	if err != nil {
		return Incident{}, err
	}
	return one[0], nil
}

func wireIncident(i incident.Incident, teams map[int64]account.Team) Incident {
	out := Incident{
		ID: i.ID, Title: i.Title, Description: i.Description, Status: string(i.Status), Severity: string(i.Severity),
		Urgency: string(i.Urgency()), Service: i.Service, TeamID: i.TeamID, AlertID: i.AlertID, Source: i.Source,
		Labels: orEmpty(i.Labels), Metadata: orEmpty(i.Metadata), MetadataTwin: orEmpty(i.Metadata),
		CreatedBy: i.CreatedBy, AssignedTo: i.AssignedTo, AlertCount: i.AlertCount, FiringCount: i.FiringCount,
		Episode: i.Episode, Unescalated: i.Unescalated, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		AcknowledgedAt: i.AcknowledgedAt, AcknowledgedBy: i.AcknowledgedBy, AckExpiresAt: i.AckExpiresAt,
		ResolvedAt: i.ResolvedAt, ResolvedBy: i.ResolvedBy, SnoozedUntil: i.SnoozedUntil,
	}
	if i.TeamID != nil {
		if t, ok := teams[*i.TeamID]; ok {
			out.Team.Value = &TeamRef{ID: t.ID, Name: t.Name, Description: t.Description}
		}
	}
	return out
}

// wireDetail fills in everybody whom the page names.
func (s *server) wireDetail(ctx context.Context, actor account.Actor, d incident.Detail) (IncidentDetail, error) {
	head, err := s.wireOne(ctx, actor, d.Incident)
	if err != nil {
		return IncidentDetail{}, err
	}
	people, err := s.Accounts.People(ctx, actor, peopleOf(d))
	if err != nil {
		return IncidentDetail{}, err
	}
	out := IncidentDetail{
		Incident: head, TimelineEvents: list(d.Timeline, wireTimeline), Alerts: list(d.Alerts, wireAlert),
		Comments: list(d.Comments, func(c incident.Comment) Comment { return wireComment(c, people) }),
	}
	assigned := wireAssignments(d.Assignments, people)
	out.Assignments = &assigned
	return out, nil
}

func peopleOf(d incident.Detail) (ids []int64) {
	for _, a := range d.Assignments {
		ids = append(ids, a.UserID)
	}
	for _, c := range d.Comments {
		if c.UserID != nil {
			ids = append(ids, *c.UserID)
		}
	}
	return ids
}

func wireAssignments(assignments []incident.Assignment, people map[int64]account.User) []Assignment {
	return list(assignments, func(a incident.Assignment) Assignment {
		return Assignment{
			ID: a.ID, UserID: a.UserID, Role: a.Role, AssignedAt: a.AssignedAt, AssignedBy: a.AssignedBy, User: named(people, &a.UserID),
		}
	})
}

func wireComment(c incident.Comment, people map[int64]account.User) Comment {
	return Comment{ID: c.ID, IncidentID: c.IncidentID, Content: c.Content, CreatedAt: c.CreatedAt, User: named(people, c.UserID)}
}

func wireTimeline(e incident.TimelineEvent) TimelineEvent {
	return TimelineEvent{
		ID: e.ID, EventType: e.EventType, Description: e.Description, Metadata: orEmpty(e.Metadata), Data: orEmpty(e.Metadata),
		CreatedAt: e.CreatedAt, CreatedBy: e.UserID,
	}
}

func wireAlert(a incident.Alert) Alert {
	return Alert{
		ID: a.ID, Key: a.SenderKey, Status: string(a.Status), Severity: string(a.Severity), Title: a.Title,
		Labels: orEmpty(a.Labels), Annotations: orEmpty(a.Annotations), StartsAt: a.StartsAt, EndsAt: a.EndsAt,
		Links:  list(a.Links, func(l incident.Link) Link { return Link(l) }),
		LastAt: a.LastAt, Count: a.Count,
	}
}

// named is the person with the id, null when there is none.
func named(people map[int64]account.User, id *int64) orNull[User] {
	if id == nil {
		return orNull[User]{}
	}
	user, ok := people[*id]
	if !ok {
		return orNull[User]{}
	}
	wire := wireUser(user)
	return orNull[User]{Value: &wire}
}

// orEmpty keeps null out of what is an object on the wire.
func orEmpty[V any](object map[string]V) map[string]V {
	if object == nil {
		return map[string]V{}
	}
	return object
}
