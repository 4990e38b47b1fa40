package account

import (
	"net/mail"
	"strings"
	"time"
	_ "time/tzdata" // Zone names must not depend on what the machine has installed.
	"unicode"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// The lengths of the schema, in characters.
const (
	maxName        = 255
	maxDescription = 10_000
	maxEmail       = 320
	maxPhone       = 50
	maxTimezone    = 100
)

// line checks a text of one line: valid UTF-8, no control characters, at most limit characters. It returns the text without
// surrounding space.
func line(c *fault.Checks, location, value string, limit int) string {
	value = strings.TrimSpace(value)
	if readable(c, location, value) {
		if strings.ContainsFunc(value, unicode.IsControl) {
			c.Add(location, "must not contain control characters")
		}
		notLonger(c, location, value, limit)
	}
	return value
}

// required is line for a text that must not be empty.
func required(c *fault.Checks, location, value string, limit int) string {
	value = line(c, location, value, limit)
	if value == "" {
		c.Add(location, "is required")
	}
	return value
}

// prose checks a text of several lines.
func prose(c *fault.Checks, location, value string, limit int) string {
	if readable(c, location, value) {
		notLonger(c, location, value, limit)
	}
	return value
}

func readable(c *fault.Checks, location, value string) bool {
	switch {
	case !utf8.ValidString(value):
		c.Add(location, "must be valid UTF-8")
	case strings.ContainsRune(value, 0):
		c.Add(location, "must not contain NUL")
	default:
		return true
	}
	return false
}

func notLonger(c *fault.Checks, location, value string, limit int) {
	if utf8.RuneCountInString(value) > limit {
		c.Add(location, "must be at most %d characters", limit)
	}
}

func between(c *fault.Checks, location string, value, low, high int) {
	if value < low || value > high {
		c.Add(location, "must be between %d and %d", low, high)
	}
}

// emailAddress checks a bare address (RFC 5322 addr-spec, unquoted) and returns it without surrounding space.
func emailAddress(c *fault.Checks, location, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		c.Add(location, "is required")
		return value
	}
	if !readable(c, location, value) {
		return value
	}
	notLonger(c, location, value, maxEmail)
	// A display name, a comment or a quoted part makes the parsed address differ from what was given.
	if parsed, err := mail.ParseAddress(value); err != nil || parsed.Address != value {
		c.Add(location, "must be an e-mail address")
	}
	return value
}

// foldEmail is the form in which addresses are compared.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// phoneNumber checks a number as people write it: digits, and + - . / ( ) and spaces between them. "" is no number.
func phoneNumber(c *fault.Checks, location, value string) string {
	value = line(c, location, value, maxPhone)
	wrong := func(r rune) bool { return !strings.ContainsRune("0123456789+-./() ", r) }
	if value != "" && (strings.ContainsFunc(value, wrong) || !strings.ContainsAny(value, "0123456789")) {
		c.Add(location, "must be a phone number")
	}
	return value
}

// zoneName checks an IANA time zone name; "" is UTC.
func zoneName(c *fault.Checks, location, value string) string {
	if value == "" {
		return "UTC"
	}
	// LoadLocation takes "Local" for the server's own zone, which means nothing to a person elsewhere.
	if _, err := time.LoadLocation(value); err != nil || value == "Local" || len(value) > maxTimezone {
		c.Add(location, "must be a time zone name such as Europe/Berlin")
	}
	return value
}

// knownRole checks a role; "" is RoleUser.
func knownRole(c *fault.Checks, location string, role Role) Role {
	if role == "" {
		return RoleUser
	}
	checkRole(c, location, role)
	return role
}

func checkRole(c *fault.Checks, location string, role Role) {
	if _, ok := ParseRole(string(role)); !ok {
		c.Add(location, "must be one of user, oncall_engineer, team_lead, manager, vp, cto, admin")
	}
}
