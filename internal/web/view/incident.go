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
	Alarm       string // what is wrong with its escalation: nobody, or nobody but the fallback contacts, is paged
	Why         Pair   // why the viewer is told, or who else is
	NextWords   string // what happens next, in a sentence
	Foresees    bool   // The viewer may ask what comes after that.
	Runs        []Run  // what is at work on it
	Expires     *time.Time
	Assignees   []Assignee
	Candidates  []Option // who can be assigned
	Labels      []Pair
	Links       []Link
	Alerts      []Alert
	Tasks       []Task   // what steps told whoever takes it to do
	Shows       []Choice // which part of the timeline is shown
	Show        string   // "" for all of it
	Events      []Event
	Others      []Delivery // messages that no step asked for
	Ledger      Ledger
	Raw         string
	Can         Can
	Draft       string // a comment that was refused, with what was wrong
	DraftBad    string
	SnoozeBad   string
	ZoneChosen  bool
}

// liveURL is the part of the page that changes by itself, in its present state.
func (p Incident) liveURL() string {
	if p.Show == "" {
		return p.path() + "?part=live"
	}
	return p.path() + "?part=live&show=" + p.Show
}

// permalink leads to one line of the whole timeline.
func (p Incident) permalink(e Event) string {
	if p.Show == "" {
		return "#" + e.ID
	}
	return p.path() + "#" + e.ID
}

func (p Incident) nextTitle() string {
	if p.Status == "open" {
		return "If nobody answers, next"
	}
	return "If nobody does anything, next"
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
	ID     string // its anchor
	Kind   string // which part of the timeline it belongs to
	At     time.Time
	Icon   string
	Tone   string
	Text   string
	By     string
	Said   string // a comment's words
	Look   *Look  // what came of it, when it is a step
	Sub    string
	People []Paged
	Posts  []Delivery
}

// Task is one thing that a step told whoever takes the incident to do.
type Task struct {
	Text string
	Done string   // the comment that says that it is done
	By   *Comment // who has said so, nil for nobody
}

// Comment is who said something, and when.
type Comment struct {
	Name string
	At   time.Time
}

// Ledger is what the incident was owed, and what came of it.
type Ledger struct {
	Balanced bool
	Capped   bool
	Sums     []Pair
	Open     []Pair // what is on its way: whose it is, and what it waits for
	Wrong    []Pair // what does not add up
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

// NewIncident is the page that reports an incident by hand.
type NewIncident struct {
	Shell
	Form     Form
	Previews bool      // The viewer may ask who would be paged.
	Forecast *Forecast // who would be, nil before it was asked
}
