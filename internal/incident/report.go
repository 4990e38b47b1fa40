package incident

import "time"

// AlertStatus says whether an alert fires.
type AlertStatus string

// The two states of an alert.
const (
	AlertFiring   AlertStatus = "firing"
	AlertResolved AlertStatus = "resolved"
)

// Link is a page about an alert at its sender: a runbook, a dashboard, the rule.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Report is one routed signal: what a sender said about one alert, with team and severity decided.
type Report struct {
	IntegrationID *int64 // nil when a signed-in person's client sent it
	Source        string // the kind of sender, such as "alertmanager"
	Key           string // the sender's key of the alert, raw and of any length
	GroupKey      string // the sender's group, raw; empty: the alert is its own group
	SenderGroups  bool   // GroupKey came from the sender
	Status        AlertStatus
	Title         string
	Description   string
	Severity      Severity
	Service       string
	ServiceID     *int64
	TeamID        *int64
	Labels        map[string]string
	Annotations   map[string]string
	Links         []Link
	Metadata      map[string]any
	StartsAt      *time.Time // nil: the sender does not say
	EndsAt        *time.Time
	AlertID       string // the sender's id as it is shown
	ReopenWindow  time.Duration
	ReportedBy    *int64 // the signed-in person
}

// Outcome says what a report did.
type Outcome string

// The outcomes of a report.
const (
	OutcomeCreated       Outcome = "created"        // a new incident
	OutcomeUpdated       Outcome = "updated"        // an open incident took it
	OutcomeReopened      Outcome = "reopened"       // a new episode of a resolved incident
	OutcomeResolved      Outcome = "resolved"       // the last firing alert ended, and with it the incident
	OutcomeAlertResolved Outcome = "alert_resolved" // the alert ended, others of its incident still fire
	OutcomeUnchanged     Outcome = "unchanged"      // nothing new was said
	OutcomeNoMatch       Outcome = "no_match"       // a resolve of an alert that does not fire
)

// Receipt answers one report. IncidentID is 0 when there is no incident (no match).
type Receipt struct {
	IncidentID int64
	AlertID    int64
	Outcome    Outcome
}
