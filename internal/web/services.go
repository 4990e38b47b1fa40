package web

import (
	"net/url"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeServices() {
	s.routes.HandleFunc("GET /services", s.person(s.services))
	s.routes.HandleFunc("GET /services/new", s.person(s.newService))
	s.routes.HandleFunc("POST /services", s.person(s.createService))
	s.routes.HandleFunc("GET /services/{id}", s.person(s.service))
	s.routes.HandleFunc("POST /services/{id}", s.person(s.updateService))
	s.routes.HandleFunc("POST /services/{id}/delete", s.person(s.deleteService))
}

func (s *site) services(v *visit) error {
	query := v.query("q")
	page, err := s.Catalog.List(v.ctx, v.actor, catalog.Filter{Query: query, Limit: pageSize, Cursor: v.query("cursor")})
	if err != nil {
		return err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Services", "/services"), Heading: "Services",
		Lede:   "A service says which team owns what fails. Senders name it; its aliases are the other names they use.",
		Search: &view.Select{Name: "q", Label: "Search services", Value: query}, Columns: []string{"Name", "Team", "Changed"},
		EmptyIcon: "boxes", EmptyTitle: "No service yet", EmptyText: "Without services an incident belongs to the team that its integration or its reporter names.",
	}
	if managesObjects(v.actor) {
		p.NewURL, p.NewWord = "/services/new", "New service"
	}
	for _, service := range page.Services {
		name := view.Cell{Text: service.Name, URL: "/services/" + idText(service.ID)}
		if len(service.Aliases) > 0 {
			name.Sub = "also " + strings.Join(service.Aliases, ", ")
		}
		p.Rows = append(p.Rows, []view.Cell{name, {Text: nameOf(teams, service.TeamID)}, {At: &service.UpdatedAt, Tight: true}})
	}
	p.Pager = olderPager("/services", page.Next, url.Values{"q": {query}})
	return v.show(view.ObjectsPage(p))
}

// nameOf is a name by an optional id, "" for none.
func nameOf(names map[int64]string, id *int64) string {
	if id == nil {
		return ""
	}
	return names[*id]
}

// olderPager leads to the next page of a list, keeping what narrows it.
func olderPager(path, next string, keep url.Values) view.Pager {
	if next == "" {
		return view.Pager{}
	}
	q := url.Values{"cursor": {next}}
	for name, values := range keep {
		if len(values) > 0 && values[0] != "" {
			q[name] = values
		}
	}
	return view.Pager{Older: path + "?" + q.Encode()}
}

func (s *site) serviceForm(v *visit, service catalog.Service) (view.Form, error) {
	teams, err := s.managedTeams(v, teamNow(service.ID, service.TeamID), "No team")
	if err != nil {
		return view.Form{}, err
	}
	policies, err := s.policyOptions(v)
	f := view.Form{
		ID: "service", Action: "/services", Submit: "Create service", Primary: true, Cancel: "/services", Rows: [][]view.Field{
			{
				{Name: "name", Label: "Name", Kind: "text", Value: service.Name, Required: true, MaxLength: 255},
				{Name: "aliases", Label: "Aliases", Kind: "text", Value: strings.Join(service.Aliases, ", "), Hint: "Other names that senders use, separated by commas."},
			},
			{
				{Name: "team_id", Label: "Team", Kind: "select", Value: optionalText(service.TeamID), Options: teams},
				{
					Name: "policy_id", Label: "Policy", Kind: "select", Value: optionalText(service.PolicyID),
					Options: append([]view.Option{{Value: "0", Word: "As the policies match"}}, policies...), Hint: "Comes before all that match.",
				},
			},
			{{Name: "runbook_url", Label: "Runbook", Kind: "url", Value: service.RunbookURL, Placeholder: "https://"}},
			{{Name: "description", Label: "Description", Kind: "area", Value: service.Description}},
		},
	}
	if service.ID != 0 {
		f.Action, f.Submit = "/services/"+idText(service.ID), "Save"
	}
	return f, err
}

// optionalText is the value of a select's choice for an optional id; "0" is none.
func optionalText(id *int64) string {
	if id == nil {
		return "0"
	}
	return idText(*id)
}

func (s *site) newService(v *visit) error {
	if !managesObjects(v.actor) {
		return account.Forbid("create services")
	}
	form, err := s.serviceForm(v, catalog.Service{})
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(s.servicePage(v, catalog.Service{}, form)))
}

func (s *site) servicePage(v *visit, service catalog.Service, form view.Form) view.FormPage {
	p := view.FormPage{BackURL: "/services", BackWord: "Services", Heading: "New service", Form: &form}
	if service.ID != 0 {
		p.Heading = service.Name
		p.Links = []view.Choice{{Word: "Its incidents", URL: "/incidents?" + url.Values{"service": {service.Name}}.Encode()}}
	}
	p.Shell = v.shell(p.Heading, "/services")
	return p
}

func (s *site) createService(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	created, err := s.Catalog.Create(v.ctx, v.actor, catalog.NewService{
		Name: typed.Get("name"), Aliases: commas(typed.Get("aliases")), Description: typed.Get("description"), RunbookURL: typed.Get("runbook_url"),
		TeamID: someID(typed.Get("team_id")), PolicyID: someID(typed.Get("policy_id")),
	})
	if err == nil {
		return v.go303("/services/"+idText(created.ID), "created")
	}
	return s.serviceAgain(v, catalog.Service{}, typed, err)
}

func (s *site) serviceAgain(v *visit, service catalog.Service, typed url.Values, err error) error {
	if !mended(err) {
		return err
	}
	form, formErr := s.serviceForm(v, service)
	if formErr != nil {
		return formErr
	}
	return v.again(view.ObjectPage(s.servicePage(v, service, refill(form, typed, err))))
}

func (s *site) service(v *visit) error {
	id, err := v.id("Service")
	if err != nil {
		return err
	}
	service, err := s.Catalog.Get(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	form, err := s.serviceForm(v, service)
	if err != nil {
		return err
	}
	p := s.servicePage(v, service, form)
	if !v.actor.CanIn(account.ManageTeamObjects, service.TeamID) {
		teams, err := s.teamNames(v)
		if err != nil {
			return err
		}
		p.Form = nil
		p.Facts = []view.Pair{
			{Name: "Team", Value: nameOf(teams, service.TeamID)},
			{Name: "Aliases", Value: strings.Join(service.Aliases, ", ")},
			{Name: "Runbook", Value: service.RunbookURL},
			{Name: "Description", Value: service.Description},
		}
		return v.show(view.ObjectPage(p))
	}
	p.More = []view.Section{{Title: "Delete", Text: "Its incidents keep its name.", Button: &view.Button{
		Action: "/services/" + idText(id) + "/delete", Word: "Delete service", Icon: "trash-2", Tone: "danger", Ask: "Delete the service " + service.Name + "?",
	}}}
	return v.show(view.ObjectPage(p))
}

func (s *site) updateService(v *visit) error {
	id, err := v.id("Service")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	name, aliases, about, runbook := typed.Get("name"), commas(typed.Get("aliases")), typed.Get("description"), typed.Get("runbook_url")
	_, err = s.Catalog.Update(v.ctx, v.actor, id, catalog.ServicePatch{
		Name: &name, Aliases: &aliases, Description: &about, RunbookURL: &runbook,
		TeamID: patchID(typed, "team_id"), PolicyID: patchID(typed, "policy_id"),
	})
	if err == nil {
		return v.go303("/services/"+idText(id), "saved")
	}
	service, getErr := s.Catalog.Get(v.ctx, v.actor, id)
	if getErr != nil {
		return getErr
	}
	return s.serviceAgain(v, service, typed, err)
}

func (s *site) deleteService(v *visit) error {
	id, err := v.id("Service")
	if err != nil {
		return err
	}
	if err := s.Catalog.Delete(v.ctx, v.actor, id); err != nil {
		return err
	}
	return v.go303("/services", "deleted")
}

// commas splits a list as people write it.
func commas(text string) []string {
	list := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// someID is optionalID for a select whose choice "0" is none too.
func someID(text string) *int64 {
	if text == "0" {
		return nil
	}
	return optionalID(text)
}

// patchID is the id that a form sets: nil when the form does not say, 0 to take it away.
func patchID(typed url.Values, name string) *int64 {
	text := typed.Get(name)
	if text == "" {
		return nil
	}
	id, ok := number(text)
	if !ok && text != "0" {
		id = -1
	}
	return &id
}
