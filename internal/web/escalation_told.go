package web

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// foundHow says in what way a person was found, and what came of it.
func foundHow(t escalation.ToldPerson) string {
	words := account.SpellRoles(t.Via)
	switch t.Outcome {
	case escalation.PersonAlreadyPaged:
		words += ", paged a moment before"
	case escalation.PersonUnreachable:
		words += ", no way to reach"
	}
	if len(t.Channels) > 0 {
		words += ", by " + strings.Join(slices.Compact(slices.Sorted(slices.Values(t.Channels))), " and ")
	}
	return strings.TrimPrefix(words, ", ")
}

// reachedNobody says why a step that failed reached nobody, and otherwise whom it did not find.
func reachedNobody(e escalation.Event) string {
	t := e.Told()
	var why []string
	for _, m := range t.Missing {
		why = append(why, m.Why)
	}
	text := account.SpellRoles(sentence(strings.Join(why, "; ")))
	switch {
	case e.Status != escalation.EventFailed:
	case t.Outcome == "nobody_to_notify":
		text = "Nobody to notify. " + text
	default:
		text = "No provider took a page in time. " + text
	}
	return strings.TrimSpace(text)
}

// runOf is a run as screens show it; the name of its policy is a link for who may read policies.
func (v *visit) runOf(r escalation.RunView) view.Run {
	shown := view.Run{
		IncidentID: r.IncidentID, Incident: r.IncidentTitle, Policy: r.PolicyName, State: string(r.State), Round: r.Round + 1, Next: r.NextAt, What: stepWords(r),
	}
	if r.PolicyID != nil && readsPolicies(v.actor) {
		shown.PolicyID = *r.PolicyID
	}
	return shown
}

// stepWords says what a run does next.
func stepWords(r escalation.RunView) string {
	switch {
	case r.IsFallback():
		return "The fallback contacts"
	case r.NextStep < r.Steps:
		return "Step " + idText(int64(r.NextStep+1)) + " of " + idText(int64(r.Steps))
	case r.RepeatsLeft > 0:
		return "Begins again"
	case r.RepeatsLeft == 0:
		return "The end: then the fallback contacts"
	}
	return "Begins again, or the fallback contacts"
}

// soonest is the run that takes a step next, nil when none is due.
func soonest(runs []escalation.RunView) *escalation.RunView {
	var first *escalation.RunView
	for i, r := range runs {
		if r.NextAt != nil && (first == nil || r.NextAt.Before(*first.NextAt)) {
			first = &runs[i]
		}
	}
	return first
}

// ageWords says how old an incident was, from seconds; "" when it had just begun.
func ageWords(seconds int) string {
	age := time.Duration(seconds) * time.Second
	if age < time.Minute {
		return ""
	}
	return view.Age(age)
}
