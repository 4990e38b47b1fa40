package view

import "time"

// Forecast is who is told when, if nobody does anything.
type Forecast struct {
	Shell
	Title    string // what the list is called
	Alarm    string // nobody, or nobody but the fallback contacts, would be paged
	Policies string // what is at work
	Lines    []Foreseen
	End      string // what comes after the list
	EndBad   bool
	Empty    string // said when the list is empty
	BackURL  string // of the incident, on a page of its own
	BackWord string
}

// Foreseen is one line: a person on one channel, or what the incident and its policies do by themselves.
type Foreseen struct {
	At      time.Time
	Icon    string
	Tone    string
	Who     string
	Channel string // "" when nothing is sent
	What    string // by which step
	Why     string
	Again   int       // how often the same comes once more, with nothing between
	Last    time.Time // when it comes last
	// How long after the beginning At and Last are, where that is only thought of; else it is shown how long it still takes.
	After, LastAfter string
}

// firstForeseen is how many lines stand in the open; the rest is folded away.
const firstForeseen = 6

func (f Forecast) first() []Foreseen { return f.Lines[:min(len(f.Lines), firstForeseen)] }

func (f Forecast) rest() []Foreseen { return f.Lines[len(f.first()):] }
