package incident

import "strings"

// Status is where an incident stands.
type Status string

// The statuses.
const (
	StatusOpen         Status = "open"
	StatusAcknowledged Status = "acknowledged"
	StatusSnoozed      Status = "snoozed"
	StatusResolved     Status = "resolved"
)

// ParseStatus reads a status, ignoring case; "triggered" is a synonym of "open". ok is false for any other word.
func ParseStatus(text string) (status Status, ok bool) {
	switch s := Status(strings.ToLower(strings.TrimSpace(text))); s {
	case StatusOpen, StatusAcknowledged, StatusSnoozed, StatusResolved:
		return s, true
	case "triggered":
		return StatusOpen, true
	}
	return "", false
}
