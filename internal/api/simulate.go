package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// SimulateBody asks what would become of an incident if nobody answered.
type SimulateBody struct {
	IncidentID *int64           `json:"incident_id,omitempty" doc:"An incident that exists. Alone: how it goes on from now. With at or a policy: as if it opened anew."`
	Incident   *HypotheticalOne `json:"incident,omitempty" doc:"One that is only thought of."`
	PolicyID   *int64           `json:"policy_id,omitempty" doc:"This policy alone, whether or not it matches."`
	Policy     *PolicyDocument  `json:"policy,omitempty" doc:"A draft, in the place of the policy named or as a new one."`
	At         *time.Time       `json:"at,omitempty" doc:"When it opens; now unless given."`
}

// HypotheticalOne is an incident that is only thought of.
type HypotheticalOne struct {
	Title    string            `json:"title,omitempty" maxLength:"500"`
	Severity string            `json:"severity,omitempty" enum:"critical,high,medium,low,info" default:"high"`
	Service  string            `json:"service,omitempty" maxLength:"255"`
	Source   string            `json:"source,omitempty" maxLength:"255"`
	TeamID   *int64            `json:"team_id,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// Forecast is what would happen, in order.
type Forecast struct {
	At          time.Time      `json:"at"`
	Policies    []EventPolicy  `json:"policies" doc:"What works on the incident at first; id 0 is the fallback contacts."`
	Matches     *bool          `json:"matches" doc:"Whether matching would choose the policy that was asked for."`
	Unescalated bool           `json:"unescalated" doc:"No policy pages anybody: the fallback contacts are paged at once."`
	Steps       []ForecastStep `json:"steps"`
	Complete    bool           `json:"complete" doc:"false: it would go on."`
}

// ForecastStep is one person told on one channel, or a step that tells nobody.
type ForecastStep struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind" example:"page" doc:"page, already_paged, no_way_to_reach, nobody_to_notify, skipped, waits, hand_over, post, exhausted, expire or unsnooze."`
	PolicyID *int64    `json:"policy_id"`
	Policy   string    `json:"policy"`
	Round    int       `json:"round" doc:"From 0."`
	Step     int       `json:"step" doc:"From 0; -1 when it is no step's doing."`
	UserID   *int64    `json:"user_id"`
	Who      string    `json:"who"`
	Via      string    `json:"via" doc:"How the person was found."`
	Channel  string    `json:"channel"`
	Why      string    `json:"why"`
}

// CompareBody asks who would have been paged in an interval under an edited policy.
type CompareBody struct {
	PolicyID *int64          `json:"policy_id,omitempty"`
	Policy   *PolicyDocument `json:"policy,omitempty" doc:"The policy as it would be."`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
}

// Comparison is who was paged for the incidents of an interval, and who would have been.
type Comparison struct {
	Incidents int            `json:"incidents" doc:"How many were looked at."`
	Complete  bool           `json:"complete" doc:"false: there were more, and the newest count."`
	People    []PagedTimes   `json:"people"`
	Differing []PastIncident `json:"differing" doc:"Incidents for which others would have been paged, or at other times; newest first."`
}

// PagedTimes is how often a person was paged and would have been.
type PagedTimes struct {
	UserID int64  `json:"user_id"`
	Name   string `json:"name"`
	Was    int    `json:"was"`
	Would  int    `json:"would"`
}

// PastIncident is one incident as it was and as it would have been.
type PastIncident struct {
	ID        int64      `json:"id"`
	Title     string     `json:"title"`
	CreatedAt time.Time  `json:"created_at"`
	Was       []PastPage `json:"was"`
	Would     []PastPage `json:"would"`
}

// PastPage is one person paged by one step.
type PastPage struct {
	At     time.Time `json:"at"`
	UserID int64     `json:"user_id"`
	Name   string    `json:"name"`
	Policy string    `json:"policy"`
}

func (s *server) simulation() {
	simulate := described(answers(op(tagEscalation, http.MethodPost, "/v1/escalation/simulate", "simulate-escalation",
		"Say who would be paged when, if nobody answered"), http.StatusNotFound, http.StatusUnprocessableEntity),
		"The same matching, targets and steps as the engine, for the next 24 hours; nothing is changed.")
	register(s, simulate, s.simulate)
	compare := described(answers(op(tagEscalation, http.MethodPost, "/v1/escalation/compare", "compare-escalation",
		"Say who would have been paged under an edited policy"), http.StatusNotFound, http.StatusUnprocessableEntity),
		"Plays the incidents that began in an interval again, each until somebody took it; people and teams are today's.")
	register(s, compare, s.compare)
}

func (s *server) simulate(ctx context.Context, actor account.Actor, in *struct{ Body SimulateBody }) (*answer[Forecast], error) {
	b := in.Body
	draft, err := draftOf(b.Policy)
	if err != nil {
		return nil, err
	}
	q := escalation.Question{IncidentID: b.IncidentID, PolicyID: b.PolicyID, Draft: draft, At: b.At}
	if h := b.Incident; h != nil {
		q.Incident = &escalation.Hypothesis{
			Title: h.Title, Service: h.Service, Source: h.Source, Severity: incident.Severity(h.Severity), TeamID: h.TeamID, Labels: h.Labels,
		}
	}
	f, err := s.Escalations.Simulate(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	return reply(Forecast{
		At: f.At, Matches: f.Matches, Unescalated: f.Unescalated, Complete: f.Whole, Steps: list(f.Steps, wireForeseen),
		Policies: list(f.Policies, func(p escalation.PolicyRef) EventPolicy { return EventPolicy(p) }),
	}), nil
}

// draftOf is the document as the room reads it; nil without one.
func draftOf(d *PolicyDocument) (json.RawMessage, error) {
	if d == nil {
		return nil, nil
	}
	return json.Marshal(d)
}

func wireForeseen(l escalation.Foreseen) ForecastStep {
	out := ForecastStep{
		At: l.At, Kind: l.Kind, PolicyID: l.PolicyID, Policy: l.Policy, Round: l.Round, Step: l.Step, Who: l.Who, Via: l.Via,
		Channel: l.Channel, Why: l.Why,
	}
	if l.UserID != 0 {
		out.UserID = &l.UserID
	}
	return out
}

func (s *server) compare(ctx context.Context, actor account.Actor, in *struct{ Body CompareBody }) (*answer[Comparison], error) {
	draft, err := draftOf(in.Body.Policy)
	if err != nil {
		return nil, err
	}
	c, err := s.Escalations.Compare(ctx, actor, escalation.PastQuestion{PolicyID: in.Body.PolicyID, Draft: draft, From: in.Body.From, To: in.Body.To})
	if err != nil {
		return nil, err
	}
	page := func(p escalation.PastPage) PastPage { return PastPage(p) }
	return reply(Comparison{
		Incidents: c.Incidents, Complete: c.Whole,
		People: list(c.People, func(p escalation.PagedTimes) PagedTimes { return PagedTimes(p) }),
		Differing: list(c.Differing, func(i escalation.PastIncident) PastIncident {
			return PastIncident{ID: i.ID, Title: i.Title, CreatedAt: i.CreatedAt, Was: list(i.Was, page), Would: list(i.Would, page)}
		}),
	}), nil
}
