package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// policyModel is the editor as it shows a policy; one without an id is new.
func (s *site) policyModel(v *visit, p escalation.Policy) (view.Policy, error) {
	words, err := s.policyWords(v)
	if err != nil {
		return view.Policy{}, err
	}
	m := view.Policy{
		Heading: "New policy", Action: "/policies", IsFallback: p.IsFallback, Version: p.Version, Targets: words.groups,
		ReadOnly: p.ID != 0 && !v.actor.CanIn(account.ManageTeamObjects, p.TeamID), ActionTypes: actionTypes, Statuses: actionStatuses,
		SeverityChoice: severityOptions(), Warnings: policyWarnings(p),
	}
	for _, step := range p.Steps {
		m.Steps = append(m.Steps, view.Step{Delay: strconv.FormatFloat(step.DelayMinutes, 'f', -1, 64), Actions: words.actions(step)})
	}
	m.Steps = words.described(m.Steps)
	if p.ID != 0 {
		m.Heading, m.Action = p.Name, "/policies/"+idText(p.ID)
		if m.Versions, err = s.policyVersions(v, p, words); err != nil {
			return view.Policy{}, err
		}
		if !m.ReadOnly && !p.IsFallback {
			m.More = []view.Section{{Title: "Delete", Text: "Its events and versions stay, and what it works on now goes on.", Button: &view.Button{
				Action: m.Action + "/delete", Word: "Delete policy", Icon: "trash-2", Tone: "danger", Ask: "Delete the policy " + p.Name + "?",
			}}}
		}
	}
	m.Shell = v.shell(m.Heading, "/policies")
	return m, s.policyFields(v, &m, p)
}

var actionTypes = []view.Option{
	{Value: escalation.ActionNotify, Word: "Page"},
	{Value: escalation.ActionAssign, Word: "Assign"},
	{Value: escalation.ActionChangeStatus, Word: "Change the status"},
	{Value: escalation.ActionChangeSeverity, Word: "Change the severity"},
}

var actionStatuses = []view.Option{{Value: "acknowledged", Word: "Acknowledged"}, {Value: "resolved", Word: "Resolved"}}

// policyFields are the editor's inputs beside the steps.
func (s *site) policyFields(v *visit, m *view.Policy, p escalation.Policy) error {
	m.Basics = [][]view.Field{
		{{Name: "name", Label: "Name", Kind: "text", Value: p.Name, Required: true, MaxLength: 255}},
		{{Name: "description", Label: "Description", Kind: "area", Value: p.Description}},
	}
	m.Repeat = repeatFields(p)
	if p.IsFallback {
		return nil
	}
	teams, err := s.managedTeams(v, teamNow(p.ID, p.TeamID), "All teams")
	if err != nil {
		return err
	}
	names, err := s.teamNames(v)
	if err != nil {
		return err
	}
	m.Basics = append(m.Basics,
		[]view.Field{
			{Name: "team_id", Label: "Team", Kind: "select", Value: optionalText(p.TeamID), Options: teams, Hint: "A team's policy looks only at that team's incidents."},
			{Name: "priority", Label: "Priority", Kind: "number", Value: strconv.Itoa(p.Priority), Step: "1", Hint: "The lowest is looked at first."},
		},
		[]view.Field{
			{Name: "is_active", Label: "Active", Kind: "checkbox", Checked: p.IsActive, Hint: "Off, it takes up nothing new; what it works on goes on."},
			{Name: "exclusive", Label: "Exclusive", Kind: "checkbox", Checked: p.Exclusive, Hint: "When it matches, no further policy is looked at."},
		})
	for _, o := range severityOptions() {
		m.Severities = append(m.Severities, view.Box{Value: o.Value, Checked: slices.Contains(p.Conditions.Severity, o.Value)})
	}
	m.Conditions = [][]view.Field{
		{
			{Name: "conditions.service", Label: "Service", Kind: "text", Value: strings.Join(p.Conditions.Service, ", "), Hint: "Names separated by commas; one of them."},
			{Name: "conditions.source", Label: "Source", Kind: "text", Value: strings.Join(p.Conditions.Source, ", "), Placeholder: "alertmanager, manual"},
			{Name: "conditions.team_id", Label: "Teams", Kind: "text", Value: strings.Join(teamWords(p.Conditions.TeamID, names), ", ")},
		},
		{{
			Name: "conditions.labels", Label: "Labels", Kind: "area", Code: true, Value: labelLines(p.Conditions.Labels), Placeholder: "env=prod, staging",
			Hint: "One label a line; of its values one.",
		}},
	}
	return nil
}

func repeatFields(p escalation.Policy) []view.Field {
	var times, every string
	if p.Repeat != nil {
		times, every = strconv.Itoa(p.Repeat.Times), strconv.Itoa(p.Repeat.EveryMinutes)
	}
	const standard = "as the organisation"
	return []view.Field{
		{Name: "repeat.times", Label: "Begin again, times", Kind: "number", Value: times, Min: "0", Max: "20", Placeholder: standard, Hint: "0 is never."},
		{Name: "repeat.every_minutes", Label: "After, minutes", Kind: "number", Value: every, Min: "1", Placeholder: standard, Hint: "Counted from the last step."},
	}
}

// labelLines writes conditions on labels one a line.
func labelLines[L ~[]string](labels map[string]L) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		lines = append(lines, name+"="+strings.Join(labels[name], ", "))
	}
	return strings.Join(lines, "\n")
}

// policyWarnings say what was saved but hardly meant.
func policyWarnings(p escalation.Policy) []string {
	if p.ID == 0 {
		return nil
	}
	var list []string
	pages := slices.ContainsFunc(p.Steps, func(step escalation.Step) bool {
		return slices.ContainsFunc(step.Actions, func(a escalation.Action) bool { return a.Type == escalation.ActionNotify })
	})
	switch {
	case len(p.Steps) == 0:
		list = append(list, "The policy has no steps: it pages nobody.")
	case !pages:
		list = append(list, "No step pages anybody, so the team's default policy or the fallback works on its incidents as well.")
	}
	if !p.IsActive {
		list = append(list, "It is inactive: no incident is given to it.")
	}
	return list
}

// actions are the actions of a step as the editor shows them: one target each. More in one action are kept as they are.
func (w policyWords) actions(step escalation.Step) []view.Action {
	list := make([]view.Action, len(step.Actions))
	for i, a := range step.Actions {
		shown := view.Action{Type: a.Type, Channels: strings.Join(a.Channels, ", "), Message: a.Message, Status: a.Status, Severity: a.Severity}
		rest := escalation.Action{Urgency: a.Urgency}
		switch targets := actionTargets(a); len(targets) {
		case 0:
		case 1:
			shown.Target = w.known(targets[0])
		default:
			rest.Target, rest.Recipients, rest.TargetRoles = a.Target, a.Recipients, a.TargetRoles
			shown.Several = w.list(targets)
		}
		shown.Rest = restText(rest)
		list[i] = shown
	}
	return list
}

func actionTargets(a escalation.Action) []string {
	var list []string
	if a.Target != "" {
		list = append(list, a.Target)
	}
	return slices.Concat(list, a.Recipients, a.TargetRoles)
}

func restText(rest escalation.Action) string {
	if rest.Urgency == "" && len(actionTargets(rest)) == 0 {
		return ""
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return "" // Texts have a JSON form.
	}
	return string(text)
}

// described puts each step in words.
func (w policyWords) described(steps []view.Step) []view.Step {
	for i := range steps {
		steps[i].Words = w.step(steps[i].Actions)
	}
	return steps
}

// typedPolicy is the editor with what was posted, its shape changed if a button said so.
func (s *site) typedPolicy(v *visit, p escalation.Policy, typed url.Values) (view.Policy, error) {
	m, err := s.policyModel(v, p)
	if err != nil {
		return m, err
	}
	m.Warnings = nil
	m.Basics = view.Form{Rows: m.Basics}.Typed(typed).Rows
	m.Conditions = view.Form{Rows: m.Conditions}.Typed(typed).Rows
	m.Repeat = view.Form{Rows: [][]view.Field{m.Repeat}}.Typed(typed).Rows[0]
	for i, box := range m.Severities {
		m.Severities[i].Checked = slices.Contains(typed["conditions.severity"], box.Value)
	}
	words := policyWords{groups: m.Targets}
	m.Steps = words.described(reshape(words.typedSteps(typed), typed.Get("op")))
	return m, nil
}
