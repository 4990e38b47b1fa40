package escalation

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// quiet are surroundings in which nothing is odd.
func quiet() surroundings {
	return surroundings{
		now: expressionNow, settings: account.Settings{FallbackContacts: []int64{1}}, services: map[string]bool{"shop": true}, teams: map[int64]bool{5: true, 6: true},
		recent: []incident.Incident{{Service: "shop", Severity: incident.SeverityHigh, TeamID: new(int64(5)), Labels: map[string]string{"env": "prod"}, CreatedAt: expressionNow}},
		others: []Policy{pol(12, "Night"), pol(13, "Off", inactive), pol(14, "Empty", noSteps), pol(15, "Silent", silent)},
	}
}

func crowd(n int) (list []Person) {
	for id := range n {
		list = append(list, Person{User: account.User{ID: int64(id + 1), FullName: "P", IsActive: true}})
	}
	return list
}

func TestWhatIsOddAboutAPolicyIsSaid(t *testing.T) {
	found := func(w whom) func(s *surroundings) {
		return func(s *surroundings) { s.found = map[place]whom{{0, 0}: w} }
	}
	none := func(*surroundings) {}
	pages := `{"type": "notify", "target": "team"}`
	one := func(members string) string {
		return `{"name": "n", "steps": [{` + members + `"actions": [` + pages + `]}]}`
	}
	for _, c := range []struct {
		name, document string
		change         func(s *surroundings)
		want           []string // location and code
	}{
		{"nothing", one(``), none, nil},
		{"no steps", `{"name": "n"}`, none, []string{"", "no_steps"}},
		{"steps that page nobody", `{"name": "n", "steps": [{"actions": [{"type": "assign", "target": "team"}]}]}`, none, []string{"", "pages_nobody"}},
		{"more than five people", one(``), found(whom{people: crowd(6)}), []string{"steps[0]", "many_people"}},
		{"five people", one(``), found(whom{people: crowd(5)}), nil},
		{"one of many in turn", `{"name": "n", "steps": [{"actions": [{"type": "notify", "target": "team", "pick": "round_robin"}]}]}`, found(whom{people: crowd(6)}), nil},
		{"many who are assigned, not paged", `{"name": "n", "steps": [{"actions": [{"type": "assign", "target": "team"}, ` + pages + `]}]}`, found(whom{people: crowd(6)}), nil},
		{"a target that is nobody now", one(``), found(whom{nobody: []string{"there is no team"}}), []string{"steps[0].actions[0]", "may_reach_nobody"}},
		{"somebody whom nothing reaches", one(``), found(whom{people: crowd(1), without: []string{"P"}}), []string{"steps[0].actions[0]", "no_way"}},
		{"a last step without a fallback", `{"name": "n", "repeat": {"times": 0}, "steps": [{"actions": [` + pages + `]}]}`, func(s *surroundings) { s.settings.FallbackContacts = nil }, []string{"steps[0]", "no_fallback"}},
		{"the same with fallback contacts", `{"name": "n", "repeat": {"times": 0}, "steps": [{"actions": [` + pages + `]}]}`, none, nil},
		{"the same that is repeated", one(``), func(s *surroundings) { s.settings.FallbackContacts = nil }, nil},
		{"an organisation that never repeats", one(``), func(s *surroundings) { s.settings = account.Settings{Repeat: &account.Repeat{}} }, []string{"steps[0]", "no_fallback"}},
		{"steps after a hand-over", `{"name": "n", "steps": [{"actions": [{"type": "policy", "policy": 12}]}, {"actions": [` + pages + `]}]}`, none, []string{"steps[1]", "after_hand_over"}},
		{"a hand-over to one that is off", `{"name": "n", "steps": [{"actions": [{"type": "policy", "policy": "Off"}]}]}`, none, []string{"steps[0].actions[0]", "hand_over_inactive"}},
		{"a hand-over to one without steps", `{"name": "n", "steps": [{"actions": [{"type": "policy", "policy": 14}]}]}`, none, []string{"steps[0].actions[0]", "hand_over_empty"}},
		{"a hand-over to one that pages nobody", `{"name": "n", "steps": [{"actions": [{"type": "policy", "policy": 15}]}]}`, none, []string{"steps[0].actions[0]", "hand_over_silent"}},
		{"conditions that nothing met lately", `{"name": "n", "conditions": {"severity": "critical"}, "steps": [{"actions": [` + pages + `]}]}`, none, []string{"conditions", "no_recent_match"}},
		{"the same without any incident", `{"name": "n", "conditions": {"severity": "critical"}, "steps": [{"actions": [` + pages + `]}]}`, func(s *surroundings) { s.recent = nil }, nil},
		{"a service that nobody knows", one(`"condition": {"service": ["SHOP", "shoop"]}, `), none, []string{"steps[0].condition.service", "unknown_service"}},
		{"a label that nobody has", one(`"condition": {"labels": {"env": "prod", "evn": "prod"}}, `), none, []string{"steps[0].condition.labels.evn", "unknown_label"}},
		{"a team that is not there", one(`"condition": {"team_id": [5, 7]}, `), none, []string{"steps[0].condition.team_id", "unknown_team"}},
		{"another team's incidents", `{"name": "n", "team_id": 5, "steps": [{"condition": {"team_id": [5, 6]}, "actions": [` + pages + `]}]}`, none, []string{"steps[0].condition.team_id", "other_team"}},
		{"an expression that fails", one(`"condition": {"expression": "incident.labels['env'] == 'prod'"}, `), none, []string{"steps[0].condition.expression", "expression_fails"}},
		{"one that asks first", one(`"condition": {"expression": "incident.labels[?'env'].orValue('') == 'prod'"}, `), none, nil},
		{"a field of another action", `{"name": "n", "steps": [{"actions": [{"type": "notify", "target": "team", "url": "https://example.org"}]}]}`, none, []string{"steps[0].actions[0].url", "no_effect"}},
		{"waiting and acknowledging without a page", `{"name": "n", "steps": [{"actions": [` + pages + `]}, {"wait_until": "on_call", "acknowledge": "all"}]}`, none, []string{"steps[1].acknowledge", "no_effect", "steps[1].wait_until", "no_effect"}},
	} {
		p, err := parse(c.document)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		s := quiet()
		c.change(&s)
		var got []string
		for _, w := range lint(p, s) {
			got = append(got, w.Location, w.Code)
			if w.Message == "" {
				t.Errorf("%s: no sentence", c.name)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTheSampleIsTheLatestIncidentThatWouldHaveMatched(t *testing.T) {
	night := when(Conditions{Time: &Window{From: "22:00", To: "06:00", Timezone: "UTC"}})
	recent := []incident.Incident{
		{ID: 3, CreatedAt: expressionNow.Add(9 * time.Hour)}, {ID: 2, TeamID: new(int64(6)), CreatedAt: expressionNow}, {ID: 1, TeamID: new(int64(5)), CreatedAt: expressionNow},
	}
	ids := func(policies ...Policy) (found []int64) {
		for _, p := range policies {
			if i := sampleFor(p, recent); i != nil {
				found = append(found, i.ID)
			} else {
				found = append(found, 0)
			}
		}
		return found
	}
	got := ids(pol(1, "any"), pol(1, "at night", night), pol(1, "of a team", forTeam(5)), pol(1, "never", when(Conditions{Service: Words{"bank"}})))
	if !slices.Equal(got, []int64{3, 2, 1, 0}) {
		t.Errorf("%v", got)
	}
}
