package worlds_test

import (
	"slices"
	"time"
)

const (
	flapsWithin = time.Hour
	quietFor    = 15 * time.Minute
)

// fired shows the model an alert, and which incident the product says it belongs to; now asks for an incident's severity.
func (m *model) fired(key, severity, service string, id int64, outcome string, now func(*incident) string) {
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
		i = &incident{id: id, title: key, team: teamOf(service), alerts: map[string]string{}, assigned: map[string]bool{}}
		if engineer := who("oncall_engineer", i.team); engineer != "" {
			i.assigned[engineer] = true
		}
		m.incidents[id], m.order = i, append(m.order, i)
		i.status = resolved
	}
	i.quietAt = time.Time{}
	i.alerts[key] = severity
	is := i.worst()
	if i.personal != "" && slices.Index(severities, i.personal) < slices.Index(severities, is) && now(i) == i.personal {
		is = i.personal // Whether a person has set it is open when a person has reopened it.
	}
	if i.status != resolved {
		m.severityIs(i, is)
		return
	}
	if i.episode > 0 {
		i.reopens = append(i.reopens, m.now)
	}
	i.severity = is
	m.begins(i)
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

// severityIs follows a severity that comes from a source: what is open is matched anew, what was taken or sleeps wakes up when
// it has become urgent or critical.
func (m *model) severityIs(i *incident, severity string) {
	before, wasUrgent := i.severity, i.urgent()
	if before == severity {
		return
	}
	i.severity = severity
	switch {
	case i.status == open:
		m.match(i)
	case i.urgent() && !wasUrgent || severity == "critical":
		m.begins(i)
	}
}
