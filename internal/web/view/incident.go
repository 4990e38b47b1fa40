package view

import (
	"regexp"
	"time"
)

// Incident is the page of one incident.
type Incident struct {
	Shell
	Row         // what the list shows of it
	Description string
	Source      string
	Reporter    string
	OpenedAt    time.Time // the start of this episode
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Holder      Holder
	WhyMe       string // why the viewer is told, "" when they are not involved
	NextWords   string // what happens next, in a sentence
	Runs        []Run  // what is at work on it
	Expires     *time.Time
	Assignees   []Assignee
	Candidates  []Option // who can be assigned
	Labels      []Pair
	Links       []Link
	Alerts      []Alert
	Events      []Event
	Older       string // address of the rest of the timeline, "" when all of it is here
	Raw         string
	Can         Can
	Draft       string // a comment that was refused, with what was wrong
	DraftBad    string
	SnoozeBad   string
	ZoneChosen  bool
}

// Holder says who has the incident: who took it, and since when.
type Holder struct {
	Person *Person
	How    string // "acknowledged", "resolved by the source" …
	At     *time.Time
}

// Can is what the viewer may do here; what they may not do is not shown.
type Can struct{ Act, Assign, Comment, Escalate bool }

// Assignee is a person on the incident.
type Assignee struct {
	Person
	Role string
	At   time.Time
}

// Pair is a name with its value.
type Pair struct{ Name, Value string }

// Link is an address that the sender gave.
type Link struct{ Word, URL string }

// Alert is one alert of the incident.
type Alert struct {
	Title    string
	Severity string
	Firing   bool
	Count    int
	Started  time.Time
	Last     time.Time
	Labels   []Pair
}

// Event is one line of the timeline: something that happened, or a step with the pages it sent.
type Event struct {
	ID    string // its anchor
	At    time.Time
	Icon  string
	Tone  string
	Text  string
	By    string
	Said  string // a comment's words
	Look  *Look  // what came of it, when it is a step
	Sub   string
	Pages []Delivery
}

// piece is a part of a sentence: words, or a time.
type piece struct {
	text string
	at   time.Time
}

// instants finds the times in sentences that the server keeps, which it writes as RFC 3339.
var instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)

// pieces takes a sentence apart where it names a time.
func pieces(sentence string) []piece {
	var list []piece
	rest := 0
	for _, found := range instants.FindAllStringIndex(sentence, -1) {
		at, err := time.Parse(time.RFC3339, sentence[found[0]:found[1]])
		if err != nil {
			continue // It looks like a time, and stays as it is.
		}
		list = append(list, piece{text: sentence[rest:found[0]]}, piece{at: at})
		rest = found[1]
	}
	return append(list, piece{text: sentence[rest:]})
}

// Delivery is one notification on its way to one person: its state, how often it was tried, and what the provider said.
type Delivery struct {
	ID         int64
	IncidentID int64
	Person     string // "" for a post, which goes to nobody in particular
	Channel    string
	To         string
	Title      string
	Action     string
	Status     string
	Attempts   int
	Answer     string // what the provider said last
	Why        string // why it was not sent, or not sent again
	CreatedAt  time.Time
	SentAt     *time.Time
	NextAt     *time.Time
	Tries      []Try
}

// Try is one attempt of a delivery.
type Try struct {
	Number int
	At     time.Time
	Result string
	Answer string
}

// NewIncident is the page that reports an incident by hand.
type NewIncident struct {
	Shell
	Form Form
}
