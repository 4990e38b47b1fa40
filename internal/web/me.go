package web

import (
	"net/url"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const mePath = "/me"

func (s *site) routeMe() {
	s.routes.HandleFunc("GET "+mePath, s.person(s.me))
	s.routes.HandleFunc("POST "+mePath, s.person(s.saveProfile))
	s.routes.HandleFunc("POST "+mePath+"/sign-in", s.person(s.saveSignIn))
	s.routes.HandleFunc("POST "+mePath+"/sessions/{id}/end", s.person(s.endSession))
	s.routes.HandleFunc("POST "+mePath+"/sessions/end-others", s.person(s.endOtherSessions))
	s.routeContact()
	s.routeRules()
}

func (s *site) me(v *visit) error {
	p, err := s.meModel(v)
	if err != nil {
		return err
	}
	return v.show(view.MePage(p))
}

// meModel is everything on the page of the viewer's own account.
func (s *site) meModel(v *visit) (view.Me, error) {
	u, err := s.Accounts.GetUser(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return view.Me{}, err
	}
	sessions, err := s.Accounts.ListSessions(v.ctx, v.actor)
	if err != nil {
		return view.Me{}, err
	}
	p := view.Me{
		Shell: v.shell("Me", mePath), Email: u.Email, Role: view.Humanize(string(u.Role)), Profile: profileForm(u), SignIn: ownSignInForm(u),
	}
	for _, one := range sessions {
		p.Sessions = append(p.Sessions, view.Session{
			ID: one.ID, Agent: browserWords(one.UserAgent), Address: one.Address, CreatedAt: one.CreatedAt, SeenAt: one.SeenAt, Current: one.Current,
		})
	}
	return p, s.contactModel(v, &p)
}

func profileForm(u account.User) view.Form {
	return view.Form{ID: "profile", Action: mePath, Submit: "Save", Rows: [][]view.Field{
		{{Name: "full_name", Label: "Name", Kind: "text", Value: u.FullName, MaxLength: 255, Autocomplete: "name"}},
		{{Name: "phone_number", Label: "Phone", Kind: "tel", Value: u.PhoneNumber, Autocomplete: "tel"}},
		{{
			Name: "timezone", Label: "Time zone", Kind: "text", Value: u.Timezone, Placeholder: "Europe/Berlin", Autocomplete: "off",
			Hint: "An IANA name such as Europe/Berlin. Times on pages and in messages are shown in it.",
		}},
	}}
}

// ownSignInForm changes what one signs in with, which needs the present password.
func ownSignInForm(u account.User) view.Form {
	return view.Form{ID: "signin", Action: mePath + "/sign-in", Submit: "Change", Rows: [][]view.Field{
		{{Name: "email", Label: "E-mail", Kind: "email", Value: u.Email, Required: true, Autocomplete: "username"}},
		{{Name: "password", Label: "New password", Kind: "password", Autocomplete: "new-password", Hint: "At least 8 characters. Empty keeps the one you have; a new one ends your other sessions."}},
		{{Name: "old_password", Label: "Present password", Kind: "password", Required: true, Autocomplete: "current-password"}},
	}}
}

func (s *site) saveProfile(v *visit) error {
	return s.changeMe(v, func(typed url.Values) (account.MePatch, string) {
		name, phone, zone := typed.Get("full_name"), typed.Get("phone_number"), typed.Get("timezone")
		return account.MePatch{FullName: &name, PhoneNumber: &phone, Timezone: &zone}, "saved"
	}, func(p *view.Me) *view.Form { return &p.Profile })
}

func (s *site) saveSignIn(v *visit) error {
	return s.changeMe(v, func(typed url.Values) (account.MePatch, string) {
		email, old := typed.Get("email"), typed.Get("old_password")
		patch, done := account.MePatch{Email: &email, OldPassword: &old}, "saved"
		if password := typed.Get("password"); password != "" {
			patch.Password, done = &password, "password"
		}
		return patch, done
	}, func(p *view.Me) *view.Form { return &p.SignIn })
}

// changeMe changes the viewer's account; what is not accepted is drawn again in its form.
func (s *site) changeMe(v *visit, read func(url.Values) (account.MePatch, string), form func(*view.Me) *view.Form) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	patch, done := read(typed)
	if _, err = s.Accounts.UpdateMe(v.ctx, v.actor, patch); err == nil {
		return v.go303(mePath, done)
	}
	return s.meAgain(v, typed, err, form)
}

// meAgain draws the page again after an error that can be mended, with what was typed.
func (s *site) meAgain(v *visit, typed url.Values, err error, form func(*view.Me) *view.Form) error {
	if !mended(err) {
		return err
	}
	p, modelErr := s.meModel(v)
	if modelErr != nil {
		return modelErr
	}
	*form(&p) = refill(*form(&p), typed, err)
	return v.again(view.MePage(p))
}

func (s *site) endSession(v *visit) error {
	id, err := v.id("Session")
	if err != nil {
		return err
	}
	if err := s.Accounts.EndSessionByID(v.ctx, v.actor, id); err != nil {
		return err
	}
	return v.go303(mePath, "ended")
}

func (s *site) endOtherSessions(v *visit) error {
	if err := s.Accounts.EndOtherSessions(v.ctx, v.actor); err != nil {
		return err
	}
	return v.go303(mePath, "ended_others")
}

// browserWords says in two words what a browser calls itself in twenty; an unknown one keeps its first word.
func browserWords(agent string) string {
	browser, system := "", ""
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, known[0]) {
			browser = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, known[0]) {
			system = known[1]
			break
		}
	}
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	}
	name, _, _ := strings.Cut(agent, " ")
	if name == "" {
		return "A browser"
	}
	return name
}
