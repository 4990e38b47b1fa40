package worlds_test

import (
	"cmp"
	"slices"
	"time"
)

const (
	snoozed = "snoozed"

	// answersWithin is how long whoever snoozed what they had taken has to answer for it when it comes back.
	answersWithin = 15 * time.Minute
)

// begins is a new episode: what waits begins at its first step, and matching happens anew.
func (m *model) begins(i *incident) {
	waiting := slices.DeleteFunc(slices.Clone(i.runs), func(r *run) bool { return r.state != paused })
	m.stop(i, superseded)
	for _, p := range m.pages {
		if p.incident == i && p.wanted() { // Who was asked for in the last one may still be told, or be spared for those paged anew.
			p.optional = true
		}
	}
	i.status = open
	i.episode++
	i.runs = waiting
	for _, r := range waiting {
		r.anew(m.now)
	}
	i.askedBack = time.Time{}
	m.match(i)
}

// anew begins the run again at its first step, with all its repeats before it.
func (r *run) anew(now time.Time) {
	r.state, r.step, r.round, r.spent, r.taken = active, 0, r.round+1, false, nil
	r.again, r.repeat = 0, nil
	if r.policy == nil {
		r.calledAt(now)
		return
	}
	r.due = at(now.Add(minutes(r.draft.steps[0].minutes)))
}

// calledAt has the fallback contacts called, if they really are being called.
func (r *run) calledAt(when time.Time) {
	if r.perhaps() {
		r.due.from = when
		return
	}
	r.due = at(when)
}

// perhaps reports whether it is open that the fallback contacts are being called, and nothing has shown it yet.
func (r *run) perhaps() bool { return r.policy == nil && r.due.to.IsZero() && len(r.taken) == 0 }

// ends resolves an incident.
func (m *model) ends(i *incident, when time.Time, bySource bool) {
	if i.status == resolved {
		return
	}
	i.status, i.ended, i.bySource, i.quietAt, i.askedBack = resolved, when, bySource, time.Time{}, time.Time{}
	m.stop(i, finished)
	m.unwant(i, everyOne)
}

// stop ends all runs and the pages that any acknowledgement ends.
func (m *model) stop(i *incident, how string) {
	for _, r := range i.runs {
		if r.unfinished() {
			r.state = how
		}
	}
	m.unwant(i, forAnyone)
}

// acked shows the model that somebody took the incident.
func (m *model) acked(i *incident, name string) {
	i.assigned[name], i.askedBack = true, time.Time{}
	m.unwant(i, func(p *page) bool { return p.who == name })
	i.answered()
	if i.status == acknowledged {
		return
	}
	i.status = acknowledged
	m.stop(i, wasTaken)
}

// acts counts whatever somebody who works on the incident does to it as a yes to whether they still are on it.
func (m *model) acts(i *incident, name string) {
	if i.status == acknowledged && !i.askedBack.IsZero() && i.assigned[name] {
		i.askedBack = time.Time{}
		m.unwant(i, func(p *page) bool { return p.who == name && p.until == ownAcknowledgement })
	}
}

// answered has whoever was asked for be answered for: somebody has done something about the incident.
func (i *incident) answered() {
	for _, r := range i.runs {
		for _, t := range r.taken {
			t.judged = t.judged || t.asked
		}
	}
}

// puts shows the model that somebody put the incident to sleep.
func (m *model) snoozes(i *incident, name string, until time.Time) {
	i.beforeSnooze, i.snoozer, i.snoozedUntil, i.status, i.askedBack = i.status, name, until, snoozed, time.Time{}
	i.answered()
	for _, r := range i.runs {
		if r.state == active {
			r.state = paused
		}
	}
	m.unwant(i, forAnyone)
}

// wakes is the end of a snooze: what was open goes on with the last step, of what was taken the snoozer is asked.
func (m *model) wakes(i *incident, when time.Time) {
	i.status = i.beforeSnooze
	if i.status == acknowledged {
		m.page(page{incident: i, why: "the end of the snooze", who: i.snoozer, due: when, until: ownAcknowledgement})
		i.askedBack = when.Add(answersWithin)
		return
	}
	resumed := false
	for _, r := range i.runs {
		if r.state == paused {
			resumed, r.state = resumed || !r.perhaps(), active
			r.resume(when)
		}
	}
	if !resumed {
		m.match(i) // All had come to their ends.
	}
}

// resume has the last step taken again; from it the distances go on.
func (r *run) resume(when time.Time) {
	switch {
	case len(r.taken) == 0 && r.policy == nil:
		r.calledAt(when)
		return
	case len(r.taken) == 0:
		r.due = at(maxTime(when, r.due.to))
		return
	}
	if r.policy != nil {
		if r.step == 0 && !r.spent { // It was about to begin again.
			r.again--
			r.step = len(r.draft.steps)
		}
		if !r.spent {
			r.step--
		}
	}
	r.round++
	r.spent, r.due = false, at(when)
}

// passing is what time alone does to an incident.
func (m *model) passing(i *incident) {
	due := func(at time.Time) bool { return !at.IsZero() && !m.now.Before(m.seen(at)) }
	if due(i.quietAt) {
		for _, r := range i.runs {
			r.grace = m.awake(i.quietAt) // Whether its steps are looked at before, when a node comes back, is open.
		}
		m.ends(i, m.seen(i.quietAt), true)
	}
	if i.status == snoozed && due(i.snoozedUntil) {
		m.wakes(i, m.seen(i.snoozedUntil))
	}
	if i.status == acknowledged && due(i.askedBack) {
		m.begins(i)
	}
}

// seen is when the time of something was first noticed. What fell due in the very instant of a crash may have been done already;
// what follows from it then has until the node is back.
func (m *model) seen(due time.Time) time.Time {
	if m.crashedAt(due) {
		return due
	}
	return m.awake(due)
}

// escalated shows the model that somebody asked for the next step now: the earliest of the runs, or where none has a step left
// a new round of the first, or where there is none what matches, or else the fallback contacts.
func (m *model) escalated(i *incident) {
	if i.status == resolved {
		return
	}
	first := i.nextRun()
	if first == nil {
		m.match(i)
		if first = i.nextRun(); first == nil {
			m.callContacts(i, at(m.now))
			first = i.contacts()
		}
	}
	first.asked, first.due = true, at(m.now)
}

// nextRun is the run whose next step comes first; where none has one left, the first begins again.
func (i *incident) nextRun() *run {
	runs := slices.DeleteFunc(slices.Clone(i.runs), func(r *run) bool { return r.state == superseded || r.perhaps() })
	if len(runs) == 0 {
		return nil
	}
	first := slices.MinFunc(runs, func(a, b *run) int {
		return cmp.Or(
			falseFirst(a.over(), b.over()), falseFirst(!a.unfinished(), !b.unfinished()), a.comesAt().Compare(b.comesAt()),
			falseFirst(a.policy == nil, b.policy == nil), cmp.Compare(a.draft.priority, b.draft.priority), cmp.Compare(a.policyID(), b.policyID()),
		)
	})
	if first.over() {
		first.step, first.round, first.spent = 0, first.round+1, false
		if i.status == open {
			first.state = active
		}
	}
	return first
}

// over reports whether the run has no step left.
func (r *run) over() bool { return r.spent }

// comesAt is when the next step would be taken by itself; of what waits for somebody it has no time.
func (r *run) comesAt() (at time.Time) {
	if r.state == active {
		return r.due.from
	}
	return at
}

func (r *run) policyID() int64 {
	if r.policy == nil {
		return 0
	}
	return r.policy.id
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// assigned shows the model that somebody has somebody work on the incident.
func (m *model) assigns(i *incident, by, name string) {
	if !i.assigned[name] && by != name {
		m.page(page{incident: i, why: by + " assigned it", who: name, due: m.now, until: ownAcknowledgement})
	}
	i.assigned[name] = true
}

// raised shows the model that a person changed the severity upwards.
func (m *model) raised(i *incident, severity string) {
	i.personal, i.severity = severity, severity
	m.match(i)
}
