package escalation

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/clock"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func TestWhenAWindowIsOpenAndWhenItOpensNext(t *testing.T) {
	berlin, newYork := "Europe/Berlin", "America/New_York"
	office := Window{Days: Words{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00", Timezone: berlin}
	fridayNight := Window{Days: Words{"fri"}, From: "22:00", To: "06:00", Timezone: berlin}
	early := func(from, to, zone string) Window { return Window{From: from, To: to, Timezone: zone} }
	for _, c := range []struct {
		name     string
		w        Window
		at, next string // next is at: open
	}{
		{"in office hours", office, "2026-01-12T10:00:00+01:00", "2026-01-12T10:00:00+01:00"},
		{"at their first instant", office, "2026-01-12T09:00:00+01:00", "2026-01-12T09:00:00+01:00"},
		{"at their end", office, "2026-01-12T17:00:00+01:00", "2026-01-13T09:00:00+01:00"},
		{"a minute before their end", office, "2026-01-12T16:59:59+01:00", "2026-01-12T16:59:59+01:00"},
		{"on Friday evening", office, "2026-01-16T18:00:00+01:00", "2026-01-19T09:00:00+01:00"},
		{"over the spring change", office, "2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"},
		{"a night belongs to the day it began", fridayNight, "2026-01-17T05:59:00+01:00", "2026-01-17T05:59:00+01:00"},
		{"and not to the day before", fridayNight, "2026-01-16T05:00:00+01:00", "2026-01-16T22:00:00+01:00"},
		{"nor to the next", fridayNight, "2026-01-17T22:30:00+01:00", "2026-01-23T22:00:00+01:00"},
		{"a whole day", Window{Days: Words{"sun"}, Timezone: berlin}, "2026-01-17T23:59:00+01:00", "2026-01-18T00:00:00+01:00"},
		{"every day, all day", Window{Timezone: berlin}, "2026-01-17T23:59:00+01:00", "2026-01-17T23:59:00+01:00"},
		{"a day of 23 hours ends an hour earlier", Window{Days: Words{"sun"}, Timezone: berlin}, "2026-03-30T00:00:00+02:00", "2026-04-05T00:00:00+02:00"},
		{"a day of 25 hours", Window{Days: Words{"sun"}, Timezone: berlin}, "2026-10-25T23:59:00+01:00", "2026-10-25T23:59:00+01:00"},
		{"a start that is skipped moves forward", early("02:30", "04:00", berlin), "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"},
		{"the same west of Greenwich", early("02:30", "04:00", newYork), "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00"},
		{"an end that is skipped moves forward", early("01:00", "02:30", berlin), "2026-03-29T03:29:00+02:00", "2026-03-29T03:29:00+02:00"},
		{"a window that is skipped as a whole", early("02:10", "02:50", berlin), "2026-03-29T03:00:00+02:00", "2026-03-29T03:10:00+02:00"},
		{"one whose skipped start passes its end is left out", early("02:30", "03:10", berlin), "2026-03-29T03:05:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"a start that comes twice means the first", early("02:30", "04:00", berlin), "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"an end that comes twice means the first", early("01:00", "02:30", berlin), "2026-10-25T02:31:00+02:00", "2026-10-26T01:00:00+01:00"},
		{"it does not open again the second time", early("02:10", "02:50", newYork), "2026-11-01T02:10:00-05:00", "2026-11-01T02:10:00-05:00"},
		{"twice west of Greenwich", early("01:10", "01:50", newYork), "2026-11-01T01:10:00-05:00", "2026-11-02T01:10:00-05:00"},
		{"a night with a skipped hour", early("22:00", "06:00", newYork), "2026-03-08T05:59:00-04:00", "2026-03-08T05:59:00-04:00"},
		{"an unknown zone pages rather than not", Window{Days: Words{"mon"}, Timezone: "Europe/Atlantis"}, "2026-01-17T00:00:00Z", "2026-01-17T00:00:00Z"},
	} {
		at, want := instant(t, c.at), instant(t, c.next)
		if got := c.w.next(at); !got.Equal(want) {
			t.Errorf("%s: next is %s, want %s", c.name, got, want)
		}
		if c.w.open(at) != at.Equal(want) {
			t.Errorf("%s: open is %v", c.name, c.w.open(at))
		}
	}
}

func someWindow(t *rapid.T) Window {
	timeOfDay := rapid.Custom(func(t *rapid.T) string {
		minute := rapid.OneOf(rapid.IntRange(0, 1439), rapid.IntRange(0, 240)).Draw(t, "minute")
		return time.Date(0, 1, 1, 0, minute, 0, 0, time.UTC).Format("15:04")
	})
	return Window{
		Days: rapid.SliceOfN(rapid.SampledFrom(weekdays), 0, 4).Draw(t, "days"),
		From: timeOfDay.Draw(t, "from"), To: timeOfDay.Draw(t, "to"),
		Timezone: rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Pacific/Apia"}).Draw(t, "zone"),
	}
}

func TestTheNextInstantOfAWindowIsOpenAndNothingBeforeItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someWindow(t)
		// Near the nights on which clocks change, and anywhere.
		near := rapid.SampledFrom([]int64{1774746000, 1792890000, 1772953200, 1793512800, 1791043200, 1775314800, 1325239200})
		base := rapid.OneOf(near, rapid.Int64Range(1_700_000_000, 1_900_000_000)).Draw(t, "around")
		at := time.Unix(base+60*rapid.Int64Range(-3000, 3000).Draw(t, "minutes"), 0).UTC()
		next := w.next(at)
		if next.IsZero() || next.Before(at) || !w.open(next) {
			t.Fatalf("%+v at %s: next is %s", w, at, next)
		}
		if next.After(at.Add(17 * 24 * time.Hour)) {
			t.Fatalf("%+v at %s opens only at %s", w, at, next)
		}
		for between := at; between.Before(next); between = between.Add(7 * time.Minute) {
			if w.open(between) {
				t.Fatalf("%+v is open at %s, before %s", w, between, next)
			}
		}
		if last := next.Add(-time.Second); next.After(at) && w.open(last) {
			t.Fatalf("%+v is open at %s, before %s", w, last, next)
		}
	})
}

// TestAwayFromClockChangesAWindowIsWhatTheClockOnTheWallShows compares with the plain reading of the fields.
func TestAwayFromClockChangesAWindowIsWhatTheClockOnTheWallShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someWindow(t)
		zone, err := clock.LoadZone(w.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 6, 1, 0, rapid.IntRange(0, 60*24*60).Draw(t, "minute"), 0, 0, time.UTC).In(zone) // no zone changes in these months
		shown := at.Format("15:04")
		on := func(day time.Time) bool { return len(w.Days) == 0 || slices.Contains(w.Days, weekdays[day.Weekday()]) }
		today, yesterday := on(at), on(at.AddDate(0, 0, -1))
		want := today && w.From <= shown && shown < w.To
		if w.To <= w.From {
			want = (today && shown >= w.From) || (yesterday && shown < w.To)
		}
		if w.open(at) != want {
			t.Fatalf("%+v at %s: open is %v", w, at, !want)
		}
	})
}
