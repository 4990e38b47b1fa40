package view

import (
	"strconv"
	"time"
)

// Escalations is the list of steps taken, newest first, under the runs that are still going.
type Escalations struct {
	Shell
	URL    string // of the list as it is now
	Runs   []Run
	Events []EscalationEvent
	Pager  Pager

	MoreRuns    bool   // only those that are due first are shown
	MoreRunsURL string // shows more of them, "" when it cannot
}

// runsCount is how many run, as far as they are shown.
func (p Escalations) runsCount() string { return Capped(len(p.Runs), p.MoreRuns) }

// Run is a policy at work on an incident.
type Run struct {
	IncidentID int64
	Incident   string
	Policy     string
	PolicyID   int64 // 0 when it is no link
	State      string
	What       string // what comes next: "Step 2 of 3"
	Round      int
	Next       *time.Time
}

// nextWords says what comes next, and in which round.
func (r Run) nextWords() string {
	if r.Round > 1 {
		return r.What + ", round " + strconv.Itoa(r.Round)
	}
	return r.What
}

// EscalationEvent is one step taken, with whom it meant and whom it found.
type EscalationEvent struct {
	ID         int64
	IncidentID int64
	Incident   string
	Severity   string
	Service    string
	Team       string
	Policy     string
	PolicyID   int64
	Step       int // counted from 1
	Round      int
	Status     string
	At         time.Time
	Age        string // of the incident when the step was taken
	Delay      string // of the step, from the start of the run, "" for none
	For        string // targets as written
	People     []Target
	Nobody     string // why nobody was found
	By         string // who asked, "" for the clock
}

// stepWords says which step it was, and who asked for it.
func (e EscalationEvent) stepWords() string {
	words := "Step " + strconv.Itoa(e.Step)
	if e.Round > 1 {
		words += ", round " + strconv.Itoa(e.Round)
	}
	if e.Delay != "" {
		words += ", after " + e.Delay
	}
	if e.By != "" {
		words += ", asked for by " + e.By
	}
	return words
}

// Target is a person that a step found, and how.
type Target struct{ Name, Via string }

// Notifications is the list of messages to people.
type Notifications struct {
	Shell
	Tabs     []Choice
	Filter   []Select
	Tab      string
	Rows     []Delivery
	Pager    Pager
	ShowAll  bool   // the viewer sees everybody's, so the person is named
	URL      string // this page's own, to look again
	Filtered bool

	OneMessage bool // These are what one message told of.
}
