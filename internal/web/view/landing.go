package view

import (
	"fmt"
	"time"
)

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
	Seen                       string // where the script says that somebody looks, "" when that means nothing
	Done                       string // a sentence when it was acted on, just now or before
	DoneTone                   string
	CanAcknowledge, CanResolve bool
	CanConfirm                 bool          // that the reader is still on it
	Bad                        string        // the link is wrong, too old, or was refused
	SignIn                     string        // the incident's own page, which asks for a sign-in
	List                       []LandingItem // what the message told of, when that is several incidents
}

// LandingItem is one incident of a list.
type LandingItem struct {
	ID, Title, Severity, Status, Service, Why string
	Since                                     time.Time
	Done                                      string // what has become of it
	CanAcknowledge, Ticked                    bool
}

// ListTitle is the heading of a list.
func (p Landing) ListTitle() string {
	if len(p.List) == 1 {
		return "1 incident"
	}
	return fmt.Sprintf("%d incidents", len(p.List))
}

// ByHand reports whether something has to be ticked by hand.
func (p Landing) ByHand() bool {
	for _, item := range p.List {
		if item.CanAcknowledge && !item.Ticked {
			return true
		}
	}
	return false
}

// SignInText is what the way to the full page is called.
func (p Landing) SignInText() string {
	if len(p.List) > 0 {
		return "Open the inbox (asks you to sign in)"
	}
	return "Open the incident (asks you to sign in)"
}
