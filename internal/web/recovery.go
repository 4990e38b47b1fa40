package web

import (
	"net/url"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// Where a forgotten password is told and set anew.
const (
	forgotPath = "/forgot-password"
	resetPath  = "/reset-password"
)

func (s *site) routeRecovery() {
	s.routes.HandleFunc("GET "+forgotPath, s.anyone(s.forgotPage))
	s.routes.HandleFunc("POST "+forgotPath, s.anyone(s.forgot))
	s.routes.HandleFunc("GET "+resetPath, s.anyone(s.resetPage))
	s.routes.HandleFunc("POST "+resetPath, s.anyone(s.reset))
}

func forgotDoor(v *visit, form view.Form) view.Door {
	return view.Door{
		Shell: v.outside("Forgotten password"), Heading: "Forgotten password", Back: "/login.html",
		Lede: "A link with which you set a new one is sent to your address.", Form: form, HasForm: true,
	}
}

func forgotForm() view.Form {
	return view.Form{Action: forgotPath, Submit: "Send the link", Primary: true, Rows: [][]view.Field{
		{{Name: "email", Label: "E-mail", Kind: "email", Autocomplete: "username", Required: true, Autofocus: true}},
	}}
}

func (s *site) forgotPage(v *visit) error {
	if !s.Notifications.RecoversPasswords() {
		return v.show(view.DoorPage(view.Door{
			Shell: v.outside("Forgotten password"), Heading: "Forgotten password", Back: "/login.html",
			Lede: "This server has no mail server to send you a link. Ask an administrator to set a new password for you.",
		}))
	}
	return v.show(view.DoorPage(forgotDoor(v, forgotForm())))
}

// forgot says the same whether the address is anybody's.
func (s *site) forgot(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if err := s.Accounts.RequestRecovery(v.ctx, typed.Get("email"), door.AddressFrom(v.ctx)); err != nil {
		if !mended(err) {
			return err
		}
		return v.showAs(door.Status(fault.KindOf(err)), view.DoorPage(forgotDoor(v, refill(forgotForm(), typed, err))))
	}
	return v.show(view.DoorPage(view.Door{
		Shell: v.outside("Forgotten password"), Heading: "Look into your mail", Back: "/login.html",
		Lede: "If the address is that of an account, a link is on its way to it. It works once, for an hour.",
	}))
}

func resetDoor(v *visit, form view.Form) view.Door {
	return view.Door{
		Shell: v.outside("New password"), Heading: "Set a new password", Form: form, HasForm: true, Forgot: forgotPath,
		Lede: "Wherever you are signed in, you will be asked to sign in again.",
	}
}

func resetForm(token string) view.Form {
	return view.Form{Action: resetPath, Submit: "Set the password", Primary: true, Hidden: [][2]string{{"token", token}}, Rows: [][]view.Field{
		{{Name: "password", Label: "New password", Kind: "password", Autocomplete: "new-password", Required: true, Autofocus: true, Hint: "At least 8 characters."}},
	}}
}

func (s *site) resetPage(v *visit) error {
	return v.show(view.DoorPage(resetDoor(v, resetForm(v.query("token")))))
}

func (s *site) reset(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if err := s.Accounts.ResetPassword(v.ctx, typed.Get("token"), typed.Get("password")); err != nil {
		if !mended(err) {
			return err
		}
		return v.again(view.DoorPage(resetDoor(v, refill(resetForm(typed.Get("token")), url.Values{}, err))))
	}
	return v.go303("/login.html", "password_reset")
}
