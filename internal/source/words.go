package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// resolvedWords and firingWords are what senders call the two states of an alert.
var (
	resolvedWords = wordSet("resolved resolve ok okay closed close recovered recovery recover up 0 green normal cleared clear " +
		"inactive healthy success succeeded fixed ended done untracked")
	firingWords = wordSet("firing fire open opened triggered trigger alerting alert alarm active problem down critical crit error " +
		"warning warn failed failing failure red yellow unhealthy bad new ongoing created 1 started renotify retriggered " +
		"acknowledged acknowledge thresholdmet querymatched nodata high medium low info default")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// statusOf reads a sender's word for an alert's state. No word means firing; so does a word nobody knows, with a warning:
// a page too many is better than one too few.
func statusOf(word string) (status incident.AlertStatus, warning string) {
	name := letters(word)
	switch {
	case resolvedWords[name]:
		return incident.AlertResolved, ""
	case name == "" || firingWords[name]:
		return incident.AlertFiring, ""
	}
	return incident.AlertFiring, fmt.Sprintf("The status %q is not known; it counts as firing.", clip(word))
}

// clip shortens a sender's text for a warning.
func clip(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// The range of Unix times that are believed: seconds of the years 2001 to 2286, or the same in milliseconds.
const (
	minUnixSeconds = 1_000_000_000
	maxUnixSeconds = 9_999_999_999
)

// timeOf reads RFC 3339 or Unix seconds or milliseconds; nil for anything else, and for the year 1, which Go senders
// write for "not yet".
func timeOf(value any) *time.Time {
	text := scalar(value)
	if text == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		number, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return nil
		case number >= minUnixSeconds && number <= maxUnixSeconds:
			at = time.Unix(number, 0)
		case number >= minUnixSeconds*1000 && number <= maxUnixSeconds*1000:
			at = time.UnixMilli(number)
		default:
			return nil
		}
	}
	if at.Year() < 1971 || at.Year() > 9999 {
		return nil
	}
	at = at.UTC().Truncate(time.Microsecond)
	return &at
}

// firstLine splits a text into its first line that is not empty and what follows.
func firstLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line), strings.TrimSpace(rest)
}

// linkTo appends a link when there is an address.
func linkTo(links []incident.Link, text, url string) []incident.Link {
	if url == "" {
		return links
	}
	return append(links, incident.Link{Text: text, URL: url})
}

// nameKey is the key of an alert whose sender gives none: its name and service, which firing and resolved share.
func nameKey(name, service string) string {
	if service == "" {
		return name
	}
	return name + " @ " + service
}
