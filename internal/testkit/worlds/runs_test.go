package worlds_test

import (
	"fmt"
	"slices"
	"time"
)

// run is one policy at work on one episode of an incident; with no policy it is the fallback contacts' calls.
type run struct {
	incident *incident
	policy   *policy // nil: the fallback contacts
	draft    *draft  // the version that it began with
	state    string
	round    int
	step     int          // the next one
	due      due          // of the next step; of a run that has none left, when it is exhausted
	repeat   *repeatDraft // decided once the steps have been gone through
	again    int          // rounds begun again
	spent    bool
	taken    []*taken
	asked    bool      // somebody asked for the next step now
	grace    time.Time // when a step may still be taken although the run has just ended
	doubt    bool      // whether one of its steps has reached somebody is open
}

// due is when something is to happen: at a time, or within a stretch where the words leave it open.
type due struct{ from, to time.Time }

func at(t time.Time) due { return due{t, t} }

// taken is a step that was taken.
type taken struct {
	at     time.Time
	people []string // who were to be paged for it
	nobody bool
	judged bool
	missed bool // it reached nobody
	last   bool // of its round
	asked  bool // somebody asked for it
	pages  []*page
}

const (
	active     = "active"
	paused     = "paused"
	wasTaken   = "finished: acknowledged"
	superseded = "finished: superseded"
	finished   = "finished"

	// reachedWithin is how long a step's pages have until it counts as having reached nobody.
	reachedWithin = 2 * time.Minute
	// spared is how long somebody whom another run has paged is left alone.
	spared    = 2 * time.Minute
	callEvery = time.Hour // The fallback contacts.
)

var organisationsRepeat = repeatDraft{3, 15}

func (r *run) name() string {
	if r.policy == nil {
		return fmt.Sprintf("call %d of the fallback contacts", r.round+1)
	}
	return fmt.Sprintf("step %d, round %d of %s", r.step+1, r.round+1, r.draft.name)
}

// startsAs is how a run begins: of an incident that somebody has, or that sleeps, it waits.
func (i *incident) startsAs() string {
	if i.status == open {
		return active
	}
	return paused
}

func (r *run) unfinished() bool { return r.state == active || r.state == paused }

// match starts what the incident's policies ask for.
func (m *model) match(i *incident) {
	found := m.matching(i)
	contacts := i.contacts()
	for _, p := range found {
		if !slices.ContainsFunc(i.runs, func(r *run) bool { return r.policy == p && r.unfinished() }) {
			r := &run{incident: i, policy: p, draft: p.draft, state: i.startsAs()}
			r.due = at(m.now.Add(minutes(p.draft.steps[0].minutes)))
			i.runs = append(i.runs, r)
			if contacts != nil { // A policy takes over.
				contacts.state = superseded
			}
		}
	}
	if len(found) == 0 && i.severity != "info" {
		m.callContacts(i, at(m.now))
	}
}

// repeats are what the policy says, else the organisation for what is urgent.
func (d *draft) repeats(urgent bool) repeatDraft {
	switch {
	case d.repeat != nil:
		return *d.repeat
	case urgent:
		return organisationsRepeat
	default:
		return repeatDraft{0, organisationsRepeat.every}
	}
}

// contacts is the run that calls the fallback contacts, if they are being called.
func (i *incident) contacts() *run {
	for _, r := range i.runs {
		if r.policy == nil && r.unfinished() {
			return r
		}
	}
	return nil
}

// callContacts has the fallback contacts called, and again each hour, unless they are already.
func (m *model) callContacts(i *incident, when due) {
	if r := i.contacts(); r != nil { // They are being called already, or perhaps.
		if r.due.to.IsZero() {
			r.due = when
		}
		return
	}
	i.runs = append(i.runs, &run{incident: i, state: i.startsAs(), draft: &draft{name: "the fallback contacts"}, due: when})
}

// stepTaken is a step that the product says it took.
type stepTaken struct {
	incident int64
	policy   int64 // 0: the fallback contacts
	episode  int
	round    int
	step     int
	at       time.Time
}

// took checks a step against what is due, and follows it.
func (m *model) took(s stepTaken) {
	i := m.incidents[s.incident]
	r := m.runOf(i, s)
	if r == nil && s.policy == 0 && i.ended.Equal(s.at) {
		// Who was first in the instant in which a policy came to its end and the incident as well, is open.
		m.page(page{incident: i, why: "the end of a policy", who: "fay", due: s.at, until: anyAcknowledgement, optional: true, ended: s.at})
		return
	}
	if r == nil {
		m.complain("a step of policy %d was taken for %s, which has no such run under way: %+v; it has %q", s.policy, i, s, i.listed())
		return
	}
	switch {
	case s.episode != i.episode:
		m.complain("%s was taken for episode %d of %s, which is in episode %d", r.name(), s.episode, i, i.episode)
	case s.step != r.step || s.round != r.round || r.spent:
		m.complain("step %d of round %d of %s was taken for %s instead of %s", s.step+1, s.round+1, r.draft.name, i, r.name())
	case s.at.Before(r.due.from):
		m.complain("%s was taken for %s at %s, before its time %s", r.name(), i, clockOf(s.at), clockOf(r.due.from))
	case !r.due.to.IsZero() && s.at.After(m.awake(r.due.to).Add(tick)):
		m.complain("%s was taken for %s at %s, long after its time %s", r.name(), i, clockOf(s.at), clockOf(r.due.to))
	}
	m.follow(r, s.at)
}

// endOf is when a page of a step taken then is wanted no more: at once, if it only slipped through.
func (r *run) endOf(when time.Time) (ended time.Time) {
	if r.grace.Equal(when) {
		return when
	}
	return ended
}

func (m *model) runOf(i *incident, s stepTaken) *run {
	for _, r := range i.runs {
		if (r.state == active || r.asked || r.grace.Equal(s.at)) && (r.policy == nil && s.policy == 0 || r.policy != nil && r.policy.id == s.policy) {
			return r
		}
	}
	return nil
}

// follow pages whom the step names and sets the time of what comes next.
func (m *model) follow(r *run, when time.Time) {
	t := &taken{at: when, last: r.step+1 == len(r.draft.steps)}
	t.people, t.nobody = r.names()
	r.taken = append(r.taken, t)
	until := anyAcknowledgement
	if r.asked {
		until, r.asked, t.asked = ownAcknowledgement, false, true
	}
	for _, name := range t.people {
		if until == ownAcknowledgement || !m.sparedAt(r, name, when) {
			t.pages = append(t.pages, m.page(page{
				incident: r.incident, run: r, why: r.name(), who: name, due: when, until: until, optional: r.grace.Equal(when), ended: r.endOf(when),
			})...)
		}
	}
	if r.policy == nil {
		t.judged = true
		r.calledAgain(when)
		return
	}
	m.advance(r, when)
	switch {
	case t.nobody && until == ownAcknowledgement:
		m.askedNobody(r, t, when)
	case t.nobody:
		m.reachedNobody(r, t, at(when))
	case len(t.pages) == 0:
		t.judged = true
	}
}

// calledAgain sets the time of the next call, which what is not urgent does not have.
func (r *run) calledAgain(last time.Time) {
	if r.incident.urgent() {
		r.round, r.due = r.round+1, at(last.Add(callEvery))
		return
	}
	r.spent = true
	if r.state == active {
		r.state = finished
	}
}

// askedNobody goes on with the next step, and after the last one with the fallback contacts, for somebody asked for it.
func (m *model) askedNobody(r *run, t *taken, when time.Time) {
	t.judged, t.missed = true, true
	if r.step == 0 || r.spent {
		m.asksContacts(r.incident, at(when))
		return
	}
	r.asked, r.due = true, at(when)
}

// asksContacts has the fallback contacts called because whom somebody asked for is not to be had.
func (m *model) asksContacts(i *incident, when due) {
	m.callContacts(i, when)
	contacts := i.contacts()
	contacts.asked, contacts.due = true, when
}

// advance sets the time of the step after the one just taken.
func (m *model) advance(r *run, when time.Time) {
	if r.repeat == nil && r.step+1 == len(r.draft.steps) {
		repeats := r.draft.repeats(r.incident.urgent())
		r.repeat = &repeats
	}
	switch {
	case r.step+1 < len(r.draft.steps):
		r.due = at(when.Add(minutes(r.draft.steps[r.step+1].minutes - r.draft.steps[r.step].minutes)))
		r.step++
	case r.again < r.repeat.times:
		r.again++
		r.step, r.round = 0, r.round+1
		r.due = at(when.Add(minutes(float64(r.repeat.every))))
	case !r.incident.urgent():
		r.spent, r.state = true, finished
	default:
		r.spent, r.due = true, at(when.Add(minutes(float64(r.repeat.every))))
	}
}

// names are the people a step names.
func (r *run) names() (list []string, nobody bool) {
	if r.policy == nil {
		return []string{"fay"}, false
	}
	for _, target := range r.draft.steps[r.step].targets {
		if name := who(target, r.incident.team); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, len(list) == 0
}

func minutes(n float64) time.Duration { return time.Duration(n * float64(time.Minute)) }

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// listed tells how the incident's runs stand, for complaints.
func (i *incident) listed() (list []string) {
	for _, r := range i.runs {
		list = append(list, fmt.Sprintf("%s: %s, due %s", r.name(), r.state, clockOf(r.due.to)))
	}
	return list
}
