package worlds_test

import (
	"slices"
	"time"
)

const (
	flapsWithin = time.Hour
	quietFor    = 15 * time.Minute
)

// fired shows the model an alert, and which incident the product says it belongs to.
func (m *model) fired(key, severity, service string, id int64, outcome string) {
	i := m.incidents[id]
	before := m.newest(key)
	switch {
	case before != nil && before.status != resolved:
		if i != before {
			m.complain("%s fires and is in %v, yet %s of that key is not over", key, i, before)
		}
	case before != nil && before.bySource && m.now.Sub(before.ended) < reopenWindow:
		if i != before {
			m.complain("%s fires again within the reopen window and %s is not reopened: %s", key, before, outcome)
		}
	case before != nil && before.bySource && m.now.Sub(before.ended) > reopenWindow:
		if i != nil {
			m.complain("%s fires again long after %s and is no new incident: %s", key, before, outcome)
		}
	case before == nil && i != nil:
		m.complain("%s fires for the first time and is in %s", key, i)
	}
	if i == nil {
		i = &incident{id: id, title: key, team: teamOf(service), alerts: map[string]string{}}
		m.incidents[id], m.order = i, append(m.order, i)
		i.status = resolved
	}
	i.quietAt = time.Time{}
	i.alerts[key] = severity
	if i.status == resolved {
		if i.episode > 0 {
			i.reopens = append(i.reopens, m.now)
		}
		i.severity = i.worst()
		m.begins(i)
		return
	}
	m.severityIs(i, i.worst())
}

// newest is the last incident of the key.
func (m *model) newest(key string) *incident {
	for _, i := range slices.Backward(m.order) {
		if i.title == key {
			return i
		}
	}
	return nil
}

func teamOf(service string) string {
	for _, s := range services {
		if s.name == service {
			return s.team
		}
	}
	return ""
}

func (i *incident) worst() string {
	for _, s := range severities {
		for _, firing := range i.alerts {
			if firing == s {
				return s
			}
		}
	}
	return i.severity
}

// recovered shows the model that a sender says an alert is over.
func (m *model) recovered(key string) {
	i := m.newest(key)
	if i == nil || i.alerts[key] == "" {
		return
	}
	delete(i.alerts, key)
	if i.status == resolved || len(i.alerts) > 0 {
		return
	}
	flaps := 0
	for _, at := range i.reopens {
		if m.now.Sub(at) < flapsWithin {
			flaps++
		}
	}
	if flaps >= 2 {
		i.quietAt = m.now.Add(quietFor)
		return
	}
	m.ends(i, m.now, true)
}

// begins is a new episode.
func (m *model) begins(i *incident) {
	i.status = open
	i.episode++
	i.runs = nil
	m.match(i)
}

// ends resolves an incident.
func (m *model) ends(i *incident, when time.Time, bySource bool) {
	if i.status == resolved {
		return
	}
	i.status, i.ended, i.bySource, i.quietAt = resolved, when, bySource, time.Time{}
	m.stop(i)
}

// stop ends all runs and what pages they still have.
func (m *model) stop(i *incident) {
	for _, r := range i.runs {
		r.state = finished
	}
	m.unwant(i)
}

// acked shows the model that somebody took the incident.
func (m *model) acked(i *incident) {
	if i.status != open {
		return
	}
	i.status = acknowledged
	m.stop(i)
}

// severityIs follows a change of severity: what is open is matched anew.
func (m *model) severityIs(i *incident, severity string) {
	before, wasUrgent := i.severity, i.urgent()
	if before == severity {
		return
	}
	i.severity = severity
	switch {
	case i.status == open:
		m.match(i)
	case i.status == acknowledged && (i.urgent() && !wasUrgent || severity == "critical"):
		m.begins(i)
	}
}
