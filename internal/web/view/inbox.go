package view

import "time"

// Inbox is the list of incidents with its tabs, tiles and filters. Every state of it is in its address.
type Inbox struct {
	Shell
	Tabs      []Choice
	Tiles     []Tile
	Filter    InboxFilter
	Sorts     []Choice
	Rows      []Row
	Pager     Pager
	RowsURL   string // answers with changed rows
	Back      string // this list's own address, where a plain form returns to
	CanReport bool
	Filtered  bool   // something narrows the list, so that "nothing here" has another meaning
	Example   string // a command that creates the first incident

	Begun        bool   // there are incidents, though none is in this list
	SetsUp       bool   // the viewer looks after integrations
	AlsoResolved string // address of this list with the resolved, "" when it has them
}

// Tile is a true count that is a filter when pressed.
type Tile struct {
	Look
	Count   int
	Capped  bool
	URL     string
	Current bool
	Alarm   bool // painted as trouble when not zero
}

// InboxFilter is what the list is narrowed to, with the choices each select offers.
type InboxFilter struct {
	Query                                     string
	Tab, Sort                                 string
	Status, Severity, Service, Team, Assignee Select
	Unescalated                               bool
}

// Select is one drop-down of the filters.
type Select struct {
	Name, Label, Value string
	Options            []Option
}

// Row is one incident in a list.
type Row struct {
	ID               int64
	Title            string
	Severity, Status string
	Service, Team    string
	Alerts           int
	Since            time.Time
	Owner            *Person
	Next             *time.Time // the next step of its escalation
	SnoozedUntil     *time.Time
	Unescalated      bool
	CanAct           bool
	Gone             bool // it no longer matches the list that it stands in
}

func (r Row) canAcknowledge() bool {
	return r.CanAct && (r.Status == "open" || r.Status == "snoozed")
}

func (r Row) canResolve() bool { return r.CanAct && r.Status != "resolved" }

func (r Row) path() string { return "/incidents/" + itoa(r.ID) }

func (r Row) elementID() string { return "row-" + itoa(r.ID) }

// RowsUpdate is the answer to a notice: rows that changed where they stand, the tiles, and how many new ones wait above.
type RowsUpdate struct {
	Shell
	Rows  []Row
	Tiles []Tile
	New   int
	URL   string // the list as it is now
}
