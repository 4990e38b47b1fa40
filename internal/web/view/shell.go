package view

import "time"

// Shell is what every page has around it: who looks, how they see time and colour, and what the last action had to say.
type Shell struct {
	PageTitle string // the page's own words; the product's name is added
	Place     string // the place in the rail that is marked, by its address
	Theme     string // "light", "dark", or "" for the system's preference
	Zone      *time.Location
	ZoneName  string // the zone chosen in the profile, "" when the browser's is used
	Now       time.Time
	Me        *Viewer // nil when nobody is signed in
	Notes     []Note
	Live      string // address of the stream of notices, "" on pages that stand still
}

// Viewer is the signed-in person, with what the rail may offer.
type Viewer struct {
	ID         int64
	Name, Role string
	Places     []Place
}

// Place is one entry of the rail.
type Place struct {
	URL, Icon, Word string
	Group           string // a heading above the first entry of a group
	Phone           bool   // shown in the bar at the foot of a phone
}

// Note is a sentence above the page: what was done, or what went wrong. Tone is good, critical, medium or info.
type Note struct{ Tone, Text string }

// Person is somebody as shown on a screen.
type Person struct {
	ID   int64
	Name string
}

// Choice is a link that is one of several: a tab, a tile, a sort order.
type Choice struct {
	Word, URL string
	Current   bool
	Count     string
}

// Pager holds the addresses of the neighbouring pages of a list, "" where there is none.
type Pager struct{ First, Older, Total string }

// Absolute is a time in full, in the viewer's zone.
func (s Shell) Absolute(t time.Time) string {
	return t.In(s.zone()).Format("Mon, 2 Jan 2006, 15:04:05 MST")
}

// Short is a time of day with its date, in the viewer's zone.
func (s Shell) Short(t time.Time) string {
	return t.In(s.zone()).Format("2 Jan, 15:04")
}

// clock is a time of day to the second, in the viewer's zone, for times that lie close together.
func (s Shell) clock(t time.Time) string { return t.In(s.zone()).Format("15:04:05") }

func (s Shell) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

func (s Shell) words(t time.Time, as string) string {
	switch as {
	case "countdown":
		return Countdown(t.Sub(s.Now))
	case "ago":
		return Ago(s.Now.Sub(t))
	case "age":
		return Age(s.Now.Sub(t))
	case "clock":
		return s.clock(t)
	}
	return s.Short(t)
}

func (n Note) icon() string {
	switch n.Tone {
	case "good":
		return "circle-check"
	case "critical":
		return "circle-x"
	case "medium":
		return "triangle-alert"
	}
	return "info"
}
