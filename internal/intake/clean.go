package intake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// What is kept of a signal, in characters and entries. Longer texts are cut, with a warning.
const (
	maxLine       = 255
	maxText       = 20_000
	maxLabels     = 100
	maxLabelName  = 200
	maxLabelValue = 2_000
	maxLinks      = 20
	maxURL        = 2_000
)

// cleaner brings a signal's texts into bounds and notes on the message what it had to change.
type cleaner struct{ m *message }

// text cleans a text of NUL and invalid UTF-8 and cuts it to limit characters; what names it in the warning.
func (c cleaner) text(what, text string, limit int) string {
	text = strings.TrimSpace(db.Clean(text))
	short := cut(text, limit)
	if len(short) < len(text) {
		c.m.warn(fmt.Sprintf("%s is longer than %d characters and was cut.", what, limit))
	}
	return short
}

// cut is the first limit characters of a text.
func cut(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	for at := range text {
		if limit == 0 {
			return text[:at]
		}
		limit--
	}
	return text
}

// clip shortens a sender's word for a warning.
func clip(text string) string { return cut(db.Clean(text), 60) }

// title cuts a title. One that was too long is not lost: without a description it becomes that.
func (c cleaner) title(s *Signal) string {
	title := c.text("The title", s.Title, maxLine)
	if title == "" {
		return "Alert without a title"
	}
	if s.Description == "" && len(title) < len(strings.TrimSpace(db.Clean(s.Title))) {
		s.Description = s.Title
	}
	return title
}

// labels brings names and values into bounds; what is too much is left out in the order of the names.
func (c cleaner) labels(what string, sent map[string]string) map[string]string {
	if len(sent) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(sent))
	if len(names) > maxLabels {
		c.m.warn(fmt.Sprintf("There are %d %s; the first %d were kept.", len(names), what, maxLabels))
		names = names[:maxLabels]
	}
	kept := make(map[string]string, len(names))
	for _, name := range names {
		short := c.text("A name among the "+what, name, maxLabelName)
		if short != "" {
			kept[short] = c.text("A value among the "+what, sent[name], maxLabelValue)
		}
	}
	return kept
}

// links keeps the addresses of web pages; anything else must not become something to click on.
func (c cleaner) links(sent []incident.Link) []incident.Link {
	var kept []incident.Link
	for _, link := range sent {
		address := strings.TrimSpace(db.Clean(link.URL))
		lower := strings.ToLower(address[:min(8, len(address))])
		switch {
		case !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://"):
			continue
		case len(address) > maxURL || len(kept) == maxLinks:
			c.m.warn("A link was too long, or there were too many; it was left out.")
			continue
		}
		kept = append(kept, incident.Link{Text: c.text("A link's text", link.Text, maxLine), URL: address})
	}
	return kept
}
