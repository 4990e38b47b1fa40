package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

var actionTypes = []view.Option{
	{Value: escalation.ActionNotify, Word: "Page"},
	{Value: escalation.ActionAssign, Word: "Assign"},
	{Value: escalation.ActionPolicy, Word: "Hand over to a policy"},
	{Value: escalation.ActionInstructions, Word: "Show instructions"},
	{Value: escalation.ActionChangeStatus, Word: "Change the status"},
	{Value: escalation.ActionChangeSeverity, Word: "Change the severity"},
	{Value: escalation.ActionChannel, Word: "Post to a channel"},
	{Value: escalation.ActionWebhook, Word: "Call a webhook"},
}

var actionStatuses = []view.Option{{Value: "acknowledged", Word: "Acknowledged"}, {Value: "resolved", Word: "Resolved"}}

// desk is the work of one request on one policy: the policy as it is saved, the form as it is filled in, and the words for both.
type desk struct {
	*site
	v     *visit
	saved escalation.Policy // without an id while it is new
	form  url.Values
	words policyWords
}

// deskFor puts a policy on the desk; form is nil for the policy as it is saved.
func (s *site) deskFor(v *visit, p escalation.Policy, form url.Values) (*desk, error) {
	words, err := s.policyWords(v)
	d := &desk{site: s, v: v, saved: p, form: form, words: words}
	if form == nil {
		d.form = policyValues(p)
	} else {
		words.settle(form)
	}
	return d, err
}

// document is the form as a policy document, with the stored values of the headers that were left alone.
func (d *desk) document() []byte {
	return policyDocument(d.form, d.saved, d.storedHeaders)
}

// storedHeaders are those of one action of one version of this policy: "version.step.action". Whoever looks for what is not there finds none.
func (d *desk) storedHeaders(stored string) map[string]string {
	at := strings.Split(stored, ".")
	if len(at) != 3 || d.saved.ID == 0 {
		return nil
	}
	version, step, action := position(at[0]), position(at[1]), position(at[2])
	steps := d.saved.Steps
	if version != d.saved.Version {
		before, err := d.Escalations.Version(d.v.ctx, d.v.actor, d.saved.ID, version)
		if err != nil {
			return nil
		}
		steps = before.Definition.Steps
	}
	if step < 0 || step >= len(steps) || action < 0 || action >= len(steps[step].Actions) {
		return nil
	}
	return steps[step].Actions[action].Headers
}

// editor is the page of the form.
func (d *desk) editor() (view.Policy, error) {
	p := d.saved
	m := view.Policy{
		Heading: "New policy", Action: "/policies", IsFallback: p.IsFallback, ID: p.ID, Version: p.Version,
		In: view.Inputs{Values: d.form, Chips: map[string][]view.Chip{}},
	}
	if p.ID != 0 {
		m.Heading, m.Action = p.Name, policyPath(p.ID)
		if !p.IsFallback {
			m.More = []view.Section{deletePolicyPanel(p)}
		}
	}
	m.Shell = d.v.shell(m.Heading, "/policies")
	d.draw(&m)
	if err := d.choices(&m.Choices); err != nil {
		return m, err
	}
	m.Try = d.try(m.Choices)
	return m, nil
}

func policyPath(id int64) string { return "/policies/" + idText(id) }

func deletePolicyPanel(p escalation.Policy) view.Section {
	return view.Section{Title: "Delete", Text: "Its events and versions stay, and what it works on now goes on.", Button: &view.Button{
		Action: policyPath(p.ID) + "/delete", Word: "Delete policy", Icon: "trash-2", Tone: "danger", Ask: "Delete the policy " + p.Name + "?",
	}}
}

// draw fills in what depends on the shape of the form.
func (d *desk) draw(m *view.Policy) {
	d.conditionChips(m.In, "conditions.")
	for i, step := range parts(d.form, "steps.", maxTypedSteps) {
		one := view.Step{Number: i + 1, At: "steps." + strconv.Itoa(i) + "."}
		d.conditionChips(m.In, one.At+"condition.")
		for j, action := range parts(step, "actions.", maxTypedActions) {
			one.Actions = append(one.Actions, d.action(m.In, one, j, action))
		}
		m.Steps = append(m.Steps, one)
	}
	m.Plan = d.plan()
}

func (d *desk) action(in view.Inputs, step view.Step, j int, values url.Values) view.Action {
	a := view.Action{
		Step: step.Number - 1, Number: j + 1, At: step.At + "actions." + strconv.Itoa(j) + ".", Type: values.Get("type"),
		Headers: len(parts(values, "headers.", maxTypedHeaders)),
	}
	for _, name := range []string{"target", "recipients", "target_roles"} {
		for _, target := range values[name] {
			if target != "" {
				in.Chips[a.At+"whom"] = append(in.Chips[a.At+"whom"], view.Chip{Name: a.At + name, Value: target, Word: d.words.target(target)})
			}
		}
	}
	shown := escalation.ActionFields(a.Type)
	for name := range values {
		field, _, _ := strings.Cut(name, ".")
		if !slices.Contains(shown, field) && !slices.Contains(alwaysShown, field) {
			a.Aside = append(a.Aside, name)
		}
	}
	slices.Sort(a.Aside)
	return a
}

// alwaysShown are what the page draws of every action, whatever it does.
var alwaysShown = []string{"type", "was", "stored", "more"}

// plan is the form in sentences; what could not be read of it is left out of them.
func (d *desk) plan() []view.PlanStep {
	plan := d.words.plan(definitionOf(d.document()).Steps)
	for i, step := range parts(d.form, "steps.", maxTypedSteps) {
		if _, isNumber := numberOrText(step.Get("delay_minutes")).(float64); !isNumber && i < len(plan) {
			plan[i].After = step.Get("delay_minutes")
		}
	}
	return plan
}

func (d *desk) conditionChips(in view.Inputs, at string) {
	chip := func(name, value, word string) {
		in.Chips[at+name] = append(in.Chips[at+name], view.Chip{Name: at + name, Value: value, Word: word})
	}
	for _, name := range []string{"service", "source"} {
		for _, value := range d.form[at+name] {
			chip(name, value, value)
		}
	}
	for _, text := range d.form[at+"team_id"] {
		id, _ := number(text)
		chip("team_id", text, d.words.teamWords([]int64{id})[0])
	}
	for _, pair := range d.form[at+"labels"] {
		one, err := url.ParseQuery(pair)
		if err != nil {
			continue
		}
		for name, values := range one {
			chip("labels", pair, name+" = "+strings.Join(values, ", "))
		}
	}
}

// choices are what the selects and lists of the editor offer.
func (d *desk) choices(c *view.PolicyChoices) (err error) {
	c.Types, c.Statuses, c.Severities, c.Policies = actionTypes, actionStatuses, severityOptions(), d.words.policies
	c.Policies = slices.DeleteFunc(slices.Clone(c.Policies), func(o view.Option) bool { return o.Value == idText(d.saved.ID) })
	for _, channel := range d.words.channels {
		c.Channels = append(c.Channels, view.Option{Value: channel, Word: view.Humanize(channel)})
	}
	for _, g := range d.words.groups {
		for _, o := range g.Options {
			c.Targets = append(c.Targets, o.Word)
		}
	}
	for _, o := range d.kindOptions() {
		c.Sources = append(c.Sources, o.Value)
	}
	services, err := d.serviceNames(d.v)
	if err != nil {
		return err
	}
	for _, o := range services {
		c.Services = append(c.Services, o.Value)
	}
	if c.Teams, err = d.teamOptions(d.v); err != nil {
		return err
	}
	c.Owners, err = d.managedTeams(d.v, teamNow(d.saved.ID, d.saved.TeamID), "All teams")
	_, c.Zone = d.v.wallClock()
	return err
}

// mayEdit reports whether the viewer may change the policy.
func mayEdit(v *visit, p escalation.Policy) bool {
	if p.ID == 0 {
		return managesObjects(v.actor)
	}
	return v.actor.CanIn(account.ManageTeamObjects, p.TeamID)
}

// hasForm reports whether the policy is shown as a form: one that cannot be read has nothing to fill in.
func hasForm(v *visit, p escalation.Policy) bool { return mayEdit(v, p) && !p.Unreadable }
