package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeTeams() {
	s.routes.HandleFunc("GET /teams", s.person(s.teams))
	s.routes.HandleFunc("GET /teams/new", s.person(s.newTeam))
	s.routes.HandleFunc("POST /teams", s.person(s.createTeam))
	s.routes.HandleFunc("GET /teams/{id}", s.person(s.team))
	s.routes.HandleFunc("POST /teams/{id}", s.person(s.updateTeam))
	s.routes.HandleFunc("POST /teams/{id}/delete", s.person(s.deleteTeam))
	s.routes.HandleFunc("POST /teams/{id}/members", s.person(s.putMember))
	s.routes.HandleFunc("POST /teams/{id}/members/{user}/remove", s.person(s.removeMember))
}

func (s *site) teams(v *visit) error {
	query := v.query("q")
	teams, _, err := s.Accounts.ListTeams(v.ctx, v.actor, account.TeamFilter{Query: query, Limit: maxOptions})
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Teams", "/teams"), Heading: "Teams", Lede: "A team owns services and is paged together; in each team a person may have another role.",
		Search: &view.Select{Name: "q", Label: "Search teams", Value: query}, Columns: []string{"Name", "Members", "State"},
		EmptyIcon: "users", EmptyTitle: "No team yet", EmptyText: "Teams are who gets paged. Make one, then add its on-call engineers and its lead.",
	}
	if v.actor.Can(account.ManageAllObjects) {
		p.NewURL, p.NewWord = "/teams/new", "New team"
	}
	for _, t := range teams {
		state := view.Look{Icon: "check", Word: "Active", Tone: "good"}
		if !t.IsActive {
			state = view.Look{Icon: "ban", Word: "Inactive", Tone: "plain"}
		}
		name := view.Cell{Text: t.Name, Sub: t.Description}
		if v.actor.CanIn(account.SeeTeamIncidents, &t.ID) {
			name.URL = "/teams/" + idText(t.ID)
		}
		p.Rows = append(p.Rows, []view.Cell{
			name, {Text: view.Count(t.UserCount, "person", "people")}, {Look: &state, Tight: true},
		})
	}
	return v.show(view.ObjectsPage(p))
}

func (s *site) teamForm(v *visit, t account.Team) (view.Form, error) {
	policies, err := s.policyOptions(v)
	f := view.Form{
		ID: "team", Action: "/teams", Submit: "Create team", Primary: true, Cancel: "/teams", Rows: [][]view.Field{
			{{Name: "name", Label: "Name", Kind: "text", Value: t.Name, Required: true, MaxLength: 255}},
			{{Name: "description", Label: "Description", Kind: "area", Value: t.Description}},
		},
	}
	if t.ID != 0 {
		f.Action, f.Submit = "/teams/"+idText(t.ID), "Save"
		f.Rows = append(f.Rows, []view.Field{
			{
				Name: "default_policy_id", Label: "Default policy", Kind: "select", Value: optionalText(t.DefaultPolicyID),
				Options: append([]view.Option{{Value: "0", Word: "The organisation's fallback"}}, policies...), Hint: "When no other policy pages anybody.",
			},
			{Name: "is_active", Label: "Active", Kind: "checkbox", Checked: t.IsActive},
		})
	}
	return f, err
}

func (s *site) newTeam(v *visit) error {
	if !v.actor.Can(account.ManageAllObjects) {
		return account.Forbid("create teams")
	}
	form, err := s.teamForm(v, account.Team{})
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(newTeamPage(v, form)))
}

func newTeamPage(v *visit, form view.Form) view.FormPage {
	return view.FormPage{Shell: v.shell("New team", "/teams"), BackURL: "/teams", BackWord: "Teams", Heading: "New team", Form: &form}
}

func (s *site) createTeam(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	t, err := s.Accounts.CreateTeam(v.ctx, v.actor, account.NewTeam{Name: typed.Get("name"), Description: typed.Get("description")})
	if err == nil {
		return v.go303("/teams/"+idText(t.ID), "created")
	}
	if !mended(err) {
		return err
	}
	form, formErr := s.teamForm(v, account.Team{})
	if formErr != nil {
		return formErr
	}
	return v.again(view.ObjectPage(newTeamPage(v, refill(form, typed, err))))
}

// teamModel is the page of a team, as far as the viewer may look after it.
func (s *site) teamModel(v *visit, id int64) (view.Team, error) {
	t, err := s.Accounts.GetTeam(v.ctx, v.actor, id)
	if err != nil {
		return view.Team{}, err
	}
	members, err := s.Accounts.ListMembers(v.ctx, v.actor, id)
	if err != nil {
		return view.Team{}, err
	}
	p := view.Team{
		FormPage: view.FormPage{Shell: v.shell(t.Name, "/teams"), BackURL: "/teams", BackWord: "Teams", Heading: t.Name, Lede: t.Description},
		TeamID:   id, CanManage: v.actor.CanIn(account.ManageTeamMembers, &id), RoleChoice: append([]view.Option{{}}, roleOptions()...),
	}
	for _, m := range members {
		line := view.Member{
			Person: view.Person{ID: m.UserID, Name: m.User.Name()}, Email: m.User.Email, OwnRole: view.Humanize(string(m.User.Role)), Active: m.User.IsActive,
		}
		if m.Role != nil {
			line.Role = string(*m.Role)
		}
		p.Members = append(p.Members, line)
	}
	p.Links = []view.Choice{{Word: "Its incidents", URL: "/incidents?team=" + idText(id)}}
	if p.Owns, err = s.teamOwns(v, id); err != nil {
		return view.Team{}, err
	}
	if p.CanManage {
		if p.AddMember, err = s.memberForm(v, id, members); err != nil {
			return view.Team{}, err
		}
	}
	if v.actor.Can(account.ManageAllObjects) {
		form, err := s.teamForm(v, t)
		if err != nil {
			return view.Team{}, err
		}
		p.Form = &form
		p.More = []view.Section{{Title: "Delete", Text: "A team that incidents or policies name is only switched off.", Button: &view.Button{
			Action: "/teams/" + idText(id) + "/delete", Word: "Delete team", Icon: "trash-2", Tone: "danger", Ask: "Delete the team " + t.Name + "?",
		}}}
	}
	return p, nil
}

func (s *site) memberForm(v *visit, team int64, members []account.Member) (*view.Form, error) {
	people, err := s.peopleOptions(v)
	if err != nil {
		return nil, err
	}
	var free []view.Option
	for _, o := range people {
		taken := false
		for _, m := range members {
			taken = taken || idText(m.UserID) == o.Value
		}
		if !taken {
			free = append(free, o)
		}
	}
	if len(free) == 0 {
		return nil, nil
	}
	return &view.Form{ID: "add", Action: "/teams/" + idText(team) + "/members", Submit: "Add to the team", Rows: [][]view.Field{{
		{Name: "user", Label: "Person", Kind: "select", Options: free},
		{Name: "role", Label: "Role in this team", Kind: "select", Options: append([]view.Option{{Word: "Their own"}}, roleOptions()...)},
	}}}, nil
}

func roleOptions() []view.Option {
	var options []view.Option
	for _, r := range account.Roles() {
		options = append(options, view.Option{Value: string(r), Word: view.Humanize(string(r))})
	}
	return options
}

func (s *site) team(v *visit) error {
	id, err := v.id("Team")
	if err != nil {
		return err
	}
	p, err := s.teamModel(v, id)
	if err != nil {
		return err
	}
	return v.show(view.TeamPage(p))
}

func (s *site) updateTeam(v *visit) error {
	id, err := v.id("Team")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	name, about, active := typed.Get("name"), typed.Get("description"), typed.Get("is_active") != ""
	_, err = s.Accounts.UpdateTeam(v.ctx, v.actor, id, account.TeamPatch{
		Name: &name, Description: &about, IsActive: &active, DefaultPolicyID: patchID(typed, "default_policy_id"),
	})
	if err == nil {
		return v.go303("/teams/"+idText(id), "saved")
	}
	return s.teamAgain(v, id, err, func(p *view.Team) {
		form := refill(*p.Form, typed, err)
		p.Form = &form
	})
}

// teamAgain draws the team's page again, with the form that was not accepted changed.
func (s *site) teamAgain(v *visit, id int64, err error, change func(*view.Team)) error {
	if !mended(err) {
		return err
	}
	p, pageErr := s.teamModel(v, id)
	if pageErr != nil {
		return pageErr
	}
	change(&p)
	return v.again(view.TeamPage(p))
}

func (s *site) deleteTeam(v *visit) error {
	id, err := v.id("Team")
	if err != nil {
		return err
	}
	if _, err := s.Accounts.DeleteTeam(v.ctx, v.actor, id); err != nil {
		return err
	}
	return v.go303("/teams", "deleted")
}

func (s *site) putMember(v *visit) error {
	id, err := v.id("Team")
	if err != nil {
		return err
	}
	user, err := postedUser(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	_, err = s.Accounts.PutMember(v.ctx, v.actor, id, user, postedRole(typed))
	if err == nil {
		return v.go303("/teams/"+idText(id), "saved")
	}
	return s.teamAgain(v, id, err, func(p *view.Team) {
		if p.AddMember != nil {
			form := refill(*p.AddMember, typed, err)
			p.AddMember = &form
		}
	})
}

// postedRole is the role in the team; nil means the person's own.
func postedRole(typed url.Values) *account.Role {
	role := account.Role(typed.Get("role"))
	if role == "" {
		return nil
	}
	return &role
}

func (s *site) removeMember(v *visit) error {
	id, err := v.id("Team")
	if err != nil {
		return err
	}
	user, err := v.pathID("user", "Member")
	if err != nil {
		return err
	}
	if err := s.Accounts.RemoveMember(v.ctx, v.actor, id, user); err != nil {
		return err
	}
	return v.go303("/teams/"+idText(id), "removed")
}
