package incident

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	maxComment  = 10_000
	maxRole     = 50
	maxLabels   = 100
	maxLabelKey = 200
	maxLabel    = 2000
	maxMetadata = 200
)

// checkText wants a clean text of least to most characters.
func checkText(bad *fault.Checks, where, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0:
		bad.Add(where, "must be valid UTF-8 without NUL characters")
	case least > 0 && strings.TrimSpace(text) == "":
		bad.Add(where, "is needed: %d to %d characters", least, most)
	case n > most:
		bad.Add(where, "must be at most %d characters, not %d", most, n)
	}
}

func checkSeverity(bad *fault.Checks, severity Severity) {
	if severity.Rank() == 0 {
		bad.Add("body.severity", "must be critical, high, medium, low or info")
	}
}

func checkLabels(bad *fault.Checks, labels map[string]string) {
	if len(labels) > maxLabels {
		bad.Add("body.labels", "must be at most %d", maxLabels)
		return
	}
	for name, value := range labels {
		checkText(bad, "body.labels", name, 1, maxLabelKey)
		checkText(bad, "body.labels."+cut(name, maxLabelKey), value, 0, maxLabel)
	}
}

func (a *application) checkEdit(e *Edit) error {
	var bad fault.Checks
	if e.Title != nil {
		checkText(&bad, "body.title", *e.Title, 1, maxTitle)
	}
	if e.Description != nil {
		checkText(&bad, "body.description", *e.Description, 0, maxText)
	}
	if e.Service != nil {
		checkText(&bad, "body.service", *e.Service, 0, maxService)
	}
	if e.Severity != nil {
		checkSeverity(&bad, *e.Severity)
	}
	if e.Labels != nil {
		checkLabels(&bad, *e.Labels)
	}
	if e.Metadata != nil && len(*e.Metadata) > maxMetadata {
		bad.Add("body.metadata", "must be at most %d entries", maxMetadata)
	}
	if e.TeamID != nil && *e.TeamID != nil {
		if err := a.checkTeam(&bad, a.tx, a.org, **e.TeamID); err != nil {
			return err
		}
	}
	return bad.Err()
}
