package view

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy is the editor of an escalation policy. Without script every change of its shape (another step, one moved) is a post that draws the
// page anew with what was typed; nothing is saved until it is said.
type Policy struct {
	Shell
	Heading, Action string
	ID              int64 // 0 while it is new
	IsFallback      bool
	Version         int
	In              Inputs
	Choices         PolicyChoices
	Steps           []Step
	Plan            []PlanStep
	Bad             string
	Warnings        []string
	Checked         bool   // it was checked, and could be saved
	Overtaken       string // where it stands what somebody else has saved meanwhile
	Try             PolicyTry
	Versions        []Version
	MoreVersions    bool
	Sheet           PolicySheet // for who may only read
	More            []Section
}

// Inputs are the inputs of a form by their names: what stands in them and what is wrong with it.
type Inputs struct {
	Values url.Values
	Bad    map[string]string
	Chips  map[string][]Chip // the values of inputs that hold a list
	Focus  string            // the input to go on with
}

// Chip is one value of a list, as a box that takes it away again. Name is the input's.
type Chip struct{ Name, Value, Word string }

// Get is what stands in an input.
func (in Inputs) Get(name string) string { return in.Values.Get(name) }

// Has reports whether a list holds the value.
func (in Inputs) Has(name, value string) bool {
	return slices.Contains(in.Values[name], value)
}

// Mark says what is wrong with an input, after what was said before.
func (in Inputs) Mark(name, text string) { in.Bad[name] = strings.TrimSpace(in.Bad[name] + " " + text) }

// field fills an input in.
func (in Inputs) field(name string, f Field) Field {
	f.Name, f.Value, f.Bad, f.Autofocus = name, in.Get(name), in.Bad[name], in.Focus == name
	if f.Kind == "checkbox" {
		f.Checked = f.Value != ""
	}
	if f.Kind == "select" && f.Value != "" && !knownIn(f.Options, f.Value) {
		f.Options = append(slices.Clip(f.Options), Option{f.Value, Humanize(f.Value)})
	}
	return f
}

// PolicyChoices are what the selects and lists of the editor offer.
type PolicyChoices struct {
	Types, Statuses, Severities, Channels, Policies []Option
	Owners                                          []Option // teams that may own the policy
	Teams                                           []Option
	Targets, Services, Sources                      []string
	Zone                                            string // what a new window begins with
}

// Step is one step in the editor. At begins the names of its inputs.
type Step struct {
	Number  int
	At      string
	Actions []Action
}

// Action is one action of a step in the editor. Aside are the inputs that it has but that its type does not look at.
type Action struct {
	Step, Number int
	At, Type     string
	Headers      int
	Aside        []string
}

// PlanStep is a step in sentences.
type PlanStep struct {
	After, Words string
	Notes        []string
	Actions      []PlanAction
}

// PlanAction is one action in a sentence, with the texts that it shows.
type PlanAction struct {
	Words string
	Texts []Pair
}

// PolicySheet is a policy to read.
type PolicySheet struct {
	Description, After string
	IsFallback         bool
	Facts, Conditions  []Pair
	Plan               []PlanStep
}

// PolicyTry is the panel that says who would be paged.
type PolicyTry struct {
	Shell
	In         Inputs
	Severities []Option
	Teams      []Option
	Zone       string
	Bad        string
	Asked      bool
	Matches    bool
	Forecast   Forecast
	Past       *Past
}

// Past compares who was paged with who would have been.
type Past struct {
	Days, Incidents, Differing int
	Whole                      bool
	People                     []PastPerson
	List                       []PastIncident
}

// PastPerson is how often somebody was paged, and would have been.
type PastPerson struct {
	Name       string
	Was, Would int
}

// PastIncident is one for which it would have been otherwise.
type PastIncident struct {
	ID         int64
	Title      string
	At         time.Time
	Was, Would string
}

// Version is one saved state of a policy.
type Version struct {
	Number  int
	At      time.Time
	By      string
	Words   string
	Current bool
}

// PolicyVersions lists the versions of a policy.
type PolicyVersions struct {
	Shell
	Policy, Path string
	List         []Version
}

// PolicyVersion is one version to read.
type PolicyVersion struct {
	Shell
	Policy, Path, By, Bad string
	Number, Now           int
	At                    time.Time
	Sheet                 PolicySheet
	CanRestore            bool
}

// PolicyDiff is what changed between two versions.
type PolicyDiff struct {
	Shell
	Policy, Path string
	From, To     int
	FromAt, ToAt time.Time
	Changes      []PolicyChange
	Versions     []Version
}

// PolicyChange is one change. Tone is added, removed or changed.
type PolicyChange struct{ Tone, Sentence string }

func (c PolicyChange) icon() string {
	switch c.Tone {
	case "added":
		return "plus"
	case "removed":
		return "x"
	}
	return "pencil"
}

// OptionGroup is a part of a long list of choices under a heading.
type OptionGroup struct {
	Word    string
	Options []Option
}

func knownIn(options []Option, value string) bool {
	for _, o := range options {
		if o.Value == value {
			return true
		}
	}
	return false
}

// op is the value of a button that changes the shape: "action:move:1:2:0".
func op(what, verb string, at ...int) string {
	text := what + ":" + verb
	for _, n := range at {
		text += ":" + strconv.Itoa(n)
	}
	return text
}

func (a Action) name() string {
	return "action " + strconv.Itoa(a.Number) + " of step " + strconv.Itoa(a.Step+1)
}

func withNone(word string, options []Option) []Option {
	return append([]Option{{"", word}}, options...)
}

var (
	weekdays   = []Option{{"mon", "Mon"}, {"tue", "Tue"}, {"wed", "Wed"}, {"thu", "Thu"}, {"fri", "Fri"}, {"sat", "Sat"}, {"sun", "Sun"}}
	picks      = []Option{{"", "All of them"}, {"round_robin", "One, in turn"}, {"random", "One, at random"}}
	urgencies  = []Option{{"", "As the incident"}, {"high", "High"}, {"low", "Low"}}
	waits      = []Option{{"", "Not held back"}, {"window", "Only at certain times"}, {"on_call", "Until somebody is on call"}}
	pastDays   = []Option{{"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}}
	commonZone = []string{"UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"}
)
