package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Look is how one value of a closed set is shown: always an icon, a word and a colour (the class "is-<Tone>").
type Look struct{ Icon, Word, Tone string }

var severityLooks = map[string]Look{
	"critical": {"octagon-alert", "Critical", "critical"},
	"high":     {"triangle-alert", "High", "high"},
	"medium":   {"circle-alert", "Medium", "medium"},
	"low":      {"arrow-down", "Low", "low"},
	"info":     {"info", "Info", "info"},
}

var statusLooks = map[string]Look{
	"open":         {"circle-dot", "Open", "open"},
	"acknowledged": {"user-check", "Acknowledged", "acknowledged"},
	"snoozed":      {"moon", "Snoozed", "snoozed"},
	"resolved":     {"circle-check", "Resolved", "resolved"},
}

var deliveryLooks = map[string]Look{
	"pending":   {"hourglass", "Waiting", "pending"},
	"sending":   {"send", "Sending", "sending"},
	"sent":      {"check", "Sent", "sent"},
	"delivered": {"check-check", "Delivered", "delivered"},
	"failed":    {"circle-x", "Failed", "failed"},
	"cancelled": {"ban", "Cancelled", "cancelled"},
	"completed": {"check", "Completed", "completed"},
}

var channelLooks = map[string]Look{
	"email":   {"mail", "E-mail", "plain"},
	"ntfy":    {"smartphone", "ntfy", "plain"},
	"webhook": {"webhook", "Webhook", "plain"},
	"log":     {"terminal", "Log", "plain"},
}

// SeverityLook shows a severity; an unknown one shows as its own word.
func SeverityLook(s string) Look { return lookup(severityLooks, s, "circle") }

// StatusLook shows an incident's status.
func StatusLook(s string) Look { return lookup(statusLooks, s, "circle") }

// DeliveryLook shows the status of a notification, an attempt or an escalation event.
func DeliveryLook(s string) Look { return lookup(deliveryLooks, s, "circle") }

// ChannelLook shows a channel; one without a look of its own gets the general bell.
func ChannelLook(s string) Look { return lookup(channelLooks, s, "bell") }

func lookup(looks map[string]Look, key, icon string) Look {
	if l, ok := looks[key]; ok {
		return l
	}
	return Look{icon, Humanize(key), "plain"}
}

// spelt are identifiers whose words are written otherwise than their letters.
var spelt = map[string]string{"oncall_engineer": "On-call engineer", "vp": "VP", "cto": "CTO"}

// Humanize turns an identifier such as "nobody_to_notify" into "Nobody to notify".
func Humanize(s string) string {
	if word := spelt[s]; word != "" {
		return word
	}
	words := []rune(strings.ReplaceAll(strings.TrimSpace(s), "_", " "))
	if len(words) > 0 {
		words[0] = unicode.ToUpper(words[0])
	}
	return string(words)
}

// Age says how long ago something was in one or two units: "now", "4 min", "3 h 20 min", "5 d".
func Age(d time.Duration) string {
	if d < 45*time.Second {
		return "now"
	}
	minutes := int((d + 30*time.Second) / time.Minute)
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	hours := minutes / 60
	switch {
	case hours < 10 && minutes%60 != 0:
		return fmt.Sprintf("%d h %d min", hours, minutes%60)
	case hours < 48:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d d", hours/24)
}

// Ago is Age with the word that makes it a sentence: "just now", "4 min ago".
func Ago(d time.Duration) string {
	if word := Age(d); word != "now" {
		return word + " ago"
	}
	return "just now"
}

// Countdown says how long until something: "4:32", "2 h 05 min", "3 d", "now" when it is due.
func Countdown(d time.Duration) string {
	if d <= 0 {
		return "now"
	}
	s := int((d + time.Second - 1) / time.Second)
	switch {
	case s < 3600:
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	case s < 2*24*3600:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d", s/86400)
}

// Minutes writes a delay as people say it: "at once", "30 s", "5 min", "1 h 30 min".
func Minutes(m float64) string {
	d := time.Duration(m * float64(time.Minute)).Round(time.Second)
	switch {
	case d <= 0:
		return "at once"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour && d%time.Minute == 0:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// Count writes a number with its noun: "1 alert", "3 alerts".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Capped writes a count that is exact up to a limit: "10000+" beyond it.
func Capped(n int, capped bool) string {
	if capped {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// Initials are the one or two letters on a person's disc.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[:1]
	if len(words) > 1 && !strings.Contains(name, "@") {
		first = append(first, []rune(words[len(words)-1])[0])
	}
	return strings.ToUpper(string(first))
}
