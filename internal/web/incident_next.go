package web

import (
	"strconv"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// tellNext puts on an incident's page what is under way, what happens next, and why the viewer is told.
func (s *site) tellNext(v *visit, p *view.Incident, d incident.Detail, steps []escalation.Event) error {
	found, err := s.Escalations.Running(v.ctx, v.actor, []int64{p.ID})
	if err != nil {
		return err
	}
	runs := found[p.ID]
	for _, r := range runs {
		p.Runs = append(p.Runs, v.runOf(r))
	}
	p.WhyMe = whyMe(v.actor.UserID, d, steps)
	p.NextWords, err = s.nextWords(v, d.Incident, runs)
	return err
}

// nextWords says what happens next, in a sentence.
func (s *site) nextWords(v *visit, i incident.Incident, runs []escalation.RunView) (string, error) {
	next := soonest(runs)
	switch {
	case i.Status == incident.StatusResolved:
		return "", nil
	case i.Status == incident.StatusAcknowledged && i.AckExpiresAt != nil:
		return "Unless somebody acts on it, it opens again and is escalated from the start.", nil
	case i.Status == incident.StatusSnoozed:
		return "Until then nobody is paged.", nil
	case next == nil && i.Status == incident.StatusOpen:
		return "No policy is at work, so nobody is paged.", nil
	case next == nil:
		return "", nil
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

// whyMe says why somebody is told of an incident: the newest step that paged them, else the newest that found them, else that they are
// assigned.
func whyMe(user int64, d incident.Detail, steps []escalation.Event) string {
	found := ""
	for _, e := range steps {
		t := e.Told()
		for _, target := range t.People {
			if target.ID != user || e.Episode != d.Incident.Episode {
				continue
			}
			if text := foundBy(e, t, target); target.Outcome == escalation.PersonPaged {
				return text
			} else if found == "" {
				found = text
			}
		}
	}
	if found != "" {
		return found
	}
	for _, a := range d.Assignments {
		if a.UserID == user {
			return "You are assigned to it."
		}
	}
	return ""
}

// foundBy says by which step somebody was found, and how.
func foundBy(e escalation.Event, t escalation.Told, target escalation.ToldPerson) string {
	text := "You were found by step " + strconv.Itoa(e.Step+1) + " of " + e.PolicyName() + ": " + foundHow(target) + "."
	if t.By.Name != "" {
		text += " " + t.By.Name + " asked for it."
	}
	return text
}

// escalateNow takes the next step at once.
func (s *site) escalateNow(v *visit, id int64) (string, error) {
	i, _, err := s.Escalations.EscalateNow(v.ctx, v.actor, id)
	if i.Status == incident.StatusResolved {
		return "no_escalation", err
	}
	return "escalated", err
}
