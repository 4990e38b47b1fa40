package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// line makes one line of at most limit characters of what a sender wrote: no control characters, no marks that turn the
// direction of what follows, valid UTF-8. A cut is shown.
func line(text string, limit int) string {
	return shorten(strings.Join(strings.Fields(clean(text, false)), " "), limit)
}

// paragraphs is line for a longer text, whose line breaks stay.
func paragraphs(text string, limit int) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return shorten(strings.TrimSpace(clean(text, true)), limit)
}

// clean drops what must not reach a mail header, a terminal or an eye that trusts what it reads.
func clean(text string, breaks bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && breaks:
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// shorten cuts a text to at most limit characters, on the border of one, and shows that it did.
func shorten(text string, limit int) string {
	if len(text) <= limit || runes(text) <= limit {
		return text
	}
	if limit <= 0 {
		return ""
	}
	n := 0
	for at := range text {
		if n == limit-1 {
			return strings.TrimRightFunc(text[:at], unicode.IsSpace) + "…"
		}
		n++
	}
	return text
}

func runes(text string) int { return utf8.RuneCountInString(text) }

// clockTime is an instant as the person's clock shows it, with the zone named.
func clockTime(at time.Time, zone string) string {
	if location, err := time.LoadLocation(zone); err == nil {
		at = at.In(location)
	}
	return at.Format("Mon 2 Jan 15:04 MST")
}

// span says a length of time in one unit or two.
func span(d time.Duration) string {
	switch minutes := int(d / time.Minute); {
	case minutes < 1:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	default:
		return fmt.Sprintf("%d days", minutes/(24*60))
	}
}

// ago says how long something has lasted.
func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}
