package incident

import (
	"encoding/json"
	"slices"
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

	maxMetadataDepth = 20
	maxMetadataBytes = 64 << 10
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

// checkMetadata bounds what a person adds: it is written with every change of the incident, and a database gives up on what is
// nested without end.
func checkMetadata(bad *fault.Checks, metadata map[string]any) {
	if len(metadata) > maxMetadata {
		bad.Add("body.metadata", "must be at most %d entries", maxMetadata)
		return
	}
	if tooDeep(metadata, maxMetadataDepth) {
		bad.Add("body.metadata", "must be nested at most %d deep", maxMetadataDepth)
		return
	}
	if encoded, err := json.Marshal(metadata); err != nil || len(encoded) > maxMetadataBytes {
		bad.Add("body.metadata", "must be at most %d bytes of JSON", maxMetadataBytes)
	}
}

func tooDeep(value any, left int) bool {
	if left < 0 {
		return true
	}
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			if tooDeep(item, left-1) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return tooDeep(item, left-1) })
	}
	return false
}

func checkStatus(bad *fault.Checks, status Status) {
	if parsed, ok := ParseStatus(string(status)); !ok || parsed != status {
		bad.Add("body.status", "must be open, acknowledged, snoozed or resolved")
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
	if e.Metadata != nil {
		checkMetadata(&bad, *e.Metadata)
	}
	if e.Status != nil {
		checkStatus(&bad, *e.Status)
	}
	if e.TeamID != nil && *e.TeamID != nil {
		if err := a.checkTeam(&bad, a.tx, a.org, **e.TeamID); err != nil {
			return err
		}
	}
	return bad.Err()
}
