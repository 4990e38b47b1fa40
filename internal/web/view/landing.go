package view

import "time"

// Landing is the page behind the link in a page: what happened, and the one button.
type Landing struct {
	Shell
	Recipient                  string
	Why                        string // why it was they who were paged
	Title                      string
	Text                       string
	Severity                   string
	Status                     string
	Service                    string
	Team                       string
	Since                      time.Time
	Action                     string // where the buttons post to
	Done                       string // a sentence when it was acted on, just now or before
	DoneTone                   string
	CanAcknowledge, CanResolve bool
	Bad                        string // the link is wrong, too old, or was refused
	SignIn                     string // the incident's own page, which asks for a sign-in
}
