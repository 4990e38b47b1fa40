package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// How much is looked at for the warnings of one policy.
const (
	maxRecent   = 200
	maxSurveyed = 500 // targets
)

// warnings looks at the policy beside what is there now.
func (s *Service) warnings(tx *db.Tx, p Policy) ([]Warning, error) {
	v := &survey{policy: p, surroundings: surroundings{now: tx.Now(), services: map[string]bool{}, teams: map[int64]bool{}, found: map[place]whom{}}}
	for _, look := range []func(s *Service, tx *db.Tx) error{v.organisation, v.names, v.people} {
		if err := look(s, tx); err != nil {
			return nil, err
		}
	}
	return lint(p, v.surroundings), nil
}

// survey gathers a policy's surroundings.
type survey struct {
	policy Policy
	surroundings
}

func (v *survey) organisation(s *Service, tx *db.Tx) (err error) {
	if v.settings, err = s.People.OrgSettings(tx, v.policy.OrgID); err != nil {
		return err
	}
	if v.others, err = allPolicies(tx, v.policy.OrgID); err != nil {
		return err
	}
	v.recent, err = s.Incidents.Recent(tx, v.policy.OrgID, v.now.Add(-lookback), maxRecent)
	return err
}

// names looks up which of the services and teams in the conditions exist.
func (v *survey) names(s *Service, tx *db.Tx) error {
	all := []Conditions{v.policy.Conditions}
	for _, step := range v.policy.Steps {
		if step.Condition != nil {
			all = append(all, step.Condition.Conditions)
		}
	}
	var services []string
	var teams []int64
	for _, c := range all {
		services, teams = append(services, c.Service...), append(teams, c.TeamID...)
	}
	if len(services) > 0 {
		known, err := s.Services.ResolveMany(tx, v.policy.OrgID, services)
		if err != nil {
			return err
		}
		for key := range known {
			v.services[strings.ToLower(key)] = true
		}
	}
	if len(teams) == 0 {
		return nil
	}
	known, err := s.People.TeamsByIDs(tx, v.policy.OrgID, teams)
	for id := range known {
		v.teams[id] = true
	}
	return err
}

// people resolves the targets for the latest incident that the policy would have worked on, else for one of its team.
func (v *survey) people(s *Service, tx *db.Tx) error {
	sample := sampleFor(v.policy, v.recent)
	if sample == nil && v.policy.TeamID != nil {
		sample = &incident.Incident{OrgID: v.policy.OrgID, TeamID: v.policy.TeamID, Severity: incident.SeverityHigh}
	}
	inc := incident.Incident{Severity: incident.SeverityHigh}
	if sample != nil {
		inc = *sample
	}
	r := s.resolver(tx, v.policy.OrgID, []int64{inc.ID})
	asked := 0
	for i, step := range v.policy.Steps {
		for n, action := range step.Actions {
			found := v.found[place{i, n}]
			for _, text := range action.targets() {
				if target, err := ParseTarget(text); asked >= maxSurveyed || (err == nil && target.needsIncident(sample == nil)) {
					continue
				}
				asked++
				one, err := r.resolve(text, inc)
				if err != nil {
					return err
				}
				found.people = append(found.people, one.People...)
				if len(one.People) == 0 {
					found.nobody = append(found.nobody, one.Why)
				}
			}
			v.found[place{i, n}] = found
		}
	}
	return v.ways(s, tx, inc)
}

// needsIncident reports whether it cannot be said without an incident who the target is; unknown means that not even a
// likely one is at hand.
func (t Target) needsIncident(unknown bool) bool {
	switch t.Kind {
	case TargetAssignees, TargetReporter:
		return true
	case TargetServiceOwner:
		return unknown
	case TargetTeam, TargetRole:
		return unknown && t.Team == ""
	}
	return false
}

// ways notes who has no way to be reached. Actions that narrow to the same channels are asked for together.
func (v *survey) ways(s *Service, tx *db.Tx, inc incident.Incident) error {
	type group struct {
		channels []string
		urgency  incident.Urgency
		people   map[int64]account.User
		places   []place
	}
	groups := map[string]*group{}
	for i, step := range v.policy.Steps {
		for n, action := range step.Actions {
			if action.Type != ActionNotify || len(v.found[place{i, n}].people) == 0 {
				continue
			}
			key := fmt.Sprint(action.Urgency, action.Channels)
			if groups[key] == nil {
				urgency := inc.Urgency()
				if action.Urgency != "" {
					urgency = incident.Urgency(action.Urgency)
				}
				groups[key] = &group{channels: action.Channels, urgency: urgency, people: map[int64]account.User{}}
			}
			g := groups[key]
			g.places = append(g.places, place{i, n})
			for _, person := range v.found[place{i, n}].people {
				g.people[person.User.ID] = person.User
			}
		}
	}
	for _, g := range groups {
		var ids []int64
		for id := range g.people {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		routes, err := s.Pager.Routes(tx, v.policy.OrgID, ids, g.urgency, g.channels)
		if err != nil {
			return err
		}
		for _, at := range g.places {
			found := v.found[at]
			for _, person := range found.people {
				if name := person.User.Name(); len(routes[person.User.ID]) == 0 && !slices.Contains(found.without, name) {
					found.without = append(found.without, name)
				}
			}
			v.found[at] = found
		}
	}
	return nil
}
