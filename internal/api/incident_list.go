package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// ListIncidents is the query of the list of incidents.
type ListIncidents struct {
	Paging
	Status             []string  `query:"status,explode" doc:"open (or triggered), acknowledged, snoozed, resolved; several by commas or repeated."`
	Severity           []string  `query:"severity,explode" doc:"critical, high, medium, low, info; several by commas or repeated."`
	Service            string    `query:"service" maxLength:"255"`
	TeamID             []int64   `query:"team_id" maxItems:"100" doc:"Several by commas."`
	AssignedTo         string    `query:"assigned_to" maxLength:"20" example:"me" doc:"me, or a user's id."`
	AcknowledgedBy     string    `query:"acknowledged_by" maxLength:"20" doc:"me, or a user's id."`
	Reporter           string    `query:"reporter" maxLength:"20" doc:"me, or a user's id."`
	Source             string    `query:"source" maxLength:"50" doc:"manual, or the kind of sender."`
	Label              []string  `query:"label,explode" maxItems:"20" example:"host=db-1" doc:"name=value; repeated, all must hold."`
	Query              string    `query:"q" maxLength:"255" doc:"A part of title, description or service, or a number."`
	CreatedFrom        time.Time `query:"created_from" doc:"At or after."`
	CreatedTo          time.Time `query:"created_to" doc:"Before."`
	Unescalated        string    `query:"unescalated" enum:"true,false"`
	IncludeAssignments bool      `query:"include_assignments"`
	Sort               string    `query:"sort" enum:"created_at,-created_at,updated_at,-updated_at,severity,-severity,attention,-attention,title,-title" default:"-created_at"`
}

func (s *server) listIncidents(ctx context.Context, actor account.Actor, in *ListIncidents) (*page[Incident], error) {
	filter, err := in.filter(actor)
	if err != nil {
		return nil, err
	}
	found, err := s.Incidents.List(ctx, actor, filter)
	if err != nil {
		return nil, err
	}
	items, err := s.wireIncidents(ctx, actor, found.Incidents)
	if err != nil {
		return nil, err
	}
	if in.IncludeAssignments {
		if err := s.addAssignments(ctx, actor, items, found.Assignments); err != nil {
			return nil, err
		}
	}
	return paged(in.Paging, items, found.Total.N, found.Total.Capped, found.Next), nil
}

func (s *server) addAssignments(ctx context.Context, actor account.Actor, items []Incident, assignments map[int64][]incident.Assignment) error {
	var ids []int64
	for _, group := range assignments {
		for _, a := range group {
			ids = append(ids, a.UserID)
		}
	}
	people, err := s.Accounts.People(ctx, actor, ids)
	if err != nil {
		return err
	}
	for i := range items {
		assigned := wireAssignments(assignments[items[i].ID], people)
		items[i].Assignments = &assigned
	}
	return nil
}

// filter is the query in the room's words. Every wrong parameter is named.
func (in *ListIncidents) filter(actor account.Actor) (incident.Filter, error) {
	var c fault.Checks
	f := incident.Filter{
		Statuses:       words(&c, "query.status", in.Status, incident.ParseStatus, "open, triggered, acknowledged, snoozed or resolved"),
		Severities:     words(&c, "query.severity", in.Severity, incident.ParseSeverity, "critical, high, medium, low or info"),
		Service:        in.Service,
		TeamIDs:        in.TeamID,
		AssignedTo:     someone(&c, "query.assigned_to", in.AssignedTo, actor),
		AcknowledgedBy: someone(&c, "query.acknowledged_by", in.AcknowledgedBy, actor),
		Reporter:       someone(&c, "query.reporter", in.Reporter, actor),
		Source:         in.Source, Labels: labels(&c, in.Label), Query: in.Query,
		CreatedFrom: instant(in.CreatedFrom), CreatedTo: instant(in.CreatedTo),
		Unescalated: yesOrNo(in.Unescalated), Sort: in.Sort, Skip: in.Skip, Limit: in.Limit, Cursor: in.Cursor,
		WithAssignments: in.IncludeAssignments,
	}
	return f, c.Err()
}

// words reads a parameter that is repeated or separated by commas.
func words[T any](c *fault.Checks, where string, values []string, parse func(string) (T, bool), known string) (out []T) {
	for word := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if word == "" {
			continue
		}
		value, ok := parse(word)
		if !ok {
			c.Add(where, "must be %s", known)
			return nil
		}
		out = append(out, value)
	}
	return out
}

func someone(c *fault.Checks, where, text string, actor account.Actor) *int64 {
	switch text {
	case "":
		return nil
	case "me":
		return &actor.UserID
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		c.Add(where, "must be me or a user's id")
	}
	return &id
}

func labels(c *fault.Checks, pairs []string) map[string]string {
	out := map[string]string{}
	for _, pair := range pairs {
		cut := strings.IndexAny(pair, "=:")
		if cut < 1 {
			c.Add("query.label", "must be name=value")
			continue
		}
		out[pair[:cut]] = pair[cut+1:]
	}
	return out
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
