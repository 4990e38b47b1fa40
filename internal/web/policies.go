package web

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routePolicies() {
	s.routes.HandleFunc("GET /policies", s.person(s.policies))
	s.routes.HandleFunc("GET /policies/new", s.person(s.newPolicy))
	s.routes.HandleFunc("POST /policies", s.person(s.createPolicy))
	s.routes.HandleFunc("POST /policies/shape", s.person(s.shapePolicy))
	s.routes.HandleFunc("POST /policies/try", s.person(s.tryPolicy))
	s.routes.HandleFunc("GET /policies/{id}", s.person(s.policy))
	s.routes.HandleFunc("GET /policies/{id}/versions", s.person(s.policyVersions))
	s.routes.HandleFunc("GET /policies/{id}/versions/{version}", s.person(s.policyVersion))
	s.routes.HandleFunc("POST /policies/{id}/versions/{version}/restore", s.person(s.restorePolicy))
	s.routes.HandleFunc("GET /policies/{id}/diff", s.person(s.policyDiff))
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
			{Text: words.policyConditions(one)},
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
	if err := mayCreatePolicies(v); err != nil {
		return err
	}
	d, err := s.deskFor(v, escalation.Policy{IsActive: true, Definition: escalation.Definition{Steps: firstSteps}}, nil)
	if err != nil {
		return err
	}
	return d.show(func(m *view.Policy) error {
		m.In.Focus = "name"
		return nil
	})
}

// mayCreatePolicies refuses who has no team whose policies they may write.
func mayCreatePolicies(v *visit) error {
	if !managesObjects(v.actor) {
		return account.Forbid("create escalation policies")
	}
	return nil
}

// firstSteps are what the editor begins with.
var firstSteps = []escalation.Step{{Actions: []escalation.Action{{Type: escalation.ActionNotify, Target: string(account.RoleOncallEngineer)}}}}

func (s *site) createPolicy(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := mayCreatePolicies(v); err != nil {
		return err
	}
	d, err := s.deskFor(v, escalation.Policy{IsActive: true}, form)
	if err != nil || d.form.Get("op") != "" {
		return d.press(err)
	}
	saved, err := s.Escalations.CreatePolicy(v.ctx, v.actor, d.document())
	if err == nil {
		return v.go303(policyPath(saved.ID), "created")
	}
	return d.again(err)
}

// policy shows the editor, or the policy to read for who may not change it.
func (s *site) policy(v *visit) error {
	d, err := s.theDesk(v)
	if err != nil {
		return err
	}
	if !hasForm(v, d.saved) {
		return d.showSheet("")
	}
	// What saving it as it is would warn of.
	review, err := s.Escalations.Validate(v.ctx, v.actor, &d.saved.ID, []byte("{}"))
	if err != nil {
		return err
	}
	return d.show(func(m *view.Policy) error {
		m.Warnings = warningsOf(review)
		return nil
	})
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
	form, err := v.form()
	if err != nil {
		return err
	}
	if op := form.Get("op"); !hasForm(v, p) && (op == opTry || op == opCompare) {
		d, err := s.readerDesk(v, p, form)
		if err != nil {
			return err
		}
		return d.showSheet(op)
	}
	if err := mayIn(v.actor, account.ManageTeamObjects, p.TeamID, "change this escalation policy"); err != nil {
		return err
	}
	d, err := s.deskFor(v, p, form)
	if err != nil || (d.form.Get("op") != "" && !p.Unreadable) {
		return d.press(err)
	}
	_, err = s.Escalations.UpdatePolicy(v.ctx, v.actor, p.ID, seenVersion(form), d.document())
	switch {
	case err == nil:
		return v.go303(policyPath(p.ID), "saved")
	case fault.Is(err, fault.Stale):
		return d.overtaken(form.Get("version"))
	}
	return d.again(err)
}

// shapePolicy answers a script with the form alone.
func (s *site) shapePolicy(v *visit) error {
	d, err := s.postedDesk(v)
	if err != nil {
		return err
	}
	if !hasForm(v, d.saved) {
		return account.Forbid("change escalation policies")
	}
	op := d.form.Get("op")
	focus := reshape(d.form, op)
	m, err := d.editor()
	if err != nil {
		return err
	}
	if m.In.Focus = focus; op == opCheck {
		if err := d.check(&m); err != nil {
			return err
		}
	}
	return v.show(view.PolicyShaped(m))
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
