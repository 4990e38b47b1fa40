package escalation

import (
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// holds reports whether the conditions hold for the incident. Severity and service are compared without regard to case.
func (c Conditions) holds(i incident.Incident) bool {
	if len(c.Severity) > 0 && !slices.ContainsFunc(c.Severity, equalFold(string(i.Severity))) {
		return false
	}
	if len(c.Service) > 0 && !slices.ContainsFunc(c.Service, equalFold(i.Service)) {
		return false
	}
	if len(c.Source) > 0 && !slices.ContainsFunc(c.Source, equalFold(i.Source)) {
		return false
	}
	if len(c.TeamID) > 0 && (i.TeamID == nil || !slices.Contains(c.TeamID, *i.TeamID)) {
		return false
	}
	for name, wanted := range c.Labels {
		if has, ok := i.Labels[name]; !ok || !slices.Contains(wanted, has) {
			return false
		}
	}
	return true
}

func equalFold(a string) func(string) bool {
	return func(b string) bool { return strings.EqualFold(a, b) }
}

// named reports whether the conditions name the severity.
func (c Conditions) named(s incident.Severity) bool {
	return slices.ContainsFunc(c.Severity, equalFold(string(s)))
}

// Choice is what matching looks at besides the incident.
type Choice struct {
	Policies      []Policy // all that are not deleted
	ServicePolicy *int64   // of the incident's service
	TeamDefault   *int64   // of the incident's team
}

// Match says which policies work on the incident, in order: its service's own; every active one whose conditions hold, by
// priority, a team's only for that team's incidents, an exclusive one ending the search; and, when none of them pages a
// person, the team's default or else the organisation's fallback. An exclusive policy of the service ends the search as well.
// It is pure.
//
// unescalated is true when nobody at all would be paged. Severity info starts nothing unless a condition names it.
func Match(i incident.Incident, c Choice) (matched []Policy, unescalated bool) {
	quiet := func(p Policy) bool { return i.Severity == incident.SeverityInfo && !p.Conditions.named(i.Severity) }
	add := func(p *Policy) {
		if p != nil && p.IsActive && len(p.Steps) > 0 && !quiet(*p) && find(matched, &p.ID) == nil {
			matched = append(matched, *p)
		}
	}
	add(find(c.Policies, c.ServicePolicy))
	ended := anyExclusive(matched)
	for _, p := range ordered(c.Policies) {
		if ended {
			break
		}
		if !p.IsActive || p.IsFallback || quiet(p) || !p.ofTeam(i.TeamID) || !p.Conditions.holds(i) {
			continue
		}
		add(&p)
		ended = p.Exclusive
	}
	if i.Severity == incident.SeverityInfo || anyPages(matched) {
		return matched, false
	}
	if p := find(c.Policies, c.TeamDefault); p != nil && p.IsActive && p.pages() {
		add(p)
	} else {
		for _, p := range ordered(c.Policies) {
			if p.IsFallback {
				add(&p)
			}
		}
	}
	return matched, !anyPages(matched)
}

// ofTeam reports whether the policy may look at incidents of the team: its own, or any when it belongs to none.
func (p Policy) ofTeam(teamID *int64) bool {
	return p.TeamID == nil || (teamID != nil && *teamID == *p.TeamID)
}

func ordered(policies []Policy) []Policy {
	return slices.SortedFunc(slices.Values(policies), func(a, b Policy) int {
		if a.Priority != b.Priority {
			return a.Priority - b.Priority
		}
		return int(a.ID - b.ID)
	})
}

func find(policies []Policy, id *int64) *Policy {
	if id == nil {
		return nil
	}
	for i := range policies {
		if policies[i].ID == *id {
			return &policies[i]
		}
	}
	return nil
}

func anyExclusive(policies []Policy) bool {
	return slices.ContainsFunc(policies, func(p Policy) bool { return p.Exclusive })
}

func anyPages(policies []Policy) bool {
	return slices.ContainsFunc(policies, func(p Policy) bool { return p.pages() })
}
