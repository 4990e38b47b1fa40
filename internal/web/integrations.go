package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeIntegrations() {
	s.routes.HandleFunc("GET /integrations", s.person(s.integrations))
	s.routes.HandleFunc("GET /integrations/new", s.person(s.newIntegration))
	s.routes.HandleFunc("POST /integrations", s.person(s.createIntegration))
	s.routes.HandleFunc("GET /integrations/{id}", s.person(s.integration))
	s.routes.HandleFunc("POST /integrations/{id}", s.person(s.updateIntegration))
	s.routes.HandleFunc("POST /integrations/{id}/rotate", s.person(s.rotateIntegration))
	s.routes.HandleFunc("POST /integrations/{id}/delete", s.person(s.deleteIntegration))
	s.routes.HandleFunc("POST /integrations/{id}/test", s.person(s.testIntegration))
}

func (s *site) integrations(v *visit) error {
	all, err := s.Intake.List(v.ctx, v.actor)
	if err != nil {
		return err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Integrations", "/integrations"), Heading: "Integrations",
		Lede:    "An integration is one sender's way in: an address with a key, and what is assumed when a message does not say it.",
		Columns: []string{"Name", "Team", "Last message", "State"}, EmptyIcon: "plug", EmptyTitle: "No integration yet",
		EmptyText: "Make one for each tool that sends alerts. It gets an address of its own, which anything that speaks HTTP can post to:",
		Example:   exampleAlert(s.PublicURL),
	}
	switch {
	case v.actor.Can(account.ManageAllObjects):
		p.NewURL, p.NewWord = "/integrations/new", "New integration"
	case managesObjects(v.actor):
		p.NewURL, p.NewWord = "/integrations/new", "New integration"
		p.EmptyTitle = "No integration of your teams yet"
	default:
		p.EmptyTitle, p.Example = "None that you may see", ""
		p.EmptyText = "You see the integrations of your own teams, and they have none. Team leads make them for their teams, managers for all."
	}
	for _, in := range all {
		state := integrationState(in)
		last := view.Cell{Text: "Never", Tight: true}
		if in.LastEventAt != nil {
			last = view.Cell{At: in.LastEventAt, Tight: true}
		}
		p.Rows = append(p.Rows, []view.Cell{
			{Text: in.Name, URL: "/integrations/" + idText(in.ID), Sub: view.Humanize(in.Kind)},
			{Text: nameOf(teams, in.TeamID)},
			last,
			{Look: &state, Tight: true},
		})
	}
	return v.show(view.ObjectsPage(p))
}

func integrationState(in intake.Integration) view.Look {
	switch {
	case !in.IsActive:
		return view.Look{Icon: "ban", Word: "Inactive", Tone: "plain"}
	case in.Error != "":
		return view.Look{Icon: "circle-x", Word: "Unreadable", Tone: "failed"}
	case in.LastEventAt == nil:
		return view.Look{Icon: "hourglass", Word: "Waiting", Tone: "pending"}
	}
	return view.Look{Icon: "check", Word: "Active", Tone: "good"}
}

func (s *site) newIntegration(v *visit) error {
	if !managesObjects(v.actor) {
		return account.Forbid("create integrations")
	}
	form, err := s.integrationForm(v, intake.Integration{})
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(newIntegrationPage(v, form)))
}

func newIntegrationPage(v *visit, form view.Form) view.FormPage {
	return view.FormPage{
		Shell: v.shell("New integration", "/integrations"), BackURL: "/integrations", BackWord: "Integrations", Heading: "New integration",
		Lede: "The key is made when you save, and shown once.", Form: &form,
	}
}

// createIntegration answers with the page itself instead of sending the browser on: the key is shown this once and stands in no address.
func (s *site) createIntegration(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if !managesObjects(v.actor) {
		return account.Forbid("create integrations")
	}
	severities, err := typedSeverities(typed)
	var made intake.Integration
	var key string
	if err == nil {
		made, key, err = s.Intake.Create(v.ctx, v.actor, intake.NewIntegration{
			Name: typed.Get("name"), Kind: typed.Get("kind"), TeamID: someID(typed.Get("team_id")), Service: typed.Get("service"),
			Severity: typed.Get("severity"), Severities: severities, ReopenMinutes: typedMinutes(typed, "reopen_minutes"),
		})
	}
	if err == nil {
		return s.showIntegration(v, made, key)
	}
	if !mended(err) {
		return err
	}
	form, formErr := s.integrationForm(v, intake.Integration{})
	if formErr != nil {
		return formErr
	}
	return v.again(view.ObjectPage(newIntegrationPage(v, refillIntegration(form, typed, err))))
}

func (s *site) integration(v *visit) error {
	in, err := s.theIntegration(v)
	if err != nil {
		return err
	}
	return s.showIntegration(v, in, "")
}

// theIntegration is the one in the address.
func (s *site) theIntegration(v *visit) (intake.Integration, error) {
	id, err := v.id("Integration")
	if err != nil {
		return intake.Integration{}, err
	}
	return s.Intake.Get(v.ctx, v.actor, id)
}

func (s *site) showIntegration(v *visit, in intake.Integration, key string) error {
	p, err := s.integrationModel(v, in, key)
	if err != nil {
		return err
	}
	return v.show(view.IntegrationPage(p))
}

func (s *site) updateIntegration(v *visit) error {
	in, err := s.theIntegration(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	severities, err := typedSeverities(typed)
	if err == nil {
		name, service, severity, active := typed.Get("name"), typed.Get("service"), typed.Get("severity"), typed.Get("is_active") != ""
		_, err = s.Intake.Update(v.ctx, v.actor, in.ID, intake.IntegrationPatch{
			Name: &name, Service: &service, Severity: &severity, Severities: &severities, IsActive: &active,
			TeamID: patchID(typed, "team_id"), ReopenMinutes: typedMinutes(typed, "reopen_minutes"),
		})
	}
	if err == nil {
		return v.go303("/integrations/"+idText(in.ID), "saved")
	}
	if !mended(err) {
		return err
	}
	p, pageErr := s.integrationModel(v, in, "")
	if pageErr != nil {
		return pageErr
	}
	if p.Form == nil {
		return err
	}
	form := refillIntegration(*p.Form, typed, err)
	p.Form = &form
	return v.again(view.IntegrationPage(p))
}

// rotateIntegration makes a new key in place of the one that the form was drawn with: a form that is sent again, by a reload of
// the page that shows the key, must not end the key that senders still use.
func (s *site) rotateIntegration(v *visit) error {
	in, err := s.theIntegration(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	if !v.actor.CanIn(account.ManageTeamObjects, in.TeamID) {
		return account.Forbid("make a new key for this integration")
	}
	if typed.Get("prefix") != in.KeyPrefix {
		return v.go303("/integrations/"+idText(in.ID), "key_made")
	}
	rotated, key, err := s.Intake.Rotate(v.ctx, v.actor, in.ID)
	if err != nil {
		return err
	}
	return s.showIntegration(v, rotated, key)
}

func (s *site) deleteIntegration(v *visit) error {
	id, err := v.id("Integration")
	if err != nil {
		return err
	}
	if err := s.Intake.Delete(v.ctx, v.actor, id); err != nil {
		return err
	}
	return v.go303("/integrations", "deleted")
}

// testIntegration leads to the incident that the test alert made, so that one sees it arrive.
func (s *site) testIntegration(v *visit) error {
	id, err := v.id("Integration")
	if err != nil {
		return err
	}
	result, err := s.Intake.SendTest(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	for _, receipt := range result.Outcomes {
		if receipt.IncidentID != 0 {
			return v.go303("/incidents/"+idText(receipt.IncidentID), "test_alert")
		}
	}
	return v.go303("/integrations/"+idText(id), "test_alert")
}

// refillIntegration puts messages about the sender's words, which name each word, beside their one input.
func refillIntegration(f view.Form, typed url.Values, err error) view.Form {
	byField, rest := faults(err)
	return f.Typed(typed).Marked(gathered(byField, "severities"), rest)
}

// typedSeverities reads lines of "P1 = critical". Fault: Invalid for a line that is none.
func typedSeverities(typed url.Values) (map[string]string, error) {
	words, odd := pairLines(typed.Get("severities"))
	var bad fault.Checks
	if odd != "" {
		bad.Add("body.severities", "write one word a line as P1 = critical, not %q", odd)
	}
	return words, bad.Err()
}
