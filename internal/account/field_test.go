package account

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// field runs one rule and reports whether it took the value.
func field(rule func(c *fault.Checks, location, value string) string) func(value string) bool {
	return func(value string) bool {
		var c fault.Checks
		rule(&c, "body.field", value)
		return c.Empty()
	}
}

func TestFieldRules(t *testing.T) {
	name := field(func(c *fault.Checks, l, v string) string { return required(c, l, v, maxName) })
	about := field(func(c *fault.Checks, l, v string) string { return prose(c, l, v, maxDescription) })
	email, phone, zone := field(emailAddress), field(phoneNumber), field(zoneName)
	cases := []struct {
		rule  func(string) bool
		value string
		taken bool
	}{
		{name, "Zahlungen & Co", true},
		{name, strings.Repeat("ü", 255), true},
		{name, strings.Repeat("ü", 256), false},
		{name, " \t ", false},
		{name, "two\nlines", false},
		{name, "NUL\x00", false},
		{name, "invalid\xff", false},
		{about, "", true},
		{about, "two\nlines", true},
		{about, "NUL\x00", false},
		{about, strings.Repeat("x", maxDescription+1), false},
		{email, "ann@example.com", true},
		{email, " Ann.O'Neil+ops@Example.com ", true},
		{email, "admin@localhost", true},
		{email, "jörg@müller.example", true},
		{email, "", false},
		{email, "ann", false},
		{email, "ann@", false},
		{email, "@example.com", false},
		{email, "Ann <ann@example.com>", false},
		{email, "ann@example.com, bob@example.com", false},
		{email, "ann@example.com\r\nBcc: all@example.com", false},
		{email, "ann@exam\x00ple.com", false},
		{email, strings.Repeat("a", 310) + "@example.com", false},
		{phone, "", true},
		{phone, "+49 (30) 123-456/7.8", true},
		{phone, "call me", false},
		{phone, "+-", false},
		{phone, strings.Repeat("1", 51), false},
		{zone, "", true},
		{zone, "Europe/Berlin", true},
		{zone, "UTC", true},
		{zone, "Local", false},
		{zone, "Mars/Olympus", false},
		{zone, "../etc/passwd", false},
		{zone, "Europe/\x00Berlin", false},
	}
	for _, c := range cases {
		if got := c.rule(c.value); got != c.taken {
			t.Errorf("%q: taken %v, want %v", c.value, got, c.taken)
		}
	}
}

func TestSettingsThatAreNotSetHaveTheirDefaults(t *testing.T) {
	var s Settings
	if s.AckTimeout() != time.Hour || s.ReopenWindow() != 10*time.Minute || s.HighUrgencyRepeat() != (Repeat{3, 15}) {
		t.Errorf("got %v, %v, %v", s.AckTimeout(), s.ReopenWindow(), s.HighUrgencyRepeat())
	}
	never := 0
	s = Settings{AckTimeoutMinutes: &never, Repeat: &Repeat{}}
	if s.AckTimeout() != 0 || s.HighUrgencyRepeat().Times != 0 {
		t.Error("zero is a value, not a default")
	}
}

func TestEveryWrongSettingIsNamed(t *testing.T) {
	signup, low, high := "maybe", -1, maxReopenWindow+1
	contacts := make([]int64, maxFallbackContacts+1)
	patch := SettingsPatch{
		Signup: &signup, FallbackContacts: &contacts, AckTimeoutMinutes: &low,
		Repeat: &Repeat{Times: 21, EveryMinutes: 0}, ReopenWindowMinutes: &high,
	}
	var c fault.Checks
	patch.apply(Settings{}, &c)
	if got := len(fault.From(c.Err()).Fields); got != 6 {
		t.Errorf("%d fields are named: %v", got, c.Err())
	}
}
