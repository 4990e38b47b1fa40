package escalation

import (
	"encoding/json"
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
	Warnings  []string // what was accepted but has no effect
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
}

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
}

// The types of actions. notify_<role> and status_change are read as Notify and ChangeStatus.
const (
	ActionNotify         = "notify"
	ActionAssign         = "assign"
	ActionChangeStatus   = "change_status"
	ActionChangeSeverity = "change_severity"
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

// Conditions say which incidents a policy is for. All that are set must hold; of a list one. None matches everything.
type Conditions struct {
	Severity Words            `json:"severity,omitempty"`
	Service  Words            `json:"service,omitempty"`
	Source   Words            `json:"source,omitempty"`
	TeamID   Numbers          `json:"team_id,omitempty"`
	Labels   map[string]Words `json:"labels,omitempty"`
}

// Words is a list of texts that may be written as a single one.
type Words []string

// UnmarshalJSON takes a text or a list of texts.
func (w *Words) UnmarshalJSON(data []byte) error {
	return oneOrMany(data, (*[]string)(w))
}

// Numbers is a list of ids that may be written as a single one.
type Numbers []int64

// UnmarshalJSON takes a number or a list of numbers.
func (n *Numbers) UnmarshalJSON(data []byte) error {
	return oneOrMany(data, (*[]int64)(n))
}

func oneOrMany[T any](data []byte, list *[]T) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, list)
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*list = []T{one}
	return nil
}
