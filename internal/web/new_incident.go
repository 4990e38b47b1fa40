package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeNewIncident() {
	s.routes.HandleFunc("GET /incidents/new", s.person(s.newIncident))
	s.routes.HandleFunc("GET /incidents/preview", s.person(s.previewIncident))
	s.routes.HandleFunc("POST /incidents", s.person(s.createIncident))
}

func (s *site) newIncidentForm(v *visit) (view.Form, error) {
	services, err := s.serviceNames(v)
	if err != nil {
		return view.Form{}, err
	}
	teams, err := s.teamOptions(v)
	return view.Form{
		ID: "new", Action: "/incidents", Submit: "Open incident", Primary: true, Cancel: "/incidents", Rows: [][]view.Field{
			{{Name: "title", Label: "Title", Kind: "text", Required: true, Autofocus: true, MaxLength: 255, Placeholder: "What is wrong"}},
			{
				{Name: "severity", Label: "Severity", Kind: "select", Value: "high", Options: severityOptions(), Hint: "Critical and high wake people."},
				{Name: "service", Label: "Service", Kind: "select", Options: append([]view.Option{{Word: "None"}}, services...)},
				{Name: "team_id", Label: "Team", Kind: "select", Options: append([]view.Option{{Word: "The service's"}}, teams...)},
			},
			{{Name: "description", Label: "Description", Kind: "area", Placeholder: "What you see, since when, what you tried"}},
		},
	}, err
}

func (s *site) newIncidentPage(v *visit, form view.Form) view.NewIncident {
	return view.NewIncident{Shell: v.shell("New incident", "/incidents"), Form: form, Previews: readsPolicies(v.actor)}
}

func (s *site) newIncident(v *visit) error {
	if !v.actor.Can(account.ReportIncident) {
		return account.Forbid("report incidents")
	}
	form, err := s.newIncidentForm(v)
	if err != nil {
		return err
	}
	p := s.newIncidentPage(v, form.Typed(v.r.URL.Query()))
	if p.Previews && v.query("preview") != "" {
		f, err := s.previewOf(v, v.r.URL.Query())
		if err != nil {
			return err
		}
		p.Forecast = &f
	}
	return v.show(view.NewIncidentPage(p))
}

func (s *site) createIncident(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	created, err := s.Incidents.Create(v.ctx, v.actor, reported(typed))
	if err == nil {
		return v.go303("/incidents/"+idText(created.ID), "created")
	}
	if !mended(err) {
		return err
	}
	form, formErr := s.newIncidentForm(v)
	if formErr != nil {
		return formErr
	}
	return v.again(view.NewIncidentPage(s.newIncidentPage(v, refill(form, typed, err))))
}

func reported(typed url.Values) incident.NewIncident {
	n := incident.NewIncident{
		Title: typed.Get("title"), Description: typed.Get("description"), Severity: incident.Severity(typed.Get("severity")),
		Service: typed.Get("service"),
	}
	n.TeamID = optionalID(typed.Get("team_id"))
	return n
}

// optionalID reads a select whose empty choice is none. What is no number names nothing that exists, and the service says so.
func optionalID(text string) *int64 {
	if text == "" {
		return nil
	}
	id, ok := number(text)
	if !ok {
		id = -1
	}
	return &id
}
