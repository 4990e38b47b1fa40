package escalation

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
)

// Masked stands for what may hold a secret where a step is shown. No header can have it as its value.
const Masked = "…"

// shown is the step as it is told, without what may hold a secret.
func (s Step) shown() Step {
	s.Actions = slices.Clone(s.Actions)
	for i, a := range s.Actions {
		if len(a.Headers) == 0 {
			continue
		}
		s.Actions[i].Headers = maps.Clone(a.Headers)
		for name := range a.Headers {
			s.Actions[i].Headers[name] = Masked
		}
	}
	return s
}

// stepsFor are the steps of a policy as the actor may see them: who may not change the policy of the team gets no values of headers.
func stepsFor(actor account.Actor, teamID *int64, steps []Step) []Step {
	if mayChange(actor, teamID) == nil {
		return steps
	}
	seen := slices.Clone(steps)
	for i := range seen {
		seen[i] = seen[i].shown()
	}
	return seen
}

// keepHidden puts the stored value in the place of each that the document only masks: that of the webhook with the same URL.
func (p *parser) keepHidden(where string, a *Action) {
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		if a.Headers[name] != Masked {
			continue
		}
		value, found := storedHeader(p.stored, a.URL, name)
		if !found {
			p.bad.Add(where+"."+name, "is hidden here, and no webhook of the policy has one for this URL: write its value")
			continue
		}
		a.Headers[name] = value
	}
}

func storedHeader(steps []Step, url, name string) (value string, found bool) {
	for _, s := range steps {
		for _, a := range s.Actions {
			if a.Type != ActionWebhook || a.URL != url {
				continue
			}
			if value, found = a.Headers[name]; found {
				return value, true
			}
		}
	}
	return "", false
}
