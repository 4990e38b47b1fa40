package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeUsers() {
	s.routes.HandleFunc("GET /users", s.person(s.users))
	s.routes.HandleFunc("GET /users/new", s.person(s.newUser))
	s.routes.HandleFunc("POST /users", s.person(s.createUser))
	s.routes.HandleFunc("GET /users/{id}", s.person(s.user))
	s.routes.HandleFunc("POST /users/{id}", s.person(s.updateUser))
	s.routes.HandleFunc("POST /users/{id}/password", s.person(s.resetPassword))
	s.routes.HandleFunc("POST /users/{id}/deactivate", s.person(s.deactivateUser))
}

func (s *site) users(v *visit) error {
	query := v.query("q")
	users, _, err := s.Accounts.ListUsers(v.ctx, v.actor, account.UserFilter{Query: query, Limit: maxOptions})
	if err != nil {
		return err
	}
	teams, err := s.teamNames(v)
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Users", "/users"), Heading: "Users", Search: &view.Select{Name: "q", Label: "Search name or e-mail", Value: query},
		Columns: []string{"Name", "Role", "Home team", "State"}, EmptyIcon: "contact", EmptyTitle: "Nobody", EmptyText: "Nobody fits the search.",
	}
	if v.actor.Can(account.Admin) {
		p.NewURL, p.NewWord = "/users/new", "New user"
	}
	for _, u := range users {
		state := view.Look{Icon: "check", Word: "Active", Tone: "good"}
		if !u.IsActive {
			state = view.Look{Icon: "user-x", Word: "Inactive", Tone: "plain"}
		}
		role := view.Cell{Text: view.Humanize(string(u.Role))}
		if u.IsSuperuser {
			role.Sub = "superuser"
		}
		p.Rows = append(p.Rows, []view.Cell{
			{Text: u.Name(), URL: "/users/" + idText(u.ID), Sub: u.Email}, role, {Text: nameOf(teams, u.TeamID)}, {Look: &state, Tight: true},
		})
	}
	return v.show(view.ObjectsPage(p))
}

func (s *site) userForm(v *visit, u account.User) (view.Form, error) {
	teams, err := s.teamOptions(v)
	f := view.Form{
		ID: "user", Action: "/users", Submit: "Create user", Primary: true, Cancel: "/users", Rows: [][]view.Field{
			{
				{Name: "email", Label: "E-mail", Kind: "email", Value: u.Email, Required: true, Autocomplete: "off"},
				{Name: "full_name", Label: "Name", Kind: "text", Value: u.FullName, MaxLength: 255, Autocomplete: "off"},
			},
			{
				{Name: "role", Label: "Role", Kind: "select", Value: string(u.Role), Options: roleOptions()},
				{Name: "team_id", Label: "Home team", Kind: "select", Value: optionalText(u.TeamID), Options: append([]view.Option{{Value: "0", Word: "None"}}, teams...)},
			},
			{
				{Name: "phone_number", Label: "Phone", Kind: "tel", Value: u.PhoneNumber, Autocomplete: "off"},
				{Name: "timezone", Label: "Time zone", Kind: "text", Value: u.Timezone, Placeholder: "Europe/Berlin"},
			},
		},
	}
	if u.ID == 0 {
		f.Rows = append(f.Rows, []view.Field{{Name: "password", Label: "First password", Kind: "password", Autocomplete: "new-password", Hint: "At least 8 characters; the person can change it."}})
		return f, err
	}
	f.Action, f.Submit = "/users/"+idText(u.ID), "Save"
	f.Rows = append(f.Rows, []view.Field{
		{Name: "is_active", Label: "Active", Kind: "checkbox", Checked: u.IsActive, Hint: "Who is inactive cannot sign in and is never paged."},
		{Name: "is_superuser", Label: "Superuser", Kind: "checkbox", Checked: u.IsSuperuser, Hint: "May do everything."},
	})
	return f, err
}

func (s *site) newUser(v *visit) error {
	if !v.actor.Can(account.Admin) {
		return account.Forbid("create users")
	}
	form, err := s.userForm(v, account.User{Role: account.RoleOncallEngineer, Timezone: "UTC"})
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(newUserPage(v, form)))
}

func newUserPage(v *visit, form view.Form) view.FormPage {
	return view.FormPage{Shell: v.shell("New user", "/users"), BackURL: "/users", BackWord: "Users", Heading: "New user", Form: &form}
}

func (s *site) createUser(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	u, err := s.Accounts.CreateUser(v.ctx, v.actor, account.NewUser{
		Email: typed.Get("email"), FullName: typed.Get("full_name"), Password: typed.Get("password"), PhoneNumber: typed.Get("phone_number"),
		Role: account.Role(typed.Get("role")), TeamID: someID(typed.Get("team_id")), Timezone: typed.Get("timezone"),
	})
	if err == nil {
		return v.go303("/users/"+idText(u.ID), "created")
	}
	if !mended(err) {
		return err
	}
	form, formErr := s.userForm(v, account.User{})
	if formErr != nil {
		return formErr
	}
	return v.again(view.ObjectPage(newUserPage(v, refill(form, typed, err))))
}

// userModel is the page of a user; who may only read sees facts.
func (s *site) userModel(v *visit, id int64) (view.FormPage, error) {
	u, err := s.Accounts.GetUser(v.ctx, v.actor, id)
	if err != nil {
		return view.FormPage{}, err
	}
	p := view.FormPage{Shell: v.shell(u.Name(), "/users"), BackURL: "/users", BackWord: "Users", Heading: u.Name(), Lede: u.Email}
	if !v.actor.Can(account.Admin) {
		p.Facts = []view.Pair{{Name: "Role", Value: view.Humanize(string(u.Role))}, {Name: "Time zone", Value: u.Timezone}}
		return p, nil
	}
	form, err := s.userForm(v, u)
	if err != nil {
		return view.FormPage{}, err
	}
	p.Form = &form
	password := view.Form{ID: "reset", Action: "/users/" + idText(id) + "/password", Submit: "Set password", Rows: [][]view.Field{
		{{Name: "password", Label: "New password", Kind: "password", Autocomplete: "new-password", Hint: "All sessions of this person end."}},
	}}
	p.More = []view.Section{{Title: "Reset the password", Form: &password}}
	if u.IsActive {
		p.More = append(p.More, view.Section{Title: "Deactivate", Text: "This person is signed out everywhere and paged no more. What they did stays.", Button: &view.Button{
			Action: "/users/" + idText(id) + "/deactivate", Word: "Deactivate", Icon: "user-x", Tone: "danger", Ask: "Deactivate " + u.Name() + "?",
		}})
	}
	return p, nil
}

func (s *site) user(v *visit) error {
	id, err := v.id("User")
	if err != nil {
		return err
	}
	p, err := s.userModel(v, id)
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(p))
}

// changeUser applies a patch and, when it is not accepted, draws the page again with the form that sent it.
func (s *site) changeUser(v *visit, code string, patch func(url.Values) account.UserPatch, form func(*view.FormPage) *view.Form) error {
	id, err := v.id("User")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	if _, err = s.Accounts.UpdateUser(v.ctx, v.actor, id, patch(typed)); err == nil {
		return v.go303("/users/"+idText(id), code)
	}
	if !mended(err) {
		return err
	}
	p, pageErr := s.userModel(v, id)
	if pageErr != nil {
		return pageErr
	}
	*form(&p) = refill(*form(&p), typed, err)
	return v.again(view.ObjectPage(p))
}

func (s *site) updateUser(v *visit) error {
	if !v.actor.Can(account.Admin) {
		return account.Forbid("change users")
	}
	return s.changeUser(v, "saved", func(typed url.Values) account.UserPatch {
		email, name, phone, zone := typed.Get("email"), typed.Get("full_name"), typed.Get("phone_number"), typed.Get("timezone")
		role, active, super := account.Role(typed.Get("role")), typed.Get("is_active") != "", typed.Get("is_superuser") != ""
		return account.UserPatch{
			Email: &email, FullName: &name, PhoneNumber: &phone, Timezone: &zone, Role: &role, IsActive: &active, IsSuperuser: &super,
			TeamID: patchID(typed, "team_id"),
		}
	}, func(p *view.FormPage) *view.Form { return p.Form })
}

func (s *site) resetPassword(v *visit) error {
	if !v.actor.Can(account.Admin) {
		return account.Forbid("reset passwords")
	}
	return s.changeUser(v, "saved", func(typed url.Values) account.UserPatch {
		password := typed.Get("password")
		return account.UserPatch{Password: &password}
	}, func(p *view.FormPage) *view.Form { return p.More[0].Form })
}

func (s *site) deactivateUser(v *visit) error {
	id, err := v.id("User")
	if err != nil {
		return err
	}
	inactive := false
	_, err = s.Accounts.UpdateUser(v.ctx, v.actor, id, account.UserPatch{IsActive: &inactive})
	if fault.Is(err, fault.Invalid) {
		return fault.New(fault.Conflict, "not_possible", "%s", fault.From(err).Detail)
	}
	if err != nil {
		return err
	}
	return v.go303("/users/"+idText(id), "deactivated")
}
