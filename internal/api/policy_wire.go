package api

import (
	"time"

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

	Expression string  `json:"expression,omitempty" maxLength:"2000" example:"incident.labels[?'env'].orValue('') == 'prod'" doc:"CEL over incident; one that fails on an incident counts as true."`
	Time       *Window `json:"time,omitempty"`
}

// Window is a time of the week. One over midnight belongs to the day of its from.
type Window struct {
	Days     []string `json:"days,omitempty" doc:"mon … sun, weekdays or weekend; none is every day."`
	From     string   `json:"from,omitempty" example:"22:00"`
	To       string   `json:"to,omitempty" example:"06:00" doc:"Equal to from is the whole day."`
	Timezone string   `json:"timezone" example:"Europe/Berlin"`
}

// StepCondition is judged when a step is due; if it does not hold, the step is skipped.
type StepCondition struct {
	Conditions
	AlertCount *AlertCount `json:"alert_count,omitempty"`
}

// AlertCount asks for so many alerts.
type AlertCount struct {
	AtLeast       int `json:"at_least" minimum:"1" maximum:"100000"`
	WithinMinutes int `json:"within_minutes,omitempty" minimum:"0" maximum:"43200" doc:"0 counts all alerts of the incident."`
}

// PolicyStep is what happens a while after the run started, if nobody has taken the incident.
type PolicyStep struct {
	DelayMinutes float64        `json:"delay_minutes" minimum:"0" maximum:"43200"`
	Actions      []PolicyAction `json:"actions" maxItems:"50"`
	Condition    *StepCondition `json:"condition,omitempty"`
	WaitUntil    any            `json:"wait_until,omitempty" doc:"A window {days, from, to, timezone}, or on_call: until somebody covers the target's schedule, 12 hours at most."`
	Until        string         `json:"until,omitempty" enum:"resolved,acknowledged" doc:"resolved: taken and paged although the incident is acknowledged."`
	Acknowledge  string         `json:"acknowledge,omitempty" enum:"all,one" doc:"all: each person is paged until that person has acknowledged."`
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
	Headers map[string]string `json:"headers,omitempty" doc:"Of webhook. Who may not change the policy sees … for each value; a … that is sent back keeps the value that is stored for the same URL."`
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
	Version           int                  `json:"version"`
	Name              string               `json:"name"`
	Description       string               `json:"description"`
	IsActive          bool                 `json:"is_active"`
	TeamID            *int64               `json:"team_id"`
	CreatedBy         *int64               `json:"created_by"`
	CreatedAt         time.Time            `json:"created_at"`
	Priority          int                  `json:"priority"`
	Conditions        Conditions           `json:"conditions"`
	Steps             []PolicyStep         `json:"steps"`
	Repeat            orNull[PolicyRepeat] `json:"repeat"`
	AckTimeoutMinutes *int                 `json:"ack_timeout_minutes"`
	Exclusive         bool                 `json:"exclusive"`
}

func wirePolicy(p escalation.Policy) Policy {
	return Policy{
		ID: p.ID, Name: p.Name, Description: p.Description, IsActive: p.IsActive, IsFallback: p.IsFallback, TeamID: p.TeamID,
		Priority: p.Priority, Conditions: wireConditions(p.Conditions), Steps: list(p.Steps, wireStep),
		Repeat: wireRepeat(p.Repeat), AckTimeoutMinutes: p.AckTimeoutMinutes, Exclusive: p.Exclusive, Version: p.Version,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Warnings: list(p.Warnings, escalation.Warning.String),
	}
}

func wireRepeat(r *escalation.Repeat) (out orNull[PolicyRepeat]) {
	if r != nil {
		out.Value = &PolicyRepeat{Times: r.Times, EveryMinutes: r.EveryMinutes}
	}
	return out
}

func wireConditions(c escalation.Conditions) Conditions {
	out := Conditions{Severity: c.Severity, Service: c.Service, Source: c.Source, TeamID: c.TeamID, Expression: c.Expression}
	if c.Time != nil {
		out.Time = new(wireWindow(*c.Time))
	}
	for name, values := range c.Labels {
		if out.Labels == nil {
			out.Labels = map[string][]string{}
		}
		out.Labels[name] = values
	}
	return out
}

func wireWindow(w escalation.Window) Window {
	return Window{Days: w.Days, From: w.From, To: w.To, Timezone: w.Timezone}
}

func wireStep(s escalation.Step) PolicyStep {
	out := PolicyStep{
		DelayMinutes: s.DelayMinutes, Until: s.Until, Acknowledge: s.Acknowledge,
		Actions: list(s.Actions, func(a escalation.Action) PolicyAction { return PolicyAction(a) }),
	}
	if c := s.Condition; c != nil {
		out.Condition = &StepCondition{Conditions: wireConditions(c.Conditions)}
		if c.AlertCount != nil {
			out.Condition.AlertCount = new(AlertCount(*c.AlertCount))
		}
	}
	switch w := s.WaitUntil; {
	case w == nil:
	case w.OnCall:
		out.WaitUntil = escalation.WaitOnCall
	default:
		out.WaitUntil = wireWindow(*w.Window)
	}
	return out
}

func wireVersion(v escalation.PolicyVersion) PolicyVersion {
	d := v.Definition
	return PolicyVersion{
		Version: v.Version, Name: v.Name, Description: v.Description, IsActive: v.IsActive, TeamID: v.TeamID, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt,
		Priority: d.Priority, Conditions: wireConditions(d.Conditions), Steps: list(d.Steps, wireStep), Repeat: wireRepeat(d.Repeat),
		AckTimeoutMinutes: d.AckTimeoutMinutes, Exclusive: d.Exclusive,
	}
}
