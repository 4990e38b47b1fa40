package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeDoors() {
	s.routes.HandleFunc("GET /{$}", s.anyone(s.home))
	s.routes.HandleFunc("GET /login.html", s.anyone(s.signInPage))
	s.routes.HandleFunc("GET /login", s.anyone(s.signInPage))
	s.routes.HandleFunc("POST /login", s.anyone(s.signIn))
	s.routes.HandleFunc("POST /logout", s.anyone(s.signOut))
	s.routes.HandleFunc("GET /setup/{token}", s.anyone(s.setupPage))
	s.routes.HandleFunc("POST /setup/{token}", s.anyone(s.setup))
}

// home is the inbox for who is signed in, else the sign-in, else how to begin.
func (s *site) home(v *visit) error {
	if _, err := s.Door.Actor(v.r); err == nil {
		return v.go303("/incidents", "")
	}
	return s.signInPage(v)
}

func (s *site) signInPage(v *visit) error {
	needed, err := s.Accounts.NeedsSetup(v.ctx)
	if err != nil {
		return err
	}
	if needed {
		return v.show(view.DoorPage(view.Door{
			Shell: v.outside("First run"), Heading: "Nobody lives here yet",
			Lede: "The server printed a link when it started, good for one use: it makes the first administrator. If it is lost, restart the " +
				"server for a new one, or make the administrator on the command line:",
			Hint: "tocsin user create --email you@example.org --role admin --password-stdin",
		}))
	}
	return v.show(view.DoorPage(s.signInDoor(v, signInForm(v.query("next")))))
}

func (s *site) signInDoor(v *visit, form view.Form) view.Door {
	p := view.Door{Shell: v.outside("Sign in"), Heading: "Sign in", Form: form, HasForm: true, Forgot: forgotPath}
	if len(p.Notes) > 0 {
		p.Note = &p.Notes[0]
	}
	return p
}

func signInForm(next string) view.Form {
	f := view.Form{Action: "/login", Submit: "Sign in", Primary: true, Rows: [][]view.Field{
		{{Name: "email", Label: "E-mail", Kind: "email", Autocomplete: "username", Required: true, Autofocus: true}},
		{{Name: "password", Label: "Password", Kind: "password", Autocomplete: "current-password", Required: true}},
	}}
	if next != "" {
		f.Hidden = [][2]string{{"next", local(next, "/")}}
	}
	return f
}

func (s *site) signIn(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	err = s.startSession(v, typed.Get("email"), typed.Get("password"))
	if err == nil {
		return v.go303(local(typed.Get("next"), "/incidents"), "")
	}
	if !mended(err) && !fault.Is(err, fault.Forbidden) {
		return err
	}
	door.Note(v.ctx, err)
	return v.showAs(door.Status(fault.KindOf(err)), view.DoorPage(s.signInDoor(v, refill(signInForm(typed.Get("next")), typed, err))))
}

func (s *site) startSession(v *visit, email, password string) error {
	token, expires, _, err := s.Accounts.StartSession(v.ctx, account.LoginRequest{
		Email: email, Password: password, Address: door.AddressFrom(v.ctx), UserAgent: v.r.UserAgent(),
	})
	if err != nil {
		return err
	}
	s.Door.SetSession(v.w, token, expires)
	return nil
}

// signOut ends the session in the database before the cookie goes, so that a copy of the cookie is worth nothing.
func (s *site) signOut(v *visit) error {
	if session := s.Door.Identify(v.r).Session; session != "" {
		if err := s.Accounts.EndSession(v.ctx, session); err != nil {
			return err
		}
	}
	s.Door.ClearSession(v.w)
	return v.go303("/login.html", "signed_out")
}

func setupForm(token string) view.Form {
	return view.Form{Action: "/setup/" + url.PathEscape(token), Submit: "Begin", Primary: true, Rows: [][]view.Field{
		{{Name: "email", Label: "E-mail", Kind: "email", Autocomplete: "username", Required: true, Autofocus: true, Hint: "You are reached there from the start."}},
		{{Name: "full_name", Label: "Name", Kind: "text", Autocomplete: "name", MaxLength: 255}},
		{{Name: "password", Label: "Password", Kind: "password", Autocomplete: "new-password", Required: true, Hint: "At least 8 characters."}},
		{{Name: "timezone", Label: "Time zone", Kind: "text", Value: "UTC", Hint: "An IANA name such as Europe/Berlin; times are shown in it."}},
	}}
}

func (s *site) setupDoor(v *visit, form view.Form) view.Door {
	return view.Door{
		Shell: v.outside("First run"), Heading: "The first administrator",
		Lede: "This makes the account that everything else is set up with.", Form: form, HasForm: true,
	}
}

func (s *site) setupPage(v *visit) error {
	needed, err := s.Accounts.NeedsSetup(v.ctx)
	if err != nil {
		return err
	}
	if !needed {
		return fault.New(fault.NotFound, "setup_done", "This link was for the first run, which is over. Sign in instead.")
	}
	return v.show(view.DoorPage(s.setupDoor(v, setupForm(v.r.PathValue("token")))))
}

func (s *site) setup(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	token := v.r.PathValue("token")
	_, err = s.Accounts.CompleteSetup(v.ctx, token, account.NewUser{
		Email: typed.Get("email"), FullName: typed.Get("full_name"), Password: typed.Get("password"), Timezone: typed.Get("timezone"),
	})
	if err != nil {
		if !mended(err) {
			return err
		}
		return v.again(view.DoorPage(s.setupDoor(v, refill(setupForm(token), typed, err))))
	}
	if err := s.startSession(v, typed.Get("email"), typed.Get("password")); err != nil {
		return err
	}
	return v.go303("/incidents", "")
}
