package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// policyWords says targets and steps as people do.
type policyWords struct {
	groups []view.OptionGroup
	emails map[string]string // a person's id by the address, lower-cased
}

// roleTargets are the roles that a step may page, from the nearest on.
var roleTargets = []account.Role{
	account.RoleOncallEngineer, account.RoleTeamLead, account.RoleManager, account.RoleVP, account.RoleCTO,
}

// policyWords offers everything that an action can be for.
func (s *site) policyWords(v *visit) (policyWords, error) {
	w := policyWords{emails: map[string]string{}}
	people, err := s.Accounts.Colleagues(v.ctx, v.actor, "", maxOptions)
	if err != nil {
		return w, err
	}
	teams, err := s.teamOptions(v)
	if err != nil {
		return w, err
	}
	near := view.OptionGroup{Word: "Of the incident"}
	for _, r := range roleTargets {
		near.Options = append(near.Options, view.Option{Value: string(r), Word: roleWord(r)})
	}
	near.Options = append(near.Options, view.Option{Value: "team", Word: "everybody in the team"}, view.Option{Value: "assignees", Word: "the assignees"},
		view.Option{Value: "service_owner", Word: "the service's owner"}, view.Option{Value: "reporter", Word: "the reporter"})
	wide := view.OptionGroup{Word: "Anywhere", Options: []view.Option{{Value: "admins", Word: "the administrators"}}}
	for _, r := range roleTargets[2:] {
		wide.Options = append(wide.Options, view.Option{Value: "org:" + string(r), Word: "every " + strings.TrimPrefix(roleWord(r), "the ")})
	}
	named := view.OptionGroup{Word: "A team"}
	for _, t := range teams {
		named.Options = append(named.Options, view.Option{Value: "team:" + t.Value, Word: "everybody in " + t.Word},
			view.Option{Value: "team:" + t.Value + ":oncall_engineer", Word: roleWord(account.RoleOncallEngineer) + " of " + t.Word},
			view.Option{Value: "team:" + t.Value + ":team_lead", Word: roleWord(account.RoleTeamLead) + " of " + t.Word})
	}
	single := view.OptionGroup{Word: "A person"}
	for _, u := range people {
		single.Options = append(single.Options, view.Option{Value: idText(u.ID), Word: u.Name()})
		w.emails[strings.ToLower(u.Email)] = idText(u.ID)
	}
	byWord(single.Options)
	for _, g := range []view.OptionGroup{near, wide, named, single} {
		if len(g.Options) > 0 {
			w.groups = append(w.groups, g)
		}
	}
	return w, nil
}

func roleWord(r account.Role) string {
	if r == account.RoleOncallEngineer {
		return "the on-call engineer"
	}
	if r == account.RoleVP || r == account.RoleCTO {
		return "the " + strings.ToUpper(string(r))
	}
	return "the " + strings.ReplaceAll(string(r), "_", " ")
}

// known brings other spellings of a target to the one that is offered: a plural, an address of somebody known.
func (w policyWords) known(target string) string {
	parsed, err := escalation.ParseTarget(target)
	if err != nil {
		return target
	}
	switch {
	case parsed.Kind == escalation.TargetUser && parsed.Email != "":
		if id := w.emails[strings.ToLower(parsed.Email)]; id != "" {
			return id
		}
	case parsed.Kind == escalation.TargetUser:
		return idText(parsed.UserID)
	case parsed.Kind == escalation.TargetRole && parsed.Team == "":
		return string(parsed.Role)
	case parsed.Kind == escalation.TargetTeam && parsed.Team != "", parsed.Kind == escalation.TargetRole, parsed.Kind == escalation.TargetOrgRole:
	default:
		return string(parsed.Kind)
	}
	return target
}

// target says whom a target means.
func (w policyWords) target(target string) string {
	spelt := w.known(target)
	for _, g := range w.groups {
		for _, o := range g.Options {
			if o.Value == spelt {
				return o.Word
			}
		}
	}
	return target
}

// list says several targets.
func (w policyWords) list(targets []string) string {
	words := make([]string, len(targets))
	for i, t := range targets {
		words[i] = w.target(t)
	}
	return strings.Join(words, ", ")
}

// action says what one action does.
func (w policyWords) action(a view.Action) string {
	whom := a.Several
	if a.Target != "" {
		whom = w.target(a.Target)
	}
	if whom == "" {
		whom = "nobody yet"
	}
	switch a.Type {
	case escalation.ActionNotify, "":
		if a.Channels != "" {
			whom += " by " + a.Channels
		}
		return "pages " + whom
	case escalation.ActionAssign:
		return "assigns " + whom
	case escalation.ActionChangeStatus:
		return "sets it " + a.Status
	case escalation.ActionChangeSeverity:
		return "makes it " + a.Severity
	}
	return view.Humanize(a.Type)
}

// step says what one step does.
func (w policyWords) step(actions []view.Action) string {
	if len(actions) == 0 {
		return "nothing"
	}
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = w.action(a)
	}
	return strings.Join(words, ", ")
}

// first says what the first step does, for a list of policies.
func (w policyWords) first(steps []escalation.Step) string {
	if len(steps) == 0 {
		return ""
	}
	return view.Minutes(steps[0].DelayMinutes) + " " + w.step(w.actions(steps[0]))
}

// whole says all steps in one line.
func (w policyWords) whole(steps []escalation.Step) string {
	words := make([]string, len(steps))
	for i, step := range steps {
		words[i] = view.Minutes(step.DelayMinutes) + " " + w.step(w.actions(step))
	}
	return strings.Join(words, "; ")
}

// conditionWords says for which incidents a policy is.
func conditionWords(p escalation.Policy, teams map[int64]string) string {
	if p.IsFallback {
		return "when no other policy pages anybody"
	}
	var parts []string
	add := func(name string, values []string) {
		if len(values) > 0 {
			parts = append(parts, name+" "+strings.Join(values, " or "))
		}
	}
	if p.TeamID != nil {
		add("team", []string{nameOf(teams, p.TeamID)})
	}
	add("severity", p.Conditions.Severity)
	add("service", p.Conditions.Service)
	add("source", p.Conditions.Source)
	add("team", teamWords(p.Conditions.TeamID, teams))
	for _, name := range slices.Sorted(maps.Keys(p.Conditions.Labels)) {
		add(name+" =", p.Conditions.Labels[name])
	}
	if len(parts) == 0 {
		return "every incident"
	}
	return strings.Join(parts, ", ")
}

// teamWords are the names of teams, or the number of one without.
func teamWords(ids []int64, teams map[int64]string) []string {
	words := make([]string, len(ids))
	for i, id := range ids {
		if words[i] = teams[id]; words[i] == "" {
			words[i] = idText(id)
		}
	}
	return words
}
