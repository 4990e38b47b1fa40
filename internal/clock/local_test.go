package clock

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestClocksThatShowATimeTwiceOrSkipIt(t *testing.T) {
	for _, c := range []struct{ name, zone, shown, want string }{
		{"an ordinary night", "Europe/Berlin", "2026-01-10 02:30", "2026-01-10T01:30:00Z"},
		{"skipped east of Greenwich", "Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30:00Z"}, // 03:30 by the clocks
		{"skipped west of Greenwich", "America/New_York", "2026-03-08 02:30", "2026-03-08T07:30:00Z"},
		{"the first minute skipped", "Europe/Berlin", "2026-03-29 02:00", "2026-03-29T01:00:00Z"},
		{"the last minute before the skip", "Europe/Berlin", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},
		{"the first minute after the skip", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"twice east of Greenwich", "Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},
		{"twice west of Greenwich", "America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z"},
		{"after the second time", "America/New_York", "2026-11-01 02:00", "2026-11-01T07:00:00Z"},
		{"half an hour skipped", "Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:45:00Z"},
		{"half an hour twice", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00Z"},
		{"midnight skipped", "Africa/Cairo", "2026-04-24 00:00", "2026-04-23T22:00:00Z"},
		{"a whole day skipped", "Pacific/Apia", "2011-12-30 09:00", "2011-12-30T19:00:00Z"}, // the 31st by the calendar
		{"no changes", "Asia/Tokyo", "2026-03-29 02:30", "2026-03-28T17:30:00Z"},
		{"UTC", "UTC", "2026-03-29 02:30", "2026-03-29T02:30:00Z"},
	} {
		zone, err := LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := time.Parse("2006-01-02 15:04", c.shown)
		if err != nil {
			t.Fatal(err)
		}
		y, m, d := shown.Date()
		if got := Local(y, m, d, shown.Hour(), shown.Minute(), zone); got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.UTC().Format(time.RFC3339), c.want)
		}
	}
}

func TestALocalTimeIsTheFirstInstantAtWhichClocksShowIt(t *testing.T) {
	names := []string{"Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := LoadZone(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1_300_000_000, 1_900_000_000).Draw(t, "at"), 0).Truncate(time.Minute).In(zone)
		y, m, d := at.Date()
		got := Local(y, m, d, at.Hour(), at.Minute(), zone)
		if got.Format("2006-01-02 15:04") != at.Format("2006-01-02 15:04") || got.After(at) {
			t.Fatalf("%s is shown at %s, found %s", at.Format("2006-01-02 15:04"), at, got)
		}
	})
}

func TestTheServersOwnZoneHasNoName(t *testing.T) {
	for _, name := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd"} {
		if zone, err := LoadZone(name); err == nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
}
