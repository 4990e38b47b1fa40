package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
)

// Policy is a rule of who is paged when.
type Policy struct {
	ID                int64                `json:"id" example:"4"`
	Name              string               `json:"name" example:"Payments, urgent"`
	Description       string               `json:"description"`
	IsActive          bool                 `json:"is_active"`
	IsFallback        bool                 `json:"is_fallback" doc:"The organisation's last resort."`
	TeamID            *int64               `json:"team_id" doc:"Looks only at this team's incidents."`
	Priority          int                  `json:"priority" doc:"Policies are looked at from the lowest on."`
	Conditions        Conditions           `json:"conditions"`
	Steps             []PolicyStep         `json:"steps"`
	Repeat            orNull[PolicyRepeat] `json:"repeat" doc:"null is the organisation's setting, for urgent incidents."`
	AckTimeoutMinutes *int                 `json:"ack_timeout_minutes" doc:"How long an acknowledgement holds; null is the organisation's setting."`
	Exclusive         bool                 `json:"exclusive" doc:"A match ends the search."`
	Version           int                  `json:"version" doc:"Each save makes an immutable version."`
	CreatedAt         time.Time            `json:"created_at"`
	UpdatedAt         time.Time            `json:"updated_at"`
	Warnings          []string             `json:"warnings" doc:"What was taken but has no effect."`
}

// Conditions say which incidents a policy is for: all that are set must hold, of a list one. None matches everything.
type Conditions struct {
	Severity []string            `json:"severity,omitempty"`
	Service  []string            `json:"service,omitempty"`
	Source   []string            `json:"source,omitempty"`
	TeamID   []int64             `json:"team_id,omitempty"`
	Labels   map[string][]string `json:"labels,omitempty"`
}

// PolicyStep is what happens a while after the run started, if nobody has taken the incident.
type PolicyStep struct {
	DelayMinutes float64        `json:"delay_minutes" minimum:"0" maximum:"43200"`
	Actions      []PolicyAction `json:"actions" maxItems:"50"`
}

// PolicyAction is one thing that a step does.
type PolicyAction struct {
	Type        string   `json:"type" example:"notify" doc:"notify, notify_<role>, assign, change_status, change_severity, webhook, channel, policy or instructions."`
	Target      string   `json:"target,omitempty" example:"oncall_engineer" doc:"assignees, team, a role, team:<name>:<role>, org:<role>, service_owner, reporter, admins, a user's id or e-mail address."`
	Recipients  []string `json:"recipients,omitempty" doc:"More targets."`
	TargetRoles []string `json:"target_roles,omitempty" doc:"Roles in the incident's team."`
	Channels    []string `json:"channels,omitempty" doc:"Narrows to these channels."`
	Message     string   `json:"message,omitempty" maxLength:"2000"`
	Urgency     string   `json:"urgency,omitempty" enum:"high,low"`
	Status      string   `json:"status,omitempty" enum:"acknowledged,resolved" doc:"Of change_status."`
	Severity    string   `json:"severity,omitempty" enum:"critical,high,medium,low,info" doc:"Of change_severity."`
	Pick        string   `json:"pick,omitempty" enum:"all,round_robin,random" doc:"How many of the people found are paged: all, or one."`

	URL     string            `json:"url,omitempty" doc:"Of webhook."`
	Headers map[string]string `json:"headers,omitempty" doc:"Of webhook."`
	Body    string            `json:"body,omitempty" doc:"Of webhook: a template."`

	Kind        string `json:"kind,omitempty" doc:"Of channel: the kind of the channel posted to."`
	Destination string `json:"destination,omitempty" doc:"Of channel."`

	Policy string `json:"policy,omitempty" doc:"Of policy: the id or name of the policy that takes over."`
	Text   string `json:"text,omitempty" doc:"Of instructions: a checklist for whoever takes the incident."`
}

// PolicyRepeat is how often the steps begin again after the last one, and after how long.
type PolicyRepeat struct {
	Times        int `json:"times" minimum:"0" maximum:"20" doc:"0 is never."`
	EveryMinutes int `json:"every_minutes" minimum:"0" maximum:"43200"`
}

// PolicyDocument is a policy as it is sent. On a change, what is absent stays as it is.
type PolicyDocument struct {
	Name              string         `json:"name,omitempty" minLength:"1" maxLength:"255"`
	Description       string         `json:"description,omitempty" maxLength:"10000"`
	IsActive          *bool          `json:"is_active,omitempty" default:"true"`
	TeamID            *int64         `json:"team_id,omitempty" nullable:"true"`
	Priority          int            `json:"priority,omitempty"`
	Conditions        map[string]any `json:"conditions,omitempty" doc:"severity, service, source, team_id: a value or a list; labels: an object of such."`
	Steps             []PolicyStep   `json:"steps,omitempty" maxItems:"100"`
	Repeat            *PolicyRepeat  `json:"repeat,omitempty"`
	AckTimeoutMinutes *int           `json:"ack_timeout_minutes,omitempty" nullable:"true" minimum:"0" maximum:"43200"`
	Exclusive         bool           `json:"exclusive,omitempty"`
	_                 struct{}       `json:"-" additionalProperties:"true"`
}

// PolicyVersion is what a policy was after one of its saves.
type PolicyVersion struct {
	Version   int          `json:"version"`
	Name      string       `json:"name"`
	CreatedBy *int64       `json:"created_by"`
	CreatedAt time.Time    `json:"created_at"`
	Steps     []PolicyStep `json:"steps"`
}

func wirePolicy(p escalation.Policy) Policy {
	out := Policy{
		ID: p.ID, Name: p.Name, Description: p.Description, IsActive: p.IsActive, IsFallback: p.IsFallback, TeamID: p.TeamID,
		Priority: p.Priority, Conditions: wireConditions(p.Conditions), Steps: list(p.Steps, wireStep),
		AckTimeoutMinutes: p.AckTimeoutMinutes, Exclusive: p.Exclusive, Version: p.Version,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Warnings: orNone(p.Warnings),
	}
	if p.Repeat != nil {
		out.Repeat.Value = &PolicyRepeat{Times: p.Repeat.Times, EveryMinutes: p.Repeat.EveryMinutes}
	}
	return out
}

func wireConditions(c escalation.Conditions) Conditions {
	out := Conditions{Severity: c.Severity, Service: c.Service, Source: c.Source, TeamID: c.TeamID}
	for name, values := range c.Labels {
		if out.Labels == nil {
			out.Labels = map[string][]string{}
		}
		out.Labels[name] = values
	}
	return out
}

func wireStep(s escalation.Step) PolicyStep {
	return PolicyStep{
		DelayMinutes: s.DelayMinutes,
		Actions:      list(s.Actions, func(a escalation.Action) PolicyAction { return PolicyAction(a) }),
	}
}

func wireVersion(v escalation.PolicyVersion) PolicyVersion {
	return PolicyVersion{
		Version: v.Version, Name: v.Name, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt, Steps: list(v.Definition.Steps, wireStep),
	}
}

// RawPolicy is a document that the escalation room reads itself, so that what is wrong with it is said in one voice.
type RawPolicy struct {
	RawBody []byte `contentType:"application/json"`
}

func (s *server) policies() {
	const at = "/v1/escalation/policies"
	register(s, op(tagEscalation, http.MethodGet, at, "list-policies", "List the policies by priority"), s.listPolicies)
	create := creates(op(tagEscalation, http.MethodPost, at, "create-policy", "Create a policy"))
	register(s, documented(create), s.createPolicy)
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}", "get-policy", "Get a policy"), http.StatusNotFound), s.getPolicy)
	update := answers(op(tagEscalation, http.MethodPut, at+"/{id}", "update-policy", "Change a policy"), http.StatusNotFound)
	register(s, documented(update), s.updatePolicy)
	register(s, described(answers(op(tagEscalation, http.MethodDelete, at+"/{id}", "delete-policy", "Delete a policy"),
		http.StatusNotFound, http.StatusConflict), "Its events and versions stay, and runs under way go on."), s.deletePolicy)
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}/versions", "list-policy-versions", "List what a policy has been, newest first"),
		http.StatusNotFound), func(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]PolicyVersion], error) {
		versions, err := s.Escalations.PolicyVersions(ctx, actor, in.ID)
		return replyOr(list(versions, wireVersion), err)
	})
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[PolicyDocument](), true, "")
	for _, o := range []*huma.Operation{s.api.OpenAPI().Paths[at].Post, s.api.OpenAPI().Paths[at+"/{id}"].Put} {
		o.RequestBody.Content["application/json"].Schema = schema
	}
}

// documented has huma leave the body to the handler.
func documented(o operation) operation {
	o.SkipValidateBody = true
	o.Errors = append(o.Errors, http.StatusUnprocessableEntity)
	return described(o, "An unknown member of the policy itself is taken with a warning; one of a condition, step or action is refused.")
}

func (s *server) listPolicies(ctx context.Context, actor account.Actor, in *struct{ Paging }) (*page[Policy], error) {
	policies, err := s.Escalations.ListPolicies(ctx, actor)
	if err != nil {
		return nil, err
	}
	return cutPage(in.Paging, list(policies, wirePolicy))
}

func (s *server) createPolicy(ctx context.Context, actor account.Actor, in *RawPolicy) (*answer[Policy], error) {
	policy, err := s.Escalations.CreatePolicy(ctx, actor, in.RawBody)
	return replyOr(wirePolicy(policy), err)
}

func (s *server) getPolicy(ctx context.Context, actor account.Actor, in *ByID) (*answer[Policy], error) {
	policy, err := s.Escalations.GetPolicy(ctx, actor, in.ID)
	return replyOr(wirePolicy(policy), err)
}

func (s *server) updatePolicy(ctx context.Context, actor account.Actor, in *struct {
	ByID
	RawPolicy
},
) (*answer[Policy], error) {
	policy, err := s.Escalations.UpdatePolicy(ctx, actor, in.ID, in.RawBody)
	return replyOr(wirePolicy(policy), err)
}

func (s *server) deletePolicy(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Escalations.DeletePolicy(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Escalation policy deleted successfully"), nil
}
