package account

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// DefaultOrg is the organisation that every installation has from the start.
const DefaultOrg int64 = 1

// Who may sign up.
const (
	SignupOpen   = "open"   // Anybody.
	SignupInvite = "invite" // Whom an administrator invites.
	SignupClosed = "closed" // Nobody; administrators create the users.
)

// Organization is one tenant of the installation.
type Organization struct {
	ID        int64
	Name      string
	Slug      string
	Settings  Settings
	CreatedAt time.Time
}

// Settings are an organisation's own rules. What is not set has the default that the method of its name gives.
type Settings struct {
	// Signup is SignupOpen, SignupInvite or SignupClosed; "" leaves it to the server's configuration.
	Signup string `json:"signup,omitempty"`
	// FallbackContacts are the users paged when nobody else is found; empty means the administrators.
	FallbackContacts []int64 `json:"fallback_contacts,omitempty"`
	// AckTimeoutMinutes is how long an acknowledgement of an urgent incident holds; 0 is for ever.
	AckTimeoutMinutes *int `json:"ack_timeout_minutes,omitempty"`
	// Repeat is how often a policy without its own rule starts over for an urgent incident.
	Repeat *Repeat `json:"repeat,omitempty"`
	// ReopenWindowMinutes is how long after a source's resolve the same alert reopens its incident.
	ReopenWindowMinutes *int `json:"reopen_window_minutes,omitempty"`
}

// Repeat is a number of further rounds and the distance between them.
type Repeat struct {
	Times        int `json:"times"`
	EveryMinutes int `json:"every_minutes"`
}

// AckTimeout is how long an acknowledgement of an urgent incident holds (60 minutes unless set); 0 is for ever.
func (s Settings) AckTimeout() time.Duration { return minutesOr(s.AckTimeoutMinutes, 60) }

// ReopenWindow is how long after a source's resolve the same alert reopens its incident (10 minutes unless set).
func (s Settings) ReopenWindow() time.Duration { return minutesOr(s.ReopenWindowMinutes, 10) }

// HighUrgencyRepeat is how an urgent incident's policy repeats without a rule of its own (3 × 15 minutes unless set).
func (s Settings) HighUrgencyRepeat() Repeat {
	if s.Repeat == nil {
		return Repeat{Times: 3, EveryMinutes: 15}
	}
	return *s.Repeat
}

func minutesOr(value *int, otherwise int) time.Duration {
	if value != nil {
		otherwise = *value
	}
	return time.Duration(otherwise) * time.Minute
}

// SettingsPatch changes what is not nil. A Signup of "" returns to the server's configuration, an empty list of contacts to
// the administrators.
type SettingsPatch struct {
	Signup              *string
	FallbackContacts    *[]int64
	AckTimeoutMinutes   *int
	Repeat              *Repeat
	ReopenWindowMinutes *int
}

// The bounds of the settings, in minutes where not said otherwise.
const (
	maxAckTimeout       = 7 * 24 * 60
	maxReopenWindow     = 24 * 60
	maxRepeatTimes      = 20
	maxRepeatEvery      = 24 * 60
	maxFallbackContacts = 100
)

// apply returns the settings as changed, and notes every wrong field. That the contacts exist is for the caller to check.
func (p SettingsPatch) apply(s Settings, c *fault.Checks) Settings {
	if p.Signup != nil {
		switch *p.Signup {
		case "", SignupOpen, SignupInvite, SignupClosed:
		default:
			c.Add("body.signup", "must be open, invite or closed")
		}
		s.Signup = *p.Signup
	}
	if p.FallbackContacts != nil {
		if len(*p.FallbackContacts) > maxFallbackContacts {
			c.Add("body.fallback_contacts", "must be at most %d users", maxFallbackContacts)
		}
		s.FallbackContacts = *p.FallbackContacts
	}
	if p.AckTimeoutMinutes != nil {
		between(c, "body.ack_timeout_minutes", *p.AckTimeoutMinutes, 0, maxAckTimeout)
		s.AckTimeoutMinutes = p.AckTimeoutMinutes
	}
	if p.Repeat != nil {
		between(c, "body.repeat.times", p.Repeat.Times, 0, maxRepeatTimes)
		between(c, "body.repeat.every_minutes", p.Repeat.EveryMinutes, 1, maxRepeatEvery)
		s.Repeat = p.Repeat
	}
	if p.ReopenWindowMinutes != nil {
		between(c, "body.reopen_window_minutes", *p.ReopenWindowMinutes, 0, maxReopenWindow)
		s.ReopenWindowMinutes = p.ReopenWindowMinutes
	}
	return s
}
