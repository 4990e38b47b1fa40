package web

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// tellNext puts on an incident's page what is under way, what happens next, and why the viewer is told.
func (s *site) tellNext(v *visit, p *view.Incident, d incident.Detail, l watch.Ledger, runs []escalation.RunView) error {
	for _, r := range runs {
		p.Runs = append(p.Runs, v.runOf(r))
	}
	p.Why = whyMe(v.actor.UserID, d, l)
	p.Alarm = alarmWords(d.Incident, runs, l)
	next, err := s.nextWords(v, d.Incident, runs)
	p.NextWords = quietWords(d.Incident) + next
	return err
}

// alarmWords say in plain words that nobody whom a policy names is paged for an incident that waits for somebody; "" when all is well.
func alarmWords(i incident.Incident, runs []escalation.RunView, l watch.Ledger) string {
	if i.Status != incident.StatusOpen {
		return ""
	}
	fallback := slices.ContainsFunc(runs, func(r escalation.RunView) bool { return r.IsFallback() })
	switch {
	case i.Unescalated && fallback:
		return "No policy pages anybody for this incident. Only the fallback contacts are paged."
	case i.Unescalated:
		return "No policy pages anybody for this incident, and there is no fallback contact: nobody is paged. Escalate it or assign somebody."
	case fallback && len(runs) == 1:
		return "Every policy has come to its end and nobody took it. Only the fallback contacts are paged, again each hour."
	}
	for _, s := range slices.Backward(l.Steps) {
		if s.Episode != i.Episode {
			break
		}
		switch s.Outcome {
		case watch.OutcomeNobody, watch.OutcomeUnreachable:
			return "The last step reached nobody. " + reachedNobody(s.Event)
		case watch.OutcomeSkipped, watch.OutcomeDone:
			continue
		}
		break
	}
	return ""
}

// nextWords says what happens next, in a sentence.
func (s *site) nextWords(v *visit, i incident.Incident, runs []escalation.RunView) (string, error) {
	next := soonest(runs)
	switch {
	case i.Status == incident.StatusResolved:
		return "It is over, and nobody is paged.", nil
	case i.Status == incident.StatusAcknowledged && i.AckExpiresAt != nil:
		return askWords(i) + "Unless somebody acts on it, it opens again and is escalated from the start.", nil
	case i.Status == incident.StatusAcknowledged && next == nil:
		return "It stays acknowledged until somebody resolves it.", nil
	case i.Status == incident.StatusSnoozed && i.StatusBeforeSnooze == incident.StatusAcknowledged:
		return "Until then nobody is paged. Then whoever snoozed it is paged, and without an answer it opens again.", nil
	case i.Status == incident.StatusSnoozed:
		return "Until then nobody is paged. Then it opens again and is escalated on.", nil
	case next == nil:
		return "No policy is at work, so nobody is paged.", nil
	}
	sentence := stepWords(*next) + " of " + next.PolicyName
	if next.IsFallback() {
		sentence = "The fallback contacts are paged"
	}
	does, err := s.stepInWords(v, *next)
	if does != "" {
		sentence += ": " + does
	}
	return sentence + ".", err
}

// quietWords says until when one that flaps must be quiet.
func quietWords(i incident.Incident) string {
	if i.QuietAt == nil {
		return ""
	}
	return "Nothing fires any more, but it comes and goes: it is over at " + i.QuietAt.UTC().Format(time.RFC3339) + ", unless it fires before. "
}

// askWords says when the holders of an acknowledgement are asked whether they still are on it.
func askWords(i incident.Incident) string {
	if i.AckAskAt == nil {
		return ""
	}
	return "At " + i.AckAskAt.UTC().Format(time.RFC3339) + " whoever has it is asked whether they still are on it. "
}

// stepInWords says what the next step does, for who may read policies and as long as the run's version is the present one.
func (s *site) stepInWords(v *visit, r escalation.RunView) (string, error) {
	if r.PolicyID == nil || r.NextStep >= r.Steps || !readsPolicies(v.actor) {
		return "", nil
	}
	p, err := s.Escalations.GetPolicy(v.ctx, v.actor, *r.PolicyID)
	if fault.Is(err, fault.NotFound) || err == nil && (p.Version != r.Version || r.NextStep >= len(p.Steps)) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	words, err := s.policyWords(v)
	return words.step(p.Steps[r.NextStep].Actions), err
}

// escalateNow takes the next step at once.
func (s *site) escalateNow(v *visit, id int64) (string, error) {
	i, _, err := s.Escalations.EscalateNow(v.ctx, v.actor, id)
	if i.Status == incident.StatusResolved {
		return "no_escalation", err
	}
	return "escalated", err
}
