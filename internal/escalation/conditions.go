package escalation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// Conditions say which incidents a policy is for. All that are set must hold; of a list one. None matches everything.
type Conditions struct {
	Severity Words            `json:"severity,omitempty"`
	Service  Words            `json:"service,omitempty"`
	Source   Words            `json:"source,omitempty"`
	TeamID   Numbers          `json:"team_id,omitempty"`
	Labels   map[string]Words `json:"labels,omitempty"`
	// Expression is CEL over incident, a boolean. One that fails on an incident counts as true, but never excludes others.
	Expression string  `json:"expression,omitempty"`
	Time       *Window `json:"time,omitempty"`
}

// StepCondition is what must hold when a step is due.
type StepCondition struct {
	Conditions
	AlertCount *AlertCount `json:"alert_count,omitempty"`
}

// AlertCount asks for so many alerts; WithinMinutes 0 counts all of the incident.
type AlertCount struct {
	AtLeast       int `json:"at_least"`
	WithinMinutes int `json:"within_minutes,omitempty"`
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

// judgement says whether conditions hold, and why their expression could not be evaluated: then it was taken as true.
type judgement struct {
	holds  bool
	failed string
}

// judge says whether the conditions hold for the incident at now. Severity and service are compared without regard to case.
// It is pure.
func (c Conditions) judge(i incident.Incident, now time.Time) judgement {
	if !c.plain(i) || (c.Time != nil && !c.Time.open(now)) {
		return judgement{}
	}
	if c.Expression == "" {
		return judgement{holds: true}
	}
	holds, err := evaluate(c.Expression, factsOf(i, now))
	if err != nil {
		return judgement{holds: true, failed: err.Error()}
	}
	return judgement{holds: holds}
}

// judge is Conditions.judge for a step of a run on an incident whose alerts started at the given times.
func (c StepCondition) judge(i incident.Incident, now time.Time, alerts []time.Time) judgement {
	if c.AlertCount != nil && !c.AlertCount.reached(now, alerts) {
		return judgement{}
	}
	return c.Conditions.judge(i, now)
}

// reached reports whether enough alerts started in time.
func (a AlertCount) reached(now time.Time, alerts []time.Time) bool {
	count := len(alerts)
	if a.WithinMinutes > 0 {
		since := now.Add(-time.Duration(a.WithinMinutes) * time.Minute)
		count = 0
		for _, start := range alerts {
			if !start.Before(since) {
				count++
			}
		}
	}
	return count >= a.AtLeast
}

// plain judges what needs neither clock nor expression.
func (c Conditions) plain(i incident.Incident) bool {
	if len(c.Severity) > 0 && !slices.ContainsFunc(c.Severity, equalFold(string(i.Severity))) {
		return false
	}
	if len(c.Service) > 0 && !slices.ContainsFunc(c.Service, equalFold(i.Service)) {
		return false
	}
	if len(c.Source) > 0 && !slices.ContainsFunc(c.Source, equalFold(i.Source)) {
		return false
	}
	if len(c.TeamID) > 0 && (i.TeamID == nil || !slices.Contains(c.TeamID, *i.TeamID)) {
		return false
	}
	for name, wanted := range c.Labels {
		if has, ok := i.Labels[name]; !ok || !slices.Contains(wanted, has) {
			return false
		}
	}
	return true
}

func equalFold(a string) func(string) bool {
	return func(b string) bool { return strings.EqualFold(a, b) }
}

// named reports whether the conditions name the severity, by themselves or in their expression.
func (c Conditions) named(s incident.Severity) bool {
	if slices.ContainsFunc(c.Severity, equalFold(string(s))) {
		return true
	}
	if c.Expression == "" {
		return false
	}
	e, err := compile(c.Expression)
	return err == nil && slices.ContainsFunc(e.severities, equalFold(string(s)))
}
