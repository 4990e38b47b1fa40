package escalation

import (
	"encoding/json"
	"fmt"
)

// Window is a time of the week in a zone. Days are "mon" … "sun", none means every day; From and To are "15:04", From equal to
// To means the whole day. A window over midnight belongs to the day of its From.
type Window struct {
	Days     []string `json:"days,omitempty"`
	From     string   `json:"from,omitempty"`
	To       string   `json:"to,omitempty"`
	Timezone string   `json:"timezone,omitempty"`
}

// Wait is what holds a step back: a window that must be open, or that somebody covers the target's schedule. In JSON it is the
// window, or the word "on_call".
type Wait struct {
	Window *Window
	OnCall bool
}

const waitOnCall = "on_call"

// MarshalJSON writes the window or the word.
func (w Wait) MarshalJSON() ([]byte, error) {
	if w.OnCall {
		return json.Marshal(waitOnCall)
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
		if word != waitOnCall {
			return fmt.Errorf("must be %q or a window {days, from, to, timezone}", waitOnCall)
		}
		w.OnCall = true
		return nil
	}
	w.Window = &Window{}
	return json.Unmarshal(data, w.Window)
}
