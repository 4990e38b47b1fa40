package incident

import "time"

// Incident is one thing that people work on. Times are UTC; a pointer that is nil means: not so.
type Incident struct {
	ID, OrgID          int64
	Title, Description string
	Status             Status
	Severity           Severity
	PersonSeverity     Severity // What a person set, "" if nobody did; it yields only to a higher one.
	Service            string
	ServiceID          *int64
	TeamID             *int64
	CreatedBy          *int64
	AssignedTo         *int64
	Source             string // "manual", or the kind of sender
	IntegrationID      *int64
	AlertID            string
	GroupKey           string // a hash; "" for an incident that a person reported
	Labels             map[string]string
	Metadata           map[string]any
	AlertCount         int              // alerts it ever had
	FiringCount        int              // alerts that fire now
	Firing             map[Severity]int // the same by severity
	Episode            int              // from 1; one more each time the incident goes to open
	Version            int              // one more with every change
	Unescalated        bool
	StillFiringUsed    bool // It has been reopened once because it still fired after a person had resolved it.
	CreatedAt          time.Time
	UpdatedAt          time.Time
	OpenedAt           time.Time // when the episode began
	AcknowledgedAt     *time.Time
	AcknowledgedBy     *int64
	AckExpiresAt       *time.Time
	AckHold            time.Duration // how long the acknowledgement holds after each sign of life of its holders; 0 is for ever
	AckAskAt           *time.Time    // when its holders are asked whether they are still on it
	ResolvedAt         *time.Time
	ResolvedBy         *int64
	ResolvedHow        string // "source", "user" or "policy"; "" while unresolved
	SnoozedUntil       *time.Time
	SnoozedBy          *int64
	StatusBeforeSnooze Status
	RefiredAt          *time.Time // when it last fired again soon after its source had resolved it
	RefiredBeforeAt    *time.Time // and the time before that
	QuietAt            *time.Time // when it counts as over, if nothing fires before; only of one that flaps
	DeletedAt          *time.Time
}

// How an incident was resolved.
const (
	ResolvedBySource = "source"
	ResolvedByUser   = "user"
	ResolvedByPolicy = "policy"
)

// SourceManual is the source of an incident that a person reported.
const SourceManual = "manual"

// Urgency is how urgent the incident is, by its severity.
func (i Incident) Urgency() Urgency { return i.Severity.Urgency() }

// Alert is one key of one integration: all signals of one thing that fires or has fired.
type Alert struct {
	ID, OrgID, IncidentID int64
	IntegrationID         *int64
	Key                   string // a hash of integration and sender's key
	SenderKey             string // the sender's key as it is shown, cut to 500 characters
	Status                AlertStatus
	Severity              Severity
	Title                 string
	Labels, Annotations   map[string]string
	Links                 []Link
	StartsAt, EndsAt      *time.Time
	CreatedAt, LastAt     time.Time
	Count                 int // signals
}

// Assignment is a person who works on an incident.
type Assignment struct {
	ID, IncidentID, UserID int64
	Role                   string
	AssignedAt             time.Time
	AssignedBy             *int64 // nil: the server did
}

// Comment is what a person wrote under an incident.
type Comment struct {
	ID, IncidentID int64
	UserID         *int64
	Content        string
	CreatedAt      time.Time
}

// TimelineEvent is one thing that happened to an incident. UserID is nil when the server or a source did it.
type TimelineEvent struct {
	ID, IncidentID int64
	EventType      string
	Description    string
	UserID         *int64
	Metadata       map[string]any
	CreatedAt      time.Time
}

// Detail is an incident with all that stands on its page. Timeline is newest first.
type Detail struct {
	Incident    Incident
	Assignments []Assignment
	Comments    []Comment
	Timeline    []TimelineEvent
	Alerts      []Alert
}
