package escalation

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// Window is a time of the week in a zone. Days are "mon" … "sun", none means every day; From and To are "15:04", From equal to
// To means the whole day. A window over midnight belongs to the day of its From.
type Window struct {
	Days     Words  `json:"days,omitempty"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Timezone string `json:"timezone,omitempty"`
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as time.Weekday counts

// open reports whether at lies in the window. One whose zone is unknown is always open: rather a page too many.
func (w Window) open(at time.Time) bool { return w.next(at).Equal(at) }

// next is at itself when the window is open then, else when it opens next; zero when it never does.
func (w Window) next(at time.Time) time.Time {
	zone, err := clock.LoadZone(w.Timezone)
	if err != nil {
		return at
	}
	var next time.Time
	year, month, day := at.In(zone).Date()
	// The days before matter when the window is open over midnight, those after the next week when clocks skip it once.
	for offset := -2; offset <= 16; offset++ {
		start, end, ok := w.on(year, month, day+offset, zone)
		switch {
		case !ok || !at.Before(end) || !start.Before(end):
		case !start.After(at):
			return at
		case next.IsZero() || start.Before(next):
			next = start
		}
	}
	return next
}

// on is the window that belongs to the day.
func (w Window) on(year int, month time.Month, day int, zone *time.Location) (start, end time.Time, ok bool) {
	weekday := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()
	if len(w.Days) > 0 && !slices.Contains(w.Days, weekdays[weekday]) {
		return start, end, false
	}
	from, to := minuteOfDay(w.From), minuteOfDay(w.To)
	start = clock.Local(year, month, day, 0, from, zone)
	if to <= from {
		day++
	}
	return start, clock.Local(year, month, day, 0, to, zone), true
}

// minuteOfDay reads "15:04"; what is no time is midnight.
func minuteOfDay(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// Wait is what holds a step back: a window that must be open, or that somebody covers the target's schedule. In JSON it is the
// window, or the word "on_call".
type Wait struct {
	Window *Window
	OnCall bool
}

// WaitOnCall is how a Wait for somebody on call is written.
const WaitOnCall = "on_call"

// MarshalJSON writes the window or the word.
func (w Wait) MarshalJSON() ([]byte, error) {
	if w.OnCall {
		return json.Marshal(WaitOnCall)
	}
	return json.Marshal(w.Window)
}

// UnmarshalJSON reads the window or the word.
func (w *Wait) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var word string
		if err := json.Unmarshal(data, &word); err != nil {
			return err
		}
		if word != WaitOnCall {
			return fmt.Errorf("must be %q or a window {days, from, to, timezone}", WaitOnCall)
		}
		w.OnCall = true
		return nil
	}
	w.Window = &Window{}
	return json.Unmarshal(data, w.Window)
}
