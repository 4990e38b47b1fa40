package intake

import (
	"fmt"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// unreadableKey is the alert that says that an integration's messages cannot be read; there is one per integration.
const unreadableKey = "tocsin:unreadable"

// unreadable is the report for a message that cannot be read. Its urgency is low, for nobody knows what it would have said,
// and it goes where the integration's alerts go by default.
func (o origin) unreadable(known routes, why string) incident.Report {
	report := o.report(known)
	report.Key, report.Severity = unreadableKey, incident.SeverityLow
	report.Title = cut(fmt.Sprintf("Messages of %s cannot be read", o.integration.Name), maxLine)
	report.Description = why + "\n\nThe message is kept: see the integration's last messages. This incident is resolved with " +
		"the next message that can be read."
	report.Metadata = map[string]any{"integration": o.integration.Name, "reason": why}
	return report
}

// readableAgain ends the incident that unreadable has opened.
func (o origin) readableAgain() incident.Report {
	report := o.report(routes{})
	report.Key, report.Status = unreadableKey, incident.AlertResolved
	report.Title = fmt.Sprintf("Messages of %s can be read again", o.integration.Name)
	report.Metadata = map[string]any{}
	return report
}
