package escalation

import "encoding/json"

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
