package incident

import "strings"

// Severity says how bad an incident is.
type Severity string

// The severities, worst first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
	SeverityInfo     Severity = "info"
)

// ParseSeverity reads a severity, ignoring case and surrounding space; ok is false for any other word.
func ParseSeverity(text string) (severity Severity, ok bool) {
	severity = Severity(strings.ToLower(strings.TrimSpace(text)))
	return severity, severity.Rank() > 0
}

// Rank orders severities: 5 is critical, 1 is info, 0 is no severity at all.
func (s Severity) Rank() int {
	switch s {
	case SeverityCritical:
		return 5
	case SeverityHigh:
		return 4
	case SeverityMedium:
		return 3
	case SeverityLow:
		return 2
	case SeverityInfo:
		return 1
	}
	return 0
}

// Urgency says whether somebody is to be woken.
type Urgency string

// The urgencies: critical and high severities are high, the rest low.
const (
	UrgencyHigh Urgency = "high"
	UrgencyLow  Urgency = "low"
)

// Urgency is how urgent an incident of this severity is.
func (s Severity) Urgency() Urgency {
	if s.Rank() >= SeverityHigh.Rank() {
		return UrgencyHigh
	}
	return UrgencyLow
}
