package escalation

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// What a line of a forecast tells.
const (
	KindPage         = "page"
	KindAlreadyPaged = "already_paged"
	KindUnreachable  = "no_way_to_reach"
	KindNobody       = "nobody_to_notify"
	KindSkipped      = "skipped"
	KindWaits        = "waits"
	KindHandOver     = "hand_over"
	KindPost         = "post"
	KindExhausted    = "exhausted"
)

// Foreseen is one thing that would happen: a person told on one channel, or a step that tells nobody.
type Foreseen struct {
	At       time.Time
	Kind     string // a Kind constant, or the verb of what the incident does by itself
	PolicyID *int64 // nil for the fallback contacts and what no policy does
	Policy   string
	Round    int
	Step     int // from 0; -1 when it is no step's doing
	UserID   int64
	Who      string
	Via      string // how the person was found
	Channel  string
	Why      string
}

func (line Foreseen) as(kind, why string) Foreseen {
	line.Kind, line.Why = kind, why
	return line
}

// tellAsked lists the people whom changes of the incident have paged directly.
func (f *foresight) tellAsked() error {
	for _, page := range f.follow.pages[f.asked:] {
		users, err := f.People.UsersByID(f.tx, f.org, []int64{page.UserID})
		if err != nil {
			return err
		}
		f.add(Foreseen{At: f.now, Kind: KindPage, Step: -1, Why: page.Message}, Person{User: users[page.UserID], Via: page.Via}, page.Routes)
	}
	f.asked = len(f.follow.pages)
	return nil
}

func (f *foresight) tellStep(run Run, policy string, t Taken) {
	base := Foreseen{At: f.now, PolicyID: run.PolicyID, Policy: policy, Round: t.Round, Step: t.Step}
	say := func(kind, why string) {
		line := base
		line.Kind, line.Why = kind, why
		f.list = append(f.list, line)
	}
	switch {
	case t.Waits != "":
		say(KindWaits, "waits "+t.Waits)
	case t.Exhausted:
		base.Step = -1
		say(KindExhausted, "the policy has come to its end")
	case t.Skipped:
		say(KindSkipped, "its condition does not hold")
	}
	for _, page := range t.Pages {
		f.add(base.as(KindPage, whyPaged(page.Person, Event{Step: t.Step, Metadata: map[string]any{"policy_name": policy}})), page.Person, page.Routes)
	}
	for _, p := range t.AlreadyPaged {
		f.add(base.as(KindAlreadyPaged, "paged a moment before"), p, nil)
	}
	for _, p := range t.Unreachable {
		f.add(base.as(KindUnreachable, "has no way to be reached"), p, nil)
	}
	if t.Nobody {
		say(KindNobody, "there is nobody to notify")
	}
	for _, p := range t.HandOver {
		say(KindHandOver, "hands over to "+p.Name)
	}
	for _, why := range t.NoHandOver {
		say(KindHandOver, why)
	}
	if len(t.Posts) > 0 {
		say(KindPost, "posts to "+destinations(t.Posts))
	}
}

// add lists a person, once for each way and at its time.
func (f *foresight) add(line Foreseen, p Person, routes []notify.Route) {
	line.UserID, line.Who, line.Via = p.User.ID, p.User.Name(), p.Via
	if len(routes) == 0 {
		f.list = append(f.list, line)
	}
	start := line.At
	for _, r := range routes {
		line.Channel, line.At = r.Channel, start.Add(r.Delay)
		f.list = append(f.list, line)
	}
}
