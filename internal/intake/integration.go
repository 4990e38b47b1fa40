package intake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Integration is one sender's way in: a kind, a key, and what is assumed when a message does not say it.
type Integration struct {
	ID, OrgID    int64
	Name         string // unique in the organisation
	Kind         string // of a source
	TeamID       *int64 // who gets what no other rule gives to a team
	Service      string // of messages that name none
	Severity     incident.Severity
	ReopenWindow time.Duration                // how long after a recovery a firing reopens the incident
	Severities   map[string]incident.Severity // the sender's own words, lower-cased
	IsActive     bool
	KeyPrefix    string // the beginning of the key, to recognise it
	OldKeyUntil  *time.Time
	OldKeyUsedAt *time.Time // when the key from before the rotation was last seen
	LastEventAt  *time.Time // within ten seconds
	Error        string     // why the last message could not be read; "" when it could
	CreatedBy    *int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// NewIntegration is what it takes to make an integration.
type NewIntegration struct {
	Name          string
	Kind          string
	TeamID        *int64
	Service       string
	Severity      string            // for words nobody knows; "" is high
	ReopenMinutes *int              // 0–1440; nil is 10
	Severities    map[string]string // the sender's words → severities
}

// IntegrationPatch changes what is not nil. A TeamID of 0 takes the team away.
type IntegrationPatch struct {
	Name          *string
	TeamID        *int64
	Service       *string
	Severity      *string
	ReopenMinutes *int
	Severities    *map[string]string
	IsActive      *bool
}

const (
	defaultSeverity     = incident.SeverityHigh
	defaultReopenWindow = 10 * time.Minute
	maxReopenMinutes    = 24 * 60
	maxSeverities       = 50
)

// config is what the database keeps of an integration as JSON.
type config struct {
	ReopenMinutes int                          `json:"reopen_minutes"`
	Severities    map[string]incident.Severity `json:"severities,omitempty"`
}

func (i Integration) config() config {
	return config{ReopenMinutes: int(i.ReopenWindow / time.Minute), Severities: i.Severities}
}

// asPatch is a new integration as changes to an empty one, so that both are checked alike.
func (n NewIntegration) asPatch() IntegrationPatch {
	return IntegrationPatch{
		Name: &n.Name, TeamID: n.TeamID, Service: &n.Service, Severity: &n.Severity,
		ReopenMinutes: n.ReopenMinutes, Severities: &n.Severities,
	}
}

// apply makes the changes that are right and notes every one that is wrong.
func (p IntegrationPatch) apply(c *fault.Checks, i *Integration) {
	if p.Name != nil {
		i.Name = strings.TrimSpace(*p.Name)
		if i.Name == "" {
			c.Add("body.name", "is required")
		}
		checkLine(c, "body.name", i.Name)
	}
	if p.TeamID != nil {
		i.TeamID = p.TeamID
		if *p.TeamID == 0 {
			i.TeamID = nil
		}
	}
	if p.Service != nil {
		i.Service = strings.TrimSpace(*p.Service)
		checkLine(c, "body.service", i.Service)
	}
	if p.Severity != nil {
		i.Severity = knownSeverity(c, "body.severity", *p.Severity)
	}
	if p.ReopenMinutes != nil {
		if *p.ReopenMinutes < 0 || *p.ReopenMinutes > maxReopenMinutes {
			c.Add("body.reopen_minutes", "must be between 0 and %d", maxReopenMinutes)
		}
		i.ReopenWindow = time.Duration(*p.ReopenMinutes) * time.Minute
	}
	if p.Severities != nil {
		i.Severities = knownSeverities(c, *p.Severities)
	}
	if p.IsActive != nil {
		i.IsActive = *p.IsActive
	}
}

func knownSeverity(c *fault.Checks, location, word string) incident.Severity {
	if strings.TrimSpace(word) == "" {
		return defaultSeverity
	}
	severity, known := incident.ParseSeverity(word)
	if !known {
		c.Add(location, "must be one of critical, high, medium, low, info")
	}
	return severity
}

func knownSeverities(c *fault.Checks, words map[string]string) map[string]incident.Severity {
	if len(words) > maxSeverities {
		c.Add("body.severities", "must have at most %d entries", maxSeverities)
		return nil
	}
	var severities map[string]incident.Severity
	for _, word := range slices.Sorted(maps.Keys(words)) {
		location := fmt.Sprintf("body.severities[%q]", word)
		checkLine(c, location, word)
		if severities == nil {
			severities = map[string]incident.Severity{}
		}
		severities[severityWord(word)] = knownSeverity(c, location, words[word])
	}
	return severities
}

// checkLine checks a text of one line that fits the schema.
func checkLine(c *fault.Checks, location, text string) {
	switch {
	case !utf8.ValidString(text):
		c.Add(location, "must be valid UTF-8")
	case strings.ContainsFunc(text, unicode.IsControl):
		c.Add(location, "must not contain control characters")
	case utf8.RuneCountInString(text) > maxLine:
		c.Add(location, "must be at most %d characters", maxLine)
	}
}
