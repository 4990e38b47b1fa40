package view

import "time"

// Objects is a list of things that are set up once: policies, services, integrations, teams, users.
type Objects struct {
	Shell
	Heading, Lede   string
	NewURL, NewWord string // "" when the viewer may not create one
	Search          *Select
	Columns         []string
	Rows            [][]Cell
	Pager           Pager
	EmptyIcon       string
	EmptyTitle      string
	EmptyText       string
	Example         string // a command to copy, shown while the list is empty
}

// Cell is one cell of such a list.
type Cell struct {
	Text, URL, Sub string
	Look           *Look
	At             *time.Time
	Tight          bool
}

// empty tells whether there is nothing to say, so that a phone leaves the line out.
func (c Cell) empty() bool { return c.Text == "" && c.Sub == "" && c.Look == nil && c.At == nil }

// FormPage is a page around one form, with what else can be done below it.
type FormPage struct {
	Shell
	BackURL, BackWord string
	Heading, Lede     string
	Links             []Choice // where else this thing is seen
	Form              *Form
	Facts             []Pair // shown instead of a form to who may only look
	More              []Section
}

// Section is a further panel on a FormPage: a smaller form, or a button that asks first.
type Section struct {
	Title, Text string
	Form        *Form
	Button      *Button
}

// Button is a form of one button. Ask is the question put before it acts.
type Button struct {
	Action, Word, Icon, Ask, Tone string
	Hidden                        [][2]string
}

// Team is the page of a team with its members.
type Team struct {
	FormPage
	TeamID     int64
	Members    []Member
	CanManage  bool
	AddMember  *Form
	RoleChoice []Option
	Owns       []Owned
}

// Owned are the things of one kind that a team owns.
type Owned struct {
	Word   string
	Things []Choice
}

// Member is a person in a team with the role that counts there.
type Member struct {
	Person
	Email   string
	Role    string // the membership's own role, "" when the person's own counts
	OwnRole string
	Active  bool
}

// Integration is the page of one inbound key.
type Integration struct {
	FormPage
	IntegrationID int64
	URL           string // with the key, when it was just made
	Key           string // shown this once
	LastAt        *time.Time
	Setups        []Setup
	Messages      []Inbound
	CanManage     bool
}

// Setup is a text to copy into a sender's configuration.
type Setup struct{ Title, Text string }

// Inbound is a received message and what was made of it.
type Inbound struct {
	ID       int64
	At       time.Time
	Outcome  string
	Bad      bool
	Body     string
	Incident []int64
	Cut      bool // only the head of the body is kept or shown
}
