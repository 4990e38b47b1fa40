package view

import "time"

// Me is the page of one's own account.
type Me struct {
	Shell
	Email       string
	Role        string
	Profile     Form
	SignIn      Form // e-mail and password
	Methods     []Method
	AddMethod   Form
	Rules       []Section // one for each urgency: which method after how long
	Preferences []Preference
	Notices     []Notice
	Sessions    []Session
}

// Method is one way to reach the viewer.
type Method struct {
	ID         int64
	Channel    string
	Address    string
	Label      string
	OfAccount  bool // the account's own e-mail, which is changed where one signs in
	Enabled    bool
	Verified   bool
	Configured bool   // the server can send there
	Secret     string // what a receiver checks signatures with, "" for none
	CodeBad    string // what was wrong with the code that proves the address
}

func (m Method) path() string { return "/me/contact-methods/" + itoa(m.ID) }

// Preference is a channel switched on or off.
type Preference struct {
	Channel string
	Enabled bool
}

// Notice is a kind of message that asks for nothing, switched on or off.
type Notice struct {
	Name, Title, When string
	Enabled           bool
}

// Session is a signed-in browser.
type Session struct {
	ID        int64
	Agent     string
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool
}
