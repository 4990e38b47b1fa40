package web

import (
	"net/url"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeIncidentEdit() {
	s.routes.HandleFunc("GET /incidents/{id}/edit", s.person(s.editIncident))
	s.routes.HandleFunc("POST /incidents/{id}/edit", s.person(s.saveIncident))
}

// editIncident has a page of its own, for the incident's page changes by itself and must not take a half-filled form away.
func (s *site) editIncident(v *visit) error {
	i, err := s.editable(v)
	if err != nil {
		return err
	}
	form, err := s.editForm(v, i)
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(editPage(v, i, form)))
}

// editable is the incident of the address, if the viewer may change it. Faults: NotFound, Forbidden.
func (s *site) editable(v *visit) (incident.Incident, error) {
	id, err := v.id("Incident")
	if err != nil {
		return incident.Incident{}, err
	}
	d, err := s.Incidents.Get(v.ctx, v.actor, id)
	if err == nil && !incident.CanAct(v.actor, d.Incident, isAmong(v.actor, d.Assignments)) {
		err = account.Forbid("change this incident")
	}
	return d.Incident, err
}

func editPage(v *visit, i incident.Incident, form view.Form) view.FormPage {
	p := view.FormPage{BackURL: "/incidents/" + idText(i.ID), BackWord: "#" + idText(i.ID), Heading: "Edit incident", Form: &form}
	p.Shell = v.shell("Edit #"+idText(i.ID), "/incidents")
	return p
}

func (s *site) editForm(v *visit, i incident.Incident) (view.Form, error) {
	services, err := s.serviceNames(v)
	if err != nil {
		return view.Form{}, err
	}
	services = withOption(services, i.Service)
	teams, err := s.teamOptions(v)
	labels := map[string][]string{}
	for name, value := range i.Labels {
		labels[name] = []string{value}
	}
	at := "/incidents/" + idText(i.ID)
	f := view.Form{ID: "edit", Action: at + "/edit", Submit: "Save", Primary: true, Cancel: at, Rows: [][]view.Field{
		{{Name: "title", Label: "Title", Kind: "text", Value: i.Title, Required: true, MaxLength: 255}},
		{
			{Name: "severity", Label: "Severity", Kind: "select", Value: string(i.Severity), Options: severityOptions(), Hint: "What you set yields only to a higher one."},
			{Name: "service", Label: "Service", Kind: "select", Value: i.Service, Options: append([]view.Option{{Word: "None"}}, services...)},
			{Name: "team_id", Label: "Team", Kind: "select", Value: optionalText(i.TeamID), Options: append([]view.Option{{Value: "0", Word: "None"}}, teams...)},
		},
		{{Name: "description", Label: "Description", Kind: "area", Value: i.Description}},
		{{Name: "labels", Label: "Labels", Kind: "area", Code: true, Value: labelLines(labels), Placeholder: "env=prod", Hint: "One a line."}},
	}}
	for _, row := range f.Rows {
		for _, field := range row {
			f.Hidden = append(f.Hidden, [2]string{"was." + field.Name, field.Value})
		}
	}
	return f, err
}

func (s *site) saveIncident(v *visit) error {
	i, err := s.editable(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	edit, err := edited(typed)
	if err == nil {
		_, err = s.Incidents.Edit(v.ctx, v.actor, i.ID, edit)
	}
	if err == nil {
		return v.go303("/incidents/"+idText(i.ID), "saved")
	}
	if !mended(err) {
		return err
	}
	form, formErr := s.editForm(v, i)
	if formErr != nil {
		return formErr
	}
	for n, hidden := range form.Hidden {
		form.Hidden[n][1] = typed.Get(hidden[0])
	}
	byField, rest := faults(err)
	return v.again(view.ObjectPage(editPage(v, i, form.Typed(typed).Marked(gathered(byField, "labels"), rest))))
}

// edited is what somebody changed in the form. What they left as it was stays as it is now: it may have changed since.
func edited(typed url.Values) (incident.Edit, error) {
	changed := func(name string) *string {
		text := typed.Get(name)
		if !typed.Has(name) || lines(text) == lines(typed.Get("was."+name)) {
			return nil
		}
		return &text
	}
	e := incident.Edit{Title: changed("title"), Description: changed("description"), Service: changed("service")}
	if severity := changed("severity"); severity != nil {
		e.Severity = (*incident.Severity)(severity)
	}
	if team := changed("team_id"); team != nil {
		id := someID(*team)
		e.TeamID = &id
	}
	if text := changed("labels"); text != nil {
		labels, odd := pairLines(*text)
		if odd != "" {
			var bad fault.Checks
			bad.Add("body.labels", "write one label a line as env=prod, not %q", odd)
			return e, bad.Err()
		}
		e.Labels = &labels
	}
	return e, nil
}

// lines is a text with the line ends of this server: a browser posts its own.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
