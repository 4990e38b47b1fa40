package web

import (
	"net/url"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routePolicies() {
	s.routes.HandleFunc("GET /policies", s.person(s.policies))
	s.routes.HandleFunc("GET /policies/new", s.person(s.newPolicy))
	s.routes.HandleFunc("POST /policies", s.person(s.createPolicy))
	s.routes.HandleFunc("POST /policies/shape", s.person(s.shapePolicy))
	s.routes.HandleFunc("GET /policies/{id}", s.person(s.policy))
	s.routes.HandleFunc("POST /policies/{id}", s.person(s.updatePolicy))
	s.routes.HandleFunc("POST /policies/{id}/delete", s.person(s.deletePolicy))
}

// readsPolicies reports whether the actor may look at policies; a plain user may not.
func readsPolicies(a account.Actor) bool { return a.Can(account.SeeAllIncidents) || managesObjects(a) }

// policyOptions are the policies for a select, also the inactive ones: a form must not lose what is chosen.
func (s *site) policyOptions(v *visit) ([]view.Option, error) {
	if !readsPolicies(v.actor) {
		return nil, nil
	}
	policies, err := s.Escalations.ListPolicies(v.ctx, v.actor)
	var options []view.Option
	for _, p := range policies {
		word := p.Name
		if !p.IsActive {
			word += " (inactive)"
		}
		options = append(options, view.Option{Value: idText(p.ID), Word: word})
	}
	return byWord(options), err
}

func (s *site) policies(v *visit) error {
	all, err := s.Escalations.ListPolicies(v.ctx, v.actor)
	if err != nil {
		return err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return err
	}
	words, err := s.policyWords(v)
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Policies", "/policies"), Heading: "Policies",
		Lede: "A policy says who is paged, in which order and after which delays. All that match an incident work on it; the fallback " +
			"policy does when none of them pages anybody.",
		Columns: []string{"Name", "For", "Steps", "State"}, EmptyIcon: "route", EmptyTitle: "No policy yet",
		EmptyText: "Without a policy nobody but the fallback contacts is paged.",
	}
	if managesObjects(v.actor) {
		p.NewURL, p.NewWord = "/policies/new", "New policy"
	}
	for _, one := range all {
		state := policyState(one)
		p.Rows = append(p.Rows, []view.Cell{
			{Text: one.Name, URL: "/policies/" + idText(one.ID), Sub: one.Description},
			{Text: conditionWords(one, teams)},
			{Text: view.Count(len(one.Steps), "step", "steps"), Sub: words.first(one.Steps)},
			{Look: &state, Tight: true},
		})
	}
	return v.show(view.ObjectsPage(p))
}

func policyState(p escalation.Policy) view.Look {
	switch {
	case !p.IsActive:
		return view.Look{Icon: "ban", Word: "Inactive", Tone: "plain"}
	case p.IsFallback:
		return view.Look{Icon: "siren", Word: "Fallback", Tone: "medium"}
	}
	return view.Look{Icon: "check", Word: "Active", Tone: "good"}
}

func (s *site) newPolicy(v *visit) error {
	if !managesObjects(v.actor) {
		return account.Forbid("create escalation policies")
	}
	p, err := s.policyModel(v, escalation.Policy{IsActive: true, Definition: escalation.Definition{Steps: firstSteps}})
	if err != nil {
		return err
	}
	return v.show(view.PolicyPage(p))
}

// firstSteps are what the editor begins with.
var firstSteps = []escalation.Step{{Actions: []escalation.Action{{Type: escalation.ActionNotify, Target: string(account.RoleOncallEngineer)}}}}

func (s *site) createPolicy(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if !managesObjects(v.actor) {
		return account.Forbid("create escalation policies")
	}
	draft := escalation.Policy{IsActive: true}
	if typed.Get("op") != "" {
		return s.reshapedPolicy(v, draft, typed)
	}
	teams, err := s.teamOptions(v)
	if err != nil {
		return err
	}
	saved, err := s.Escalations.CreatePolicy(v.ctx, v.actor, policyDocument(typed, draft, teams))
	if err == nil {
		return v.go303("/policies/"+idText(saved.ID), "created")
	}
	return s.policyAgain(v, draft, typed, err)
}

func (s *site) policy(v *visit) error {
	p, err := s.thePolicy(v)
	if err != nil {
		return err
	}
	model, err := s.policyModel(v, p)
	if err != nil {
		return err
	}
	return v.show(view.PolicyPage(model))
}

// thePolicy is the one in the address.
func (s *site) thePolicy(v *visit) (escalation.Policy, error) {
	id, err := v.id("Escalation policy")
	if err != nil {
		return escalation.Policy{}, err
	}
	return s.Escalations.GetPolicy(v.ctx, v.actor, id)
}

func (s *site) updatePolicy(v *visit) error {
	p, err := s.thePolicy(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	if err := mayIn(v.actor, account.ManageTeamObjects, p.TeamID, "change this escalation policy"); err != nil {
		return err
	}
	if typed.Get("op") != "" {
		return s.reshapedPolicy(v, p, typed)
	}
	teams, err := s.teamOptions(v)
	if err != nil {
		return err
	}
	if _, err = s.Escalations.UpdatePolicy(v.ctx, v.actor, p.ID, policyDocument(typed, p, teams)); err == nil {
		return v.go303("/policies/"+idText(p.ID), "saved")
	}
	return s.policyAgain(v, p, typed, err)
}

// policyAgain draws the editor again with what was typed and what was wrong with it.
func (s *site) policyAgain(v *visit, p escalation.Policy, typed url.Values, err error) error {
	if !mended(err) {
		return err
	}
	model, modelErr := s.typedPolicy(v, p, typed)
	if modelErr != nil {
		return modelErr
	}
	return v.again(view.PolicyPage(markPolicy(model, typed, err)))
}

// reshapedPolicy draws the editor with a step or an action more, less or elsewhere. Nothing is saved.
func (s *site) reshapedPolicy(v *visit, p escalation.Policy, typed url.Values) error {
	model, err := s.typedPolicy(v, p, typed)
	if err != nil {
		return err
	}
	return v.show(view.PolicyPage(model))
}

// shapePolicy answers a script with the steps alone.
func (s *site) shapePolicy(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if !managesObjects(v.actor) {
		return account.Forbid("change escalation policies")
	}
	model, err := s.typedPolicy(v, escalation.Policy{}, typed)
	if err != nil {
		return err
	}
	return v.show(view.PolicySteps(model))
}

func (s *site) deletePolicy(v *visit) error {
	id, err := v.id("Escalation policy")
	if err != nil {
		return err
	}
	if err := s.Escalations.DeletePolicy(v.ctx, v.actor, id); err != nil {
		return err
	}
	return v.go303("/policies", "deleted")
}

// policyVersions are what the policy has been, newest first.
func (s *site) policyVersions(v *visit, p escalation.Policy, words policyWords) ([]view.Version, error) {
	versions, err := s.Escalations.PolicyVersions(v.ctx, v.actor, p.ID)
	if err != nil {
		return nil, err
	}
	var by []*int64
	for _, one := range versions {
		by = append(by, one.CreatedBy)
	}
	name, err := s.people(v, by...)
	if err != nil {
		return nil, err
	}
	list := make([]view.Version, len(versions))
	for i, one := range versions {
		list[i] = view.Version{Number: one.Version, At: one.CreatedAt, Words: words.whole(one.Definition.Steps)}
		if person := name(one.CreatedBy); person != nil {
			list[i].By = person.Name
		}
		if one.Name != p.Name {
			list[i].Words = strings.TrimSpace("as " + one.Name + ". " + list[i].Words)
		}
	}
	return list, nil
}
