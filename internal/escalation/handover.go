package escalation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// named finds a policy by its id or its name.
func named(policies []Policy, text string) *Policy {
	text = strings.TrimSpace(text)
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		if p := find(policies, &id); p != nil {
			return p
		}
	}
	for i := range policies {
		if strings.EqualFold(policies[i].Name, text) {
			return &policies[i]
		}
	}
	return nil
}

// handOvers calls do for each action of the definition that hands over to another policy.
func (d Definition) handOvers(do func(step, action int, a *Action)) {
	for i := range d.Steps {
		for n := range d.Steps[i].Actions {
			if a := &d.Steps[i].Actions[n]; a.Type == ActionPolicy {
				do(i, n, a)
			}
		}
	}
}

func (d Definition) handsOver() (yes bool) {
	d.handOvers(func(int, int, *Action) { yes = true })
	return yes
}

// settleHandOvers writes the ids of the policies that p hands over to in place of names, so that they may be renamed, and
// notes those that are not there, that p may not hand over to, or that would hand over to p again. It is pure.
func settleHandOvers(p *Policy, all []Policy, bad *fault.Checks) {
	p.handOvers(func(step, action int, a *Action) {
		where := fmt.Sprintf("body.steps[%d].actions[%d].policy", step, action)
		other := named(all, a.Policy)
		switch {
		case other == nil:
			bad.Add(where, "there is no policy %q", a.Policy)
			return
		case other.TeamID != nil && p.TeamID != nil && *other.TeamID != *p.TeamID:
			bad.Add(where, "belongs to another team, whose policies work on its own incidents")
		default:
			if circle := handedBack(*p, *other, all, nil); circle != nil {
				bad.Add(where, "hands over in a circle: %s", strings.Join(append([]string{p.Name}, circle...), " → "))
			}
		}
		a.Policy = strconv.FormatInt(other.ID, 10)
	})
}

// handedBack is the way by which an incident that other has taken over comes back to p; nil when there is none.
func handedBack(p, other Policy, all []Policy, passed []int64) (way []string) {
	if other.ID == p.ID {
		return []string{p.Name}
	}
	if slices.Contains(passed, other.ID) {
		return nil // A circle without p is not p's fault.
	}
	passed = append(passed, other.ID)
	other.handOvers(func(_, _ int, a *Action) {
		if next := named(all, a.Policy); way == nil && next != nil {
			way = handedBack(p, *next, all, passed)
		}
	})
	if way != nil {
		way = append([]string{other.Name}, way...)
	}
	return way
}

// handingOverTo are the names of the policies that hand over to the one with the id.
func handingOverTo(id int64, all []Policy) (names []string) {
	for _, p := range all {
		p.handOvers(func(_, _ int, a *Action) {
			if other := named(all, a.Policy); p.ID != id && other != nil && other.ID == id && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		})
	}
	return names
}
