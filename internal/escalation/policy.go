package escalation

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// Policy is a rule of who is paged when. Each save makes an immutable version of it.
type Policy struct {
	ID, OrgID   int64
	Name        string
	Description string
	IsActive    bool
	IsFallback  bool // The organisation's last resort: matched when nothing else pages a person.
	TeamID      *int64
	Definition
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt *time.Time
	// Unreadable is a policy that a newer program may have written in a form that this one does not know: it has no
	// definition, matches nothing and cannot be changed, only restored or deleted.
	Unreadable bool
	Warnings   []Warning // what was accepted, but may not be meant; only of one that was just saved
}

// Definition is what a version of a policy keeps for good.
type Definition struct {
	Priority          int        `json:"priority"`
	Conditions        Conditions `json:"conditions"`
	Steps             []Step     `json:"steps"`
	Repeat            *Repeat    `json:"repeat,omitempty"`
	AckTimeoutMinutes *int       `json:"ack_timeout_minutes,omitempty"`
	Exclusive         bool       `json:"exclusive"`
}

// Repeat is how often the steps begin again after the last one, and after how long.
type Repeat struct {
	Times        int `json:"times"`
	EveryMinutes int `json:"every_minutes"`
}

// Step is what happens DelayMinutes after the run started, if nobody has taken the incident.
type Step struct {
	DelayMinutes float64  `json:"delay_minutes"`
	Actions      []Action `json:"actions"`
	// Condition is judged when the step is due; when it does not hold the step is skipped, visibly.
	Condition *StepCondition `json:"condition,omitempty"`
	// WaitUntil holds the step back after it is due.
	WaitUntil *Wait `json:"wait_until,omitempty"`
	// Until is "resolved" for a step that is taken and paged although the incident is acknowledged.
	Until string `json:"until,omitempty"`
	// Acknowledge is "all" when each person is paged until that person has acknowledged.
	Acknowledge string `json:"acknowledge,omitempty"`
}

// The words of Step.Until and Step.Acknowledge.
const (
	UntilResolved  = "resolved"
	AcknowledgeAll = "all"
)

// Action is one thing that a step does. Which fields count depends on the type.
type Action struct {
	Type        string   `json:"type"`
	Target      string   `json:"target,omitempty"`
	Recipients  []string `json:"recipients,omitempty"`
	TargetRoles []string `json:"target_roles,omitempty"`
	Channels    []string `json:"channels,omitempty"`
	Message     string   `json:"message,omitempty"`
	Urgency     string   `json:"urgency,omitempty"`
	Status      string   `json:"status,omitempty"`
	Severity    string   `json:"severity,omitempty"`
	Pick        string   `json:"pick,omitempty"`

	URL     string            `json:"url,omitempty"`     // webhook
	Headers map[string]string `json:"headers,omitempty"` // webhook
	Body    string            `json:"body,omitempty"`    // webhook: a template

	Kind        string `json:"kind,omitempty"`        // channel
	Destination string `json:"destination,omitempty"` // channel

	Policy string `json:"policy,omitempty"` // policy: its id, or its name as it was written
	Text   string `json:"text,omitempty"`   // instructions
}

// The types of actions. notify_<role> and status_change are read as Notify and ChangeStatus.
const (
	ActionNotify         = "notify"
	ActionAssign         = "assign"
	ActionChangeStatus   = "change_status"
	ActionChangeSeverity = "change_severity"
	ActionWebhook        = "webhook"
	ActionChannel        = "channel"
	ActionPolicy         = "policy"       // Hands over to another policy.
	ActionInstructions   = "instructions" // A checklist on the timeline.
)

// How many of the people that an action finds it pages; Action.Pick is empty for all.
const (
	PickAll        = "all"
	PickRoundRobin = "round_robin"
	PickRandom     = "random"
)

// targets are whom the action is for, as written.
func (a Action) targets() []string {
	var list []string
	if a.Target != "" {
		list = append(list, a.Target)
	}
	list = append(list, a.Recipients...)
	return append(list, a.TargetRoles...)
}

// pages reports whether the definition pages a person at all.
func (d Definition) pages() bool {
	for _, s := range d.Steps {
		if s.pages() {
			return true
		}
	}
	return false
}

func (s Step) pages() bool {
	for _, a := range s.Actions {
		if a.Type == ActionNotify {
			return true
		}
	}
	return false
}

// acknowledges reports whether the step acknowledges the incident by itself.
func (s Step) acknowledges() bool {
	return slices.ContainsFunc(s.Actions, func(a Action) bool {
		return a.Type == ActionChangeStatus && a.Status == string(incident.StatusAcknowledged)
	})
}

func (s Step) delay() time.Duration { return time.Duration(s.DelayMinutes * float64(time.Minute)) }
