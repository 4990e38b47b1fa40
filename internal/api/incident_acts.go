package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// SnoozeIncident says how long an incident sleeps: by the query or by the body.
type SnoozeIncident struct {
	ByID
	Hours float64 `query:"hours" exclusiveMinimum:"0" maximum:"720" example:"2"`
	Body  *Snooze
}

// Snooze is the JSON form.
type Snooze struct {
	Hours *float64   `json:"hours,omitempty" exclusiveMinimum:"0" maximum:"720"`
	Until *time.Time `json:"until,omitempty" doc:"At most 30 days ahead."`
	_     struct{}   `json:"-" additionalProperties:"true"`
}

// Assign says who is to work on an incident.
type Assign struct {
	UserID int64    `json:"user_id" minimum:"1"`
	Role   string   `json:"role,omitempty" maxLength:"50" default:"responder"`
	_      struct{} `json:"-" additionalProperties:"true"`
}

// act is a use case that takes an incident and nothing else.
type act func(ctx context.Context, actor account.Actor, id int64) (incident.Incident, error)

func (s *server) incidentActs() {
	for _, a := range []struct {
		name, summary, more string
		do                  act
	}{
		{"acknowledge", "Take an incident", "Nobody is paged for it any more, and whoever asks is assigned. On an acknowledged one nothing changes.", s.Incidents.Acknowledge},
		{"resolve", "Resolve an incident", "Whoever asks is assigned. On a resolved one nothing changes.", s.Incidents.Resolve},
		{"reopen", "Reopen a resolved incident", "A new episode begins and the policies that match start.", s.Incidents.Reopen},
		{"unsnooze", "Wake a snoozed incident", "It stands as it did before.", s.Incidents.Unsnooze},
	} {
		o := answers(op(tagIncidents, http.MethodPost, "/v1/incidents/{id}/"+a.name, a.name+"-incident", a.summary), http.StatusNotFound, http.StatusConflict)
		register(s, described(o, a.more), func(ctx context.Context, actor account.Actor, in *ByID) (*answer[Incident], error) {
			changed, err := a.do(ctx, actor, in.ID)
			return s.acted(ctx, actor, changed, err)
		})
	}
	register(s, described(answers(op(tagIncidents, http.MethodPost, "/v1/incidents/{id}/snooze", "snooze-incident", "Put an incident to sleep"),
		http.StatusNotFound, http.StatusConflict), "For hours, given by the query or the body, or until an instant; at most 30 days."), s.snooze)
	register(s, answers(op(tagIncidents, http.MethodPost, "/v1/incidents/{id}/assign", "assign-incident", "Have somebody work on an incident"),
		http.StatusNotFound, http.StatusConflict), s.assign)
	register(s, answers(op(tagIncidents, http.MethodDelete, "/v1/incidents/{id}/assignments/{user_id}", "unassign-incident", "Take somebody off an incident"),
		http.StatusNotFound), s.unassign)
}

func (s *server) snooze(ctx context.Context, actor account.Actor, in *SnoozeIncident) (*answer[Incident], error) {
	until, err := in.until(s.Clock.Now())
	if err != nil {
		return nil, err
	}
	changed, err := s.Incidents.Snooze(ctx, actor, in.ID, until)
	return s.acted(ctx, actor, changed, err)
}

func (in *SnoozeIncident) until(now time.Time) (time.Time, error) {
	hours := in.Hours
	if in.Body != nil {
		if in.Body.Until != nil {
			return in.Body.Until.UTC(), nil
		}
		if in.Body.Hours != nil {
			hours = *in.Body.Hours
		}
	}
	// Not a number passes every bound of a schema.
	if hours == 0 || math.IsNaN(hours) {
		var c fault.Checks
		c.Add("query.hours", "is needed, or hours or until in the body")
		return time.Time{}, c.Err()
	}
	return now.Add(time.Duration(hours * float64(time.Hour))), nil
}

func (s *server) assign(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body Assign
},
) (*answer[Incident], error) {
	changed, err := s.Incidents.Assign(ctx, actor, in.ID, in.Body.UserID, in.Body.Role)
	return s.withAssignments(ctx, actor, changed, err)
}

func (s *server) unassign(ctx context.Context, actor account.Actor, in *struct {
	ByID
	UserID int64 `path:"user_id"`
},
) (*answer[Incident], error) {
	changed, err := s.Incidents.Unassign(ctx, actor, in.ID, in.UserID)
	return s.withAssignments(ctx, actor, changed, err)
}

// withAssignments answers with an incident and who works on it. Whoever took themselves off may no longer see it: then the
// answer is what they saw last, with nobody.
func (s *server) withAssignments(ctx context.Context, actor account.Actor, i incident.Incident, err error) (*answer[Incident], error) {
	out, err := s.acted(ctx, actor, i, err)
	if err != nil {
		return nil, err
	}
	detail, err := s.Incidents.Get(ctx, actor, i.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	items := []Incident{out.Body}
	err = s.addAssignments(ctx, actor, items, map[int64][]incident.Assignment{i.ID: detail.Assignments})
	return replyOr(items[0], err)
}
