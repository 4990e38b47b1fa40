package incident

import "time"

// Filter says which incidents to list. Empty means any; lists mean one of them.
type Filter struct {
	IDs             []int64
	Statuses        []Status
	Severities      []Severity
	Service         string
	TeamIDs         []int64
	AssignedTo      *int64
	AcknowledgedBy  *int64
	Reporter        *int64
	Source          string
	Labels          map[string]string
	Query           string // words in title or description, or an incident's number
	CreatedFrom     *time.Time
	CreatedTo       *time.Time
	ResolvedFrom    *time.Time
	Unescalated     *bool
	Sort            string // created_at, updated_at, severity or title; a minus in front for descending; "" is -created_at
	Skip, Limit     int    // Limit 1–1000
	Cursor          string // what the page before returned
	WithAssignments bool
}

// Total counts what a filter matches, exactly up to 10 000.
type Total struct {
	N      int
	Capped bool // There are more than N.
}

// Page is one page of a list. Next is the cursor of the page after, "" at the end.
type Page struct {
	Incidents   []Incident
	Assignments map[int64][]Assignment // by incident, when asked for
	Total       Total
	Next        string
}

// Counts are the numbers on the inbox's tiles, each exact up to 10 000.
type Counts struct {
	Open, Acknowledged, Snoozed, ResolvedToday, Unescalated int
}

// NewIncident is what a person reports. Status "" is open.
type NewIncident struct {
	Title, Description string
	Severity           Severity // "" is medium
	Service            string
	TeamID             *int64
	Status             Status
	AlertID            string
	Labels             map[string]string
	Metadata           map[string]any
}
