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
	Preferences []Preference
	Sessions    []Session
}

// Method is one way to reach the viewer.
type Method struct {
	ID       int64
	Channel  string
	Address  string
	Label    string
	Enabled  bool
	Verified bool
}

// Preference is a channel switched on or off.
type Preference struct {
	Channel string
	Enabled bool
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
