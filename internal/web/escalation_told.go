package web

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// told is what an escalation event keeps of its step.
type told struct {
	Policy string `json:"policy_name"`
	Age    int    `json:"incident_age_seconds"`
	By     struct {
		Name string `json:"name"`
	} `json:"triggered_by_user"`
	For     []string     `json:"triggered_for"`
	Targets []toldTarget `json:"target_users"`
	Missing []struct {
		Target string `json:"target"`
		Why    string `json:"why"`
	} `json:"missing"`
	Outcome string `json:"outcome"`
}

// toldTarget is a person whom a step found.
type toldTarget struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Via      string   `json:"via"`
	Outcome  string   `json:"outcome"`
	Channels []string `json:"channels"`
}

// toldBy reads an event's metadata; what an older version wrote otherwise is left out.
func toldBy(e escalation.Event) told {
	var t told
	raw, err := json.Marshal(e.Metadata)
	if err == nil {
		_ = json.Unmarshal(raw, &t) // A field of another shape stays empty; the rest is told.
	}
	return t
}

// outcomePaged is the outcome of a person whom the step itself pages.
const outcomePaged = "paged"

// roleWords writes roles as people do; how somebody was found names them as the API does.
var roleWords = strings.NewReplacer("oncall_engineer", "on-call engineer", "team_lead", "team lead")

// how says in what way a person was found, and what came of it.
func (t toldTarget) how() string {
	words := roleWords.Replace(t.Via)
	switch t.Outcome {
	case "already_paged":
		words += ", paged a moment before"
	case "no_way_to_reach":
		words += ", no way to reach"
	}
	if len(t.Channels) > 0 {
		words += ", by " + strings.Join(slices.Compact(slices.Sorted(slices.Values(t.Channels))), " and ")
	}
	return strings.TrimPrefix(words, ", ")
}

// nobody says why a step that failed reached nobody, and otherwise whom it did not find.
func (t told) nobody(e escalation.Event) string {
	var why []string
	for _, m := range t.Missing {
		why = append(why, m.Why)
	}
	text := sentence(strings.Join(why, "; "))
	switch {
	case e.Status != escalation.EventFailed:
	case t.Outcome == "nobody_to_notify":
		text = "Nobody to notify. " + text
	default:
		text = "No provider took a page in time. " + text
	}
	return strings.TrimSpace(text)
}

// policyNameOf is what the policy of an event was called when it took the step.
func (t told) policyNameOf(e escalation.Event) string {
	switch {
	case t.Policy != "":
		return t.Policy
	case e.Policy != nil:
		return e.Policy.Name
	}
	return escalation.FallbackName
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
