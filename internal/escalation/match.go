package escalation

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// Choice is what matching looks at besides the incident.
type Choice struct {
	Policies      []Policy // all that are not deleted
	ServicePolicy *int64   // of the incident's service
	TeamDefault   *int64   // of the incident's team
	Now           time.Time
}

// Matched is what Match finds.
type Matched struct {
	Policies    []Policy
	Unescalated bool             // Nobody at all would be paged.
	Failed      map[int64]string // why a policy's expression failed, by id; it was taken as true
}

// Match says which policies work on the incident, in order: its service's own; every active one whose conditions hold, by
// priority, a team's only for that team's incidents, an exclusive one ending the search unless its expression failed; and,
// when none of them pages a person, the team's default, whichever team it belongs to, or else the organisation's fallback. An exclusive policy of the service
// ends the search as well. Severity info starts nothing unless a condition names it. It is pure.
func Match(i incident.Incident, c Choice) (m Matched) {
	quiet := func(p Policy) bool { return i.Severity == incident.SeverityInfo && !p.Conditions.named(i.Severity) }
	add := func(p *Policy) {
		if p != nil && p.IsActive && len(p.Steps) > 0 && !quiet(*p) && find(m.Policies, &p.ID) == nil {
			m.Policies = append(m.Policies, *p)
		}
	}
	add(find(c.Policies, c.ServicePolicy))
	ended := anyExclusive(m.Policies)
	for _, p := range ordered(c.Policies) {
		if ended {
			break
		}
		if !p.IsActive || p.Unreadable || p.IsFallback || quiet(p) || !p.ofTeam(i.TeamID) {
			continue
		}
		judged := p.Conditions.judge(i, c.Now)
		if !judged.holds {
			continue
		}
		add(&p)
		ended = p.Exclusive && judged.failed == ""
		m.fail(p.ID, judged.failed)
	}
	if i.Severity == incident.SeverityInfo || anyPages(m.Policies, c.Policies) {
		return m
	}
	if p := find(c.Policies, c.TeamDefault); p != nil && p.IsActive && p.pagesAmong(c.Policies) {
		add(p)
	} else {
		for _, p := range ordered(c.Policies) {
			if p.IsFallback {
				add(&p)
			}
		}
	}
	m.Unescalated = !anyPages(m.Policies, c.Policies)
	return m
}

func (m *Matched) fail(id int64, why string) {
	if why == "" {
		return
	}
	if m.Failed == nil {
		m.Failed = map[int64]string{}
	}
	m.Failed[id] = why
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

func anyPages(policies, all []Policy) bool {
	return slices.ContainsFunc(policies, func(p Policy) bool { return p.pagesAmong(all) })
}

// pagesAmong reports whether the policy pages a person, by itself or by one that it hands over to.
func (p Policy) pagesAmong(all []Policy) bool { return p.pagesBeyond(all, nil) }

func (p Policy) pagesBeyond(all []Policy, seen []int64) bool {
	if p.pages() || slices.Contains(seen, p.ID) {
		return p.pages()
	}
	seen = append(slices.Clone(seen), p.ID)
	for _, step := range p.Steps {
		for _, a := range step.Actions {
			if other := named(all, a.Policy); a.Type == ActionPolicy && other != nil && other.IsActive && other.pagesBeyond(all, seen) {
				return true
			}
		}
	}
	return false
}
