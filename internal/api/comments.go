package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// NewComment is what a person writes under an incident.
type NewComment struct {
	Content    string   `json:"content" minLength:"1" maxLength:"10000" example:"Looking at it."`
	IncidentID *int64   `json:"incident_id,omitempty" nullable:"true" doc:"Not needed: the path names the incident."`
	_          struct{} `json:"-" additionalProperties:"true"`
}

// ListTimeline pages through a timeline.
type ListTimeline struct {
	ByID
	Paging
}

func (s *server) comments() {
	register(s, answers(op(tagIncidents, http.MethodPost, "/v1/incidents/{id}/comments", "create-comment", "Write a comment"), http.StatusNotFound), s.comment)
	register(s, answers(op(tagIncidents, http.MethodGet, "/v1/incidents/{id}/comments", "list-comments", "List the comments, oldest first"), http.StatusNotFound),
		func(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]Comment], error) {
			comments, err := s.Incidents.Comments(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			people, err := s.Accounts.People(ctx, actor, peopleOf(incident.Detail{Comments: comments}))
			return replyOr(list(comments, func(c incident.Comment) Comment { return wireComment(c, people) }), err)
		})
	register(s, answers(op(tagIncidents, http.MethodGet, "/v1/incidents/{id}/timeline", "list-timeline", "List what happened, newest first"), http.StatusNotFound),
		s.listTimeline)
}

// listTimeline does not count: a timeline is read from its newest end.
func (s *server) listTimeline(ctx context.Context, actor account.Actor, in *ListTimeline) (*page[TimelineEvent], error) {
	from, err := in.position()
	if err != nil {
		return nil, err
	}
	events, err := s.Incidents.Timeline(ctx, actor, in.ID, from, in.Limit)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(events) == in.Limit {
		next = strconv.Itoa(from + in.Limit)
	}
	out := paged(in.Paging, list(events, wireTimeline), 0, false, next)
	out.TotalCount = ""
	return out, nil
}

func (s *server) comment(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body NewComment
},
) (*answer[Comment], error) {
	comment, err := s.Incidents.Comment(ctx, actor, in.ID, in.Body.Content)
	if err != nil {
		return nil, err
	}
	people, err := s.Accounts.People(ctx, actor, []int64{actor.UserID})
	return replyOr(wireComment(comment, people), err)
}
