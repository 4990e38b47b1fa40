package worlds_test

import (
	"slices"
	"time"
)

// passes is what time alone does to an incident's runs.
func (m *model) passes(i *incident) {
	for _, r := range slices.Clone(i.runs) {
		for _, t := range r.taken {
			if !t.judged && !m.now.Before(m.awake(t.at.Add(reachedWithin))) && (r.state == active || t.asked && r.state != superseded && i.status != resolved) {
				m.judge(r, t)
			}
		}
		if r.policy == nil && r.state == active && len(r.taken) > 0 && !i.urgent() && !m.now.Before(m.awake(r.due.to)) {
			r.state = finished // It is not as bad any more: they are left alone.
		}
		if r.state == active && r.spent && !m.now.Before(r.due.from) {
			r.state = finished
			if i.urgent() {
				m.callContacts(i, r.due)
			}
		}
	}
}

// judge decides whether a step has reached somebody.
func (m *model) judge(r *run, t *taken) {
	t.judged = true
	// Whether the node still wrote down a yes that came in the instant in which it died is open.
	known := func(p *page) bool { return !p.accepted.IsZero() && !m.crashedAt(p.accepted) }
	if slices.ContainsFunc(t.pages, known) {
		return
	}
	when := t.at.Add(reachedWithin)
	later := m.awake(when)
	if taken := slices.ContainsFunc(t.pages, func(p *page) bool { return !p.accepted.IsZero() }); taken || later.After(when) {
		// Or nobody was there to judge: who was first when the node came back, the judge or the sender, is open.
		if t.asked && (!r.incident.urgent() || r.incident.status != open) {
			m.asksContacts(r.incident, due{from: later})
			return
		}
		r.doubt = true
		m.perhaps(r, later)
		return
	}
	m.reachedNobody(r, t, at(when))
}

// reachedNobody follows a step that told nobody: what is urgent goes on at once, but from the second in a row on, and at the end of
// a round, the fallback contacts are called and the rest keeps its times.
func (m *model) reachedNobody(r *run, t *taken, when due) {
	t.judged, t.missed = true, true
	if t.asked && (!r.incident.urgent() || r.incident.status != open) {
		m.asksContacts(r.incident, when)
		return
	}
	if !r.incident.urgent() || r.state != active {
		return
	}
	if r.doubt {
		m.perhaps(r, when.from)
		return
	}
	if newest := t == r.taken[len(r.taken)-1]; r.row(t) >= 2 || t.last && newest {
		m.callContacts(r.incident, when)
		return
	}
	if t == r.taken[len(r.taken)-1] && r.due.from.After(when.from) {
		r.due = due{when.from, minTime(when.to, r.due.to)}
	}
}

// perhaps allows what would follow if the run's last step had reached nobody.
func (m *model) perhaps(r *run, from time.Time) {
	if !r.incident.urgent() {
		return
	}
	if !r.spent && r.step > 0 { // A round that is over hurries nothing.
		r.due.from = minTime(r.due.from, from)
	}
	m.callContacts(r.incident, due{from: from})
}

// row is how many steps in a row with this one have reached nobody; the one after it may have been known to before.
func (r *run) row(t *taken) (n int) {
	at := slices.Index(r.taken, t)
	for _, other := range slices.Backward(r.taken[:at+1]) {
		if !other.missed {
			break
		}
		n++
	}
	for _, other := range r.taken[at+1:] {
		if !other.missed {
			break
		}
		n++
	}
	return n
}
