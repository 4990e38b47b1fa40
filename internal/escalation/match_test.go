package escalation

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/incident"
)

func pol(id int64, name string, change ...func(p *Policy)) Policy {
	p := Policy{ID: id, Name: name, IsActive: true, Definition: stepsAt(0)}
	for _, do := range change {
		do(&p)
	}
	return p
}

func when(c Conditions) func(p *Policy) { return func(p *Policy) { p.Conditions = c } }

func first(p *Policy)    { p.Priority = -1 }
func alone(p *Policy)    { p.Exclusive = true }
func inactive(p *Policy) { p.IsActive = false }
func lastOne(p *Policy)  { p.IsFallback = true }
func noSteps(p *Policy)  { p.Steps = nil }
func silent(p *Policy)   { p.Steps = []Step{{Actions: []Action{{Type: ActionAssign, Target: "team"}}}} }

func forTeam(id int64) func(p *Policy) { return func(p *Policy) { p.TeamID = &id } }

func TestWhichPoliciesWorkOnAnIncident(t *testing.T) {
	high := incident.Incident{Severity: incident.SeverityHigh, Service: "Shop", Source: "alertmanager", TeamID: new(int64(5)), Labels: map[string]string{"env": "prod"}}
	info := high
	info.Severity = incident.SeverityInfo
	for _, c := range []struct {
		name        string
		incident    incident.Incident
		choice      Choice
		want        []string
		unescalated bool
	}{
		{"no policy at all", high, Choice{}, nil, true},
		{"by priority, then by age", high, Choice{Policies: []Policy{pol(1, "a"), pol(2, "b", first), pol(3, "c")}}, []string{"b", "a", "c"}, false},
		{
			"the service's own comes first, whatever its conditions", high,
			Choice{Policies: []Policy{pol(1, "a", first), pol(2, "own", when(Conditions{Severity: Words{"low"}}))}, ServicePolicy: new(int64(2))},
			[]string{"own", "a"},
			false,
		},
		{"the service's own once", high, Choice{Policies: []Policy{pol(1, "own")}, ServicePolicy: new(int64(1))}, []string{"own"}, false},
		{
			"an exclusive one of the service ends the search", high,
			Choice{Policies: []Policy{pol(1, "a", first), pol(2, "own", alone)}, ServicePolicy: new(int64(2))},
			[]string{"own"},
			false,
		},
		{"the service's own is inactive or gone", high, Choice{Policies: []Policy{pol(1, "own", inactive), pol(2, "b")}, ServicePolicy: new(int64(9))}, []string{"b"}, false},
		{"exclusive ends the search", high, Choice{Policies: []Policy{pol(1, "a"), pol(2, "b", alone), pol(3, "c")}}, []string{"a", "b"}, false},
		{
			"exclusive without a match ends nothing", high,
			Choice{Policies: []Policy{pol(1, "a", alone, when(Conditions{Severity: Words{"low"}})), pol(2, "b")}},
			[]string{"b"},
			false,
		},
		{
			"exclusive that pages nobody still lets somebody be paged", high,
			Choice{Policies: []Policy{pol(1, "a", alone, silent), pol(2, "b"), pol(3, "f", lastOne)}},
			[]string{"a", "f"},
			false,
		},
		{"a team's looks only at its team", high, Choice{Policies: []Policy{pol(1, "ours", forTeam(5)), pol(2, "theirs", forTeam(6))}}, []string{"ours"}, false},
		{
			"the team's default when nothing pages", high,
			Choice{Policies: []Policy{pol(1, "a", silent), pol(2, "team's", when(Conditions{Severity: Words{"low"}})), pol(3, "f", lastOne)}, TeamDefault: new(int64(2))},
			[]string{"a", "team's"},
			false,
		},
		{
			"a team's default that pages nobody is none", high,
			Choice{Policies: []Policy{pol(1, "team's", silent, when(Conditions{Severity: Words{"low"}})), pol(2, "f", lastOne)}, TeamDefault: new(int64(1))},
			[]string{"f"},
			false,
		},
		{
			"a team's default may be another team's policy", high,
			Choice{Policies: []Policy{pol(1, "theirs", forTeam(6)), pol(2, "f", lastOne)}, TeamDefault: new(int64(1))},
			[]string{"theirs"},
			false,
		},
		{
			"a team's default that is inactive is none", high,
			Choice{Policies: []Policy{pol(1, "team's", inactive), pol(2, "f", lastOne)}, TeamDefault: new(int64(1))},
			[]string{"f"},
			false,
		},
		{"the fallback last and only then", high, Choice{Policies: []Policy{pol(1, "f", lastOne, first), pol(2, "b")}}, []string{"b"}, false},
		{"the fallback is switched off", high, Choice{Policies: []Policy{pol(1, "f", lastOne, inactive)}}, nil, true},
		{"a policy without steps starts nothing", high, Choice{Policies: []Policy{pol(1, "a", noSteps)}}, nil, true},
		{"info starts nothing", info, Choice{Policies: []Policy{pol(1, "a"), pol(2, "f", lastOne)}, ServicePolicy: new(int64(1)), TeamDefault: new(int64(1))}, nil, false},
		{"unless a condition names it", info, Choice{Policies: []Policy{pol(1, "a"), pol(2, "b", when(Conditions{Severity: Words{"INFO"}}))}}, []string{"b"}, false},
	} {
		found := Match(c.incident, c.choice)
		var names []string
		for _, p := range found.Policies {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, c.want) || found.Unescalated != c.unescalated {
			t.Errorf("%s: %v (unescalated %v), want %v (%v)", c.name, names, found.Unescalated, c.want, c.unescalated)
		}
	}
}

func TestAllConditionsMustHoldAndOfAListOne(t *testing.T) {
	inc := incident.Incident{
		Severity: incident.SeverityHigh, Service: "Shop API", Source: "alertmanager", TeamID: new(int64(5)),
		Labels: map[string]string{"env": "prod", "region": "eu"},
	}
	for _, c := range []struct {
		name string
		c    Conditions
		want bool
	}{
		{"none", Conditions{}, true},
		{"severity in any case", Conditions{Severity: Words{"HIGH"}}, true},
		{"severity of a list", Conditions{Severity: Words{"critical", "high"}}, true},
		{"another severity", Conditions{Severity: Words{"critical"}}, false},
		{"service in any case", Conditions{Service: Words{"shop api"}}, true},
		{"another service", Conditions{Service: Words{"shop"}}, false},
		{"source", Conditions{Source: Words{"alertmanager"}}, true},
		{"another source", Conditions{Source: Words{"generic"}}, false},
		{"team", Conditions{TeamID: Numbers{4, 5}}, true},
		{"another team", Conditions{TeamID: Numbers{4}}, false},
		{"labels", Conditions{Labels: map[string]Words{"env": {"stage", "prod"}, "region": {"eu"}}}, true},
		{"a label that differs", Conditions{Labels: map[string]Words{"env": {"prod"}, "region": {"us"}}}, false},
		{"a label in another case", Conditions{Labels: map[string]Words{"env": {"PROD"}}}, false},
		{"a label that it has not", Conditions{Labels: map[string]Words{"rack": {""}}}, false},
		{"one of two", Conditions{Severity: Words{"high"}, Service: Words{"bank"}}, false},
	} {
		if got := c.c.judge(inc, time.Time{}).holds; got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if (Conditions{TeamID: Numbers{5}}).judge(incident.Incident{}, time.Time{}).holds {
		t.Error("an incident without a team is of no team")
	}
}

func TestMatchingIsInOrderWithoutRepeatsAndSaysWhetherSomebodyIsPaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Choice
		for id := range int64(rapid.IntRange(0, 6).Draw(t, "policies")) {
			p := pol(id+1, "p", func(p *Policy) { p.Priority = rapid.IntRange(-1, 1).Draw(t, "priority") })
			for name, change := range map[string]func(*Policy){"silent": silent, "none": noSteps, "alone": alone, "inactive": inactive, "last": lastOne, "team": forTeam(5)} {
				if rapid.IntRange(0, 3).Draw(t, name) == 0 {
					change(&p)
				}
			}
			c.Policies = append(c.Policies, p)
		}
		some := func(label string) *int64 { return new(rapid.Int64Range(0, 7).Draw(t, label)) }
		c.ServicePolicy, c.TeamDefault = some("service policy"), some("team default")
		inc := incident.Incident{Severity: someSeverity.Draw(t, "severity"), TeamID: new(rapid.Int64Range(5, 6).Draw(t, "team"))}
		found := Match(inc, c)
		matched, unescalated := found.Policies, found.Unescalated
		if unescalated == anyPages(matched, nil) {
			t.Fatalf("unescalated %v with %+v", unescalated, matched)
		}
		seen := map[int64]bool{}
		for _, p := range matched {
			if seen[p.ID] || !p.IsActive || len(p.Steps) == 0 {
				t.Fatalf("%+v among %+v", p, matched)
			}
			seen[p.ID] = true
		}
		fallbackPages := slices.ContainsFunc(c.Policies, func(p Policy) bool { return p.IsFallback && p.IsActive && p.pages() })
		if unescalated && fallbackPages {
			t.Fatalf("a fallback that pages is always found: %+v", c)
		}
		slices.Reverse(c.Policies)
		again := Match(inc, c).Policies
		if !slices.EqualFunc(matched, again, func(a, b Policy) bool { return a.ID == b.ID }) {
			t.Fatalf("the order of the list makes a difference: %+v, %+v", matched, again)
		}
	})
}
