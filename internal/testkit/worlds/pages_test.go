package worlds_test

import (
	"slices"
	"time"
)

// page is one message to one person by one way that the design asks for.
type page struct {
	incident *incident
	run      *run // nil: no step asked for it
	episode  int
	why      string
	who      string
	channel  string
	due      time.Time
	accepted time.Time // when a provider took it
	until    string    // what ends it
	ended    time.Time // when it was wanted no more
	optional bool      // the words leave open whether it was asked for
	doubled  bool      // a crash had it sent twice
	given    bool      // it has been complained of
}

func (p *page) wanted() bool { return p.accepted.IsZero() && p.ended.IsZero() && !p.given }

// What ends a page, besides the end of the incident.
const (
	anyAcknowledgement = "acknowledged"
	ownAcknowledgement = "own_acknowledgement"
)

// longestRetry is how long a page may wait for its next try once its provider works again: 10 minutes, and jitter.
const longestRetry = 13 * time.Minute

// longestRest is how long a provider that has failed again and again is given nothing; a page that comes in the meantime waits too.
const longestRest = time.Minute

func waysOf(name string) []string {
	for _, p := range people {
		if p.name == name && p.second {
			return channels
		}
	}
	return channels[:1]
}

// page asks for somebody to be paged by all their ways at once, for nobody here has rules.
func (m *model) page(like page) (list []*page) {
	like.episode = like.incident.episode
	for _, channel := range waysOf(like.who) {
		p := like
		p.channel = channel
		list = append(list, &p)
	}
	m.pages = append(m.pages, list...)
	return list
}

// sparedAt reports whether another run of the episode has paged the person just before.
func (m *model) sparedAt(r *run, name string, when time.Time) bool {
	return slices.ContainsFunc(m.pages, func(p *page) bool {
		return p.run != nil && p.run != r && p.incident == r.incident && p.episode == r.incident.episode && p.who == name && when.Sub(p.due) <= spared
	})
}

// received checks a page that a provider took against those that are wanted.
func (m *model) received(r receipt) {
	i := m.incidents[r.IncidentID]
	name := nameOf(r.To)
	var late, double *page
	for _, p := range slices.Backward(m.pages) {
		if p.incident != i || p.who != name || p.channel != r.channel || r.at.Before(p.due) {
			continue
		}
		if !p.accepted.IsZero() {
			if p.ended.IsZero() && !p.doubled && m.crashedAt(p.accepted) {
				double = p
			}
			continue
		}
		if p.ended.IsZero() || p.optional && r.at.Equal(p.ended) {
			p.accepted = r.at
			return
		}
		late = p
	}
	if double != nil { // The provider had it, and the node died before it could say so.
		double.doubled = true
		m.doubles++
		return
	}
	if late != nil {
		m.complain("%s was paged for %s by %s at %s (%s), but it was wanted no more since %s", name, i, r.channel, clockOf(r.at), late.why, clockOf(late.ended))
		return
	}
	m.complain("%s was paged for %s by %s at %s, and nothing asked for it", name, i, r.channel, clockOf(r.at))
}

func nameOf(address string) string {
	for _, p := range append(people, root) {
		if p.email() == address {
			return p.name
		}
	}
	return address
}

// missed complains of a page that should have been taken by now.
func (m *model) missed(p *page) {
	if !p.wanted() || p.optional || m.superseded(p) {
		return
	}
	limit := m.awake(p.due).Add(tick)
	for _, s := range m.outages[p.channel] {
		if s.from.After(limit) {
			continue
		}
		if !s.over() {
			return
		}
		if !s.to.Before(p.due) {
			limit = s.to.Add(longestRetry)
		}
		limit = maxTime(limit, s.to.Add(longestRest))
	}
	limit = m.awake(limit).Add(tick)
	if m.now.After(limit) {
		m.complain("%s should have been paged for %s by %s at %s (%s)", p.who, p.incident, p.channel, clockOf(p.due), p.why)
		p.given = true
	}
}

// superseded reports whether a later page tells the person the same by the same way: one that waits yields to it.
func (m *model) superseded(p *page) bool {
	if !slices.ContainsFunc(m.outages[p.channel], func(s span) bool { return s.touches(p.due) }) {
		return false
	}
	later := m.pages[slices.Index(m.pages, p)+1:]
	return slices.ContainsFunc(later, func(q *page) bool {
		return q.incident == p.incident && q.episode == p.episode && q.who == p.who && q.channel == p.channel && q.ended.IsZero()
	})
}

// unwant ends the pages of an incident for which the test holds.
func (m *model) unwant(i *incident, which func(p *page) bool) {
	for _, p := range m.pages {
		if p.incident == i && p.ended.IsZero() && which(p) {
			p.ended = m.now
		}
	}
}

func forAnyone(p *page) bool { return p.until == anyAcknowledgement }

func everyOne(*page) bool { return true }
