package view

import (
	"testing"
	"time"
)

func TestAgeIsSaidInOneOrTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Minute: "now", 44 * time.Second: "now", 45 * time.Second: "1 min", 59 * time.Minute: "59 min",
		60 * time.Minute: "1 h", 95 * time.Minute: "1 h 35 min", 11*time.Hour + 20*time.Minute: "11 h", 47 * time.Hour: "47 h",
		50 * time.Hour: "2 d",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %q, want %q", d, got, want)
		}
	}
	if got := Ago(10 * time.Second); got != "just now" {
		t.Errorf("Ago(10s) = %q", got)
	}
	if got := Ago(3 * time.Minute); got != "3 min ago" {
		t.Errorf("Ago(3m) = %q", got)
	}
}

func TestCountdownNeverGoesBelowNow(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "now", 0: "now", 500 * time.Millisecond: "0:01", 59 * time.Second: "0:59", 272 * time.Second: "4:32",
		time.Hour + 5*time.Minute: "1 h 05 min", 72 * time.Hour: "3 d",
	} {
		if got := Countdown(d); got != want {
			t.Errorf("Countdown(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestDelaysAreSaidAsPeopleSayThem(t *testing.T) {
	for m, want := range map[float64]string{0: "at once", 0.5: "30 s", 5: "5 min", 1.5: "1 min 30 s", 60: "1 h", 90: "1 h 30 min"} {
		if got := Minutes(m); got != want {
			t.Errorf("Minutes(%v) = %q, want %q", m, got, want)
		}
	}
}

func TestUnknownWordsAreShownNotHidden(t *testing.T) {
	if got := SeverityLook("apocalyptic"); got.Word != "Apocalyptic" || got.Icon == "" {
		t.Errorf("an unknown severity looks like %+v", got)
	}
	if got := Humanize("nobody_to_notify"); got != "Nobody to notify" {
		t.Errorf("Humanize = %q", got)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Ann Archer": "AA", "bob": "B", "ann@example.org": "A", "": "?", "Jean-Luc Picard": "JP", "Übel Ä": "ÜÄ"} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}
