package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// policyWords says targets, steps and conditions as people do, with what a policy may name.
type policyWords struct {
	groups   []view.OptionGroup
	emails   map[string]string // a person's id by the address, lower-cased
	teams    map[int64]string
	policies []view.Option
	channels []string
}

// roleTargets are the roles that a step may page, from the nearest on.
var roleTargets = []account.Role{
	account.RoleOncallEngineer, account.RoleTeamLead, account.RoleManager, account.RoleVP, account.RoleCTO,
}

// policyWords offers everything that an action can be for.
func (s *site) policyWords(v *visit) (policyWords, error) {
	w := policyWords{emails: map[string]string{}, channels: s.Escalations.Channels}
	var err error
	if w.teams, err = s.teamNames(v); err != nil {
		return w, err
	}
	if w.policies, err = s.policyOptions(v); err != nil {
		return w, err
	}
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
	single, alike := view.OptionGroup{Word: "A person"}, map[string]int{}
	for _, u := range people {
		alike[strings.ToLower(u.Name())]++
	}
	for _, u := range people {
		word := u.Name()
		if alike[strings.ToLower(word)] > 1 {
			word += " <" + u.Email + ">" // A word of the list must mean one person.
		}
		single.Options = append(single.Options, view.Option{Value: idText(u.ID), Word: word})
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

func roleWord(r account.Role) string { return "the " + account.SpellRoles(string(r)) }

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
	case parsed.Kind == escalation.TargetTeam && parsed.Team != "":
		return "team:" + w.teamID(parsed.Team)
	case parsed.Kind == escalation.TargetRole:
		return "team:" + w.teamID(parsed.Team) + ":" + string(parsed.Role)
	case parsed.Kind == escalation.TargetOrgRole:
		return "org:" + string(parsed.Role)
	case parsed.Kind == escalation.TargetSchedule:
	default:
		return string(parsed.Kind)
	}
	return target
}

// teamID is the id of a team by its name, as it is written when there is none.
func (w policyWords) teamID(name string) string {
	for id, known := range w.teams {
		if strings.EqualFold(known, name) {
			return idText(id)
		}
	}
	return name
}

// target says whom a target means.
func (w policyWords) target(target string) string {
	if t, err := escalation.ParseTarget(target); err == nil && t.Kind == escalation.TargetSchedule {
		if t.Next {
			return "who is next on call by " + t.Schedule
		}
		return "who is on call by " + t.Schedule
	}
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

// spelt is the target that a word of the list stands for, else what was written.
func (w policyWords) spelt(written string) string {
	for _, g := range w.groups {
		for _, o := range g.Options {
			if strings.EqualFold(o.Word, written) {
				return o.Value
			}
		}
	}
	return written
}

func (w policyWords) firstChannel() string {
	if len(w.channels) == 0 {
		return ""
	}
	return w.channels[0]
}

// actionTargets are whom an action is for, as written.
func actionTargets(a escalation.Action) []string {
	var list []string
	if a.Target != "" {
		list = append(list, a.Target)
	}
	return slices.Concat(list, a.Recipients, a.TargetRoles)
}

// action says what one action does. Of an address only the host is said, for the rest of it is often a secret.
func (w policyWords) action(a escalation.Action) string {
	whom := w.list(actionTargets(a))
	if whom == "" {
		whom = "nobody yet"
	}
	switch a.Type {
	case escalation.ActionNotify, "":
		return "pages " + pickWords[a.Pick] + whom + byChannels(a)
	case escalation.ActionAssign:
		return "assigns " + whom
	case escalation.ActionChangeStatus:
		return "sets it " + a.Status
	case escalation.ActionChangeSeverity:
		return "makes it " + a.Severity
	case escalation.ActionWebhook:
		return "calls " + hostWord(a.URL, "a webhook")
	case escalation.ActionChannel:
		return "posts to " + view.Humanize(a.Kind) + hostWord(a.Destination, "")
	case escalation.ActionPolicy:
		return "hands over to " + w.policy(a.Policy)
	case escalation.ActionInstructions:
		return "shows instructions"
	}
	return view.Humanize(a.Type)
}

var pickWords = map[string]string{escalation.PickRoundRobin: "in turn one of ", escalation.PickRandom: "at random one of "}

func byChannels(a escalation.Action) (words string) {
	if len(a.Channels) > 0 {
		words = " by " + strings.Join(a.Channels, ", ")
	}
	if a.Urgency != "" {
		words += " with " + a.Urgency + " urgency"
	}
	return words
}

// hostWord is the host of an address.
func hostWord(address, otherwise string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return otherwise
	case otherwise == "":
		return " at " + u.Host
	}
	return u.Host
}

// policy is the name of a policy by its id or name.
func (w policyWords) policy(reference string) string {
	for _, o := range w.policies {
		if o.Value == reference {
			return o.Word
		}
	}
	if reference == "" {
		return "no policy yet"
	}
	return reference
}

// step says what one step does.
func (w policyWords) step(actions []escalation.Action) string {
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
	return view.Minutes(steps[0].DelayMinutes) + " " + w.step(steps[0].Actions)
}

// whole says all steps in one line.
func (w policyWords) whole(steps []escalation.Step) string {
	words := make([]string, len(steps))
	for i, step := range steps {
		words[i] = view.Minutes(step.DelayMinutes) + " " + w.step(step.Actions)
	}
	return strings.Join(words, "; ")
}
