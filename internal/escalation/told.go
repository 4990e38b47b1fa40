package escalation

import "encoding/json"

// Told is what an event keeps of its step.
type Told struct {
	Policy string `json:"policy_name"`
	Age    int    `json:"incident_age_seconds"`
	// Delay is the step's own, in minutes from the start of the run.
	Delay float64 `json:"delay_minutes"`
	By    struct {
		Name string `json:"name"`
	} `json:"triggered_by_user"`
	For     []string        `json:"triggered_for"`
	People  []ToldPerson    `json:"target_users"`
	Missing []MissingTarget `json:"missing"`
	Outcome string          `json:"outcome"` // nobody_to_notify, unreachable, skipped, or nothing to say
}

// ToldPerson is somebody whom a step found, and what it did with them.
type ToldPerson struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Via      string   `json:"via"`
	Outcome  string   `json:"outcome"` // a Person constant
	Channels []string `json:"channels"`
}

// What a step does with a person whom it finds.
const (
	PersonPaged        = "paged"
	PersonAlreadyPaged = "already_paged"   // Another run had paged them a moment before.
	PersonUnreachable  = "no_way_to_reach" // They have no way to be reached.
)

// MissingTarget is a target that stood for nobody.
type MissingTarget struct {
	Target string `json:"target"`
	Why    string `json:"why"`
}

// Told reads an event's metadata; what another version wrote otherwise is left out.
func (e Event) Told() Told {
	var t Told
	raw, err := json.Marshal(e.Metadata)
	if err == nil {
		_ = json.Unmarshal(raw, &t) // A field of another shape stays empty; the rest is told.
	}
	return t
}

// PolicyName is what the policy of an event was called when it took the step.
func (e Event) PolicyName() string {
	switch name := e.Told().Policy; {
	case name != "":
		return name
	case e.Policy != nil:
		return e.Policy.Name
	}
	return FallbackName
}
