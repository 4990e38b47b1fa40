package view

import (
	"strconv"
	"time"
)

// Policy is the editor of an escalation policy. Without script every change of its shape (another step, one moved) is a post that draws the
// page anew with what was typed; nothing is saved until it is said.
type Policy struct {
	Shell
	Heading, Action string
	IsFallback      bool
	ReadOnly        bool
	Version         int
	Basics          [][]Field
	Conditions      [][]Field
	Severities      []Box // the severities a condition may name
	SeverityBad     string
	Steps           []Step
	Repeat          []Field
	ActionTypes     []Option
	Targets         []OptionGroup
	Statuses        []Option
	SeverityChoice  []Option
	Bad             string
	Warnings        []string
	Versions        []Version
	More            []Section
}

// OptionGroup is a part of a long select under a heading.
type OptionGroup struct {
	Word    string
	Options []Option
}

// Box is one of several checkboxes of the same name.
type Box struct {
	Value   string
	Checked bool
}

// Step is one step in the editor; Delay is as typed.
type Step struct {
	Delay    string
	DelayBad string
	Bad      string
	Words    string // the step in a sentence
	Actions  []Action
}

// Action is one action of a step in the editor. Rest keeps, as JSON, what the editor does not show; Several says its targets in words when
// it has more than one.
type Action struct {
	Type, Target, Several, Channels, Message, Status, Severity, Rest string
	Bad                                                              map[string]string
}

// Version is one saved state of a policy.
type Version struct {
	Number int
	At     time.Time
	By     string
	Words  string
}

func stepName(i int, part string) string { return "steps." + strconv.Itoa(i) + "." + part }

func actionName(i, j int, part string) string {
	return stepName(i, "actions."+strconv.Itoa(j)+"."+part)
}

// pages says whether the action sends something, so that channel and words matter.
func (a Action) pages() bool {
	return a.Type == "" || a.Type == "notify"
}

func known(groups []OptionGroup, value string) bool {
	for _, g := range groups {
		if knownIn(g.Options, value) {
			return true
		}
	}
	return false
}

func knownIn(options []Option, value string) bool {
	for _, o := range options {
		if o.Value == value {
			return true
		}
	}
	return false
}
