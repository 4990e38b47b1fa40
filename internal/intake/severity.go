package intake

import (
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// severityWords are what the usual tools call their severities: syslog levels, Prometheus rules, P1–P5 and the like.
var severityWords = map[string]incident.Severity{
	"crit": incident.SeverityCritical, "fatal": incident.SeverityCritical, "emergency": incident.SeverityCritical,
	"emerg": incident.SeverityCritical, "disaster": incident.SeverityCritical, "page": incident.SeverityCritical,
	"p1": incident.SeverityCritical, "sev1": incident.SeverityCritical,
	"error": incident.SeverityHigh, "err": incident.SeverityHigh, "major": incident.SeverityHigh,
	"p2": incident.SeverityHigh, "sev2": incident.SeverityHigh, "alert": incident.SeverityHigh,
	"warning": incident.SeverityMedium, "warn": incident.SeverityMedium, "moderate": incident.SeverityMedium,
	"average": incident.SeverityMedium, "p3": incident.SeverityMedium, "sev3": incident.SeverityMedium,
	"minor": incident.SeverityLow, "notice": incident.SeverityLow, "p4": incident.SeverityLow, "sev4": incident.SeverityLow,
	"information": incident.SeverityInfo, "informational": incident.SeverityInfo, "debug": incident.SeverityInfo,
	"none": incident.SeverityInfo, "p5": incident.SeverityInfo, "sev5": incident.SeverityInfo,
}

// severityWord is the form in which a sender's severities compare.
func severityWord(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// severityOf reads a sender's severity: the integration's own words first, then ours, then those of the usual tools. A word
// that nobody knows becomes the integration's default, with a warning; so does none, without.
func (o origin) severityOf(sent string) (severity incident.Severity, warning string) {
	word := severityWord(sent)
	fallback := defaultSeverity
	if o.integration != nil {
		if mapped, ok := o.integration.Severities[word]; ok {
			return mapped, ""
		}
		fallback = o.integration.Severity
	}
	if severity, known := incident.ParseSeverity(word); known {
		return severity, ""
	}
	if severity, known := severityWords[word]; known {
		return severity, ""
	}
	if word == "" {
		return fallback, ""
	}
	return fallback, fmt.Sprintf("The severity %q is not known; %s was taken.", clip(sent), fallback)
}
