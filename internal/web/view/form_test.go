package view

import (
	"net/url"
	"strings"
	"testing"
)

func login() Form {
	return Form{Rows: [][]Field{
		{{Name: "email", Label: "E-mail", Kind: "email"}, {Name: "password", Label: "Password", Kind: "password"}},
		{{Name: "stay", Label: "Stay", Kind: "checkbox", Checked: true}},
	}}
}

func TestAFormKeepsWhatWasTypedButNoPassword(t *testing.T) {
	f := login().Typed(url.Values{"email": {"ann@example.org"}, "password": {"hunter22"}})
	if got := f.Rows[0][0].Value; got != "ann@example.org" {
		t.Errorf("the address became %q", got)
	}
	if got := f.Rows[0][1].Value; got != "" {
		t.Errorf("the password came back: %q", got)
	}
	if f.Rows[1][0].Checked {
		t.Error("a box that was not ticked came back ticked")
	}
}

func TestEveryMessageIsShown(t *testing.T) {
	f := login().Marked(map[string]string{"email": "Must be an address.", "zone": "Is unknown."}, "")
	if got := f.Rows[0][0].Bad; got != "Must be an address." {
		t.Errorf("beside the input stands %q", got)
	}
	if !strings.Contains(f.Bad, "Zone: Is unknown.") {
		t.Errorf("a message without an input is lost: %q", f.Bad)
	}
	if got := login().Marked(nil, "E-mail or password is wrong.").Bad; got != "E-mail or password is wrong." {
		t.Errorf("above the form stands %q", got)
	}
}

func TestAFormDoesNotChangeItsOriginal(t *testing.T) {
	f := login()
	f.Typed(url.Values{"email": {"x"}})
	f.Marked(map[string]string{"email": "bad"}, "")
	if f.Rows[0][0].Value != "" || f.Rows[0][0].Bad != "" {
		t.Errorf("the original became %+v", f.Rows[0][0])
	}
}
