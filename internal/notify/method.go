package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// accountChannel is the channel of the address that every account has.
const accountChannel = "email"

// ContactMethod is a person's address on one channel.
type ContactMethod struct {
	ID, OrgID, UserID int64
	Channel           string
	// Address is in the channel's normal form inside this room. What leaves it is as the channel lets it be shown, secrets redacted.
	Address   string
	Label     string
	OfAccount bool // It is the account's own e-mail: its address follows the account, and it cannot be deleted.
	Verified  bool
	Enabled   bool
	// Configured says that the server can send on this channel.
	Configured bool
	// Secret is what the receiver checks signatures with. Only its owner is told; "" for channels that do not sign.
	Secret    string
	CreatedAt time.Time
	UpdatedAt time.Time

	code code
}

// NewMethod is what it takes to make a contact method.
type NewMethod struct {
	Channel, Address, Label string
}

// MethodPatch changes what is not nil.
type MethodPatch struct {
	Label   *string
	Enabled *bool
}

// resolved is the method with the address that it has now.
func (m ContactMethod) resolved(channels map[string]Channel, owner account.User) ContactMethod {
	channel := channels[m.Channel]
	m.Configured = channel != nil && channel.Reaches()
	if !m.OfAccount {
		return m
	}
	m.Address = owner.Email
	if channel != nil {
		// An address that the channel does not like is kept: its refusal is then on record where it was to be used.
		if normal, err := channel.CheckAddress(owner.Email); err == nil {
			m.Address = normal
		}
	}
	return m
}

// shown is the method as its reader may see it.
func (m ContactMethod) shown(channels map[string]Channel, reader account.Actor) ContactMethod {
	channel := channels[m.Channel]
	if signing, ok := channel.(Signing); ok && reader.UserID == m.UserID {
		m.Secret = signing.Secret(m.OrgID, m.Address)
	}
	if redacting, ok := channel.(Redacting); ok {
		m.Address = redacting.Redact(m.Address)
	}
	return m
}

// way is the method as a route.
func (m ContactMethod) way(delay time.Duration) Route {
	return Route{ContactMethodID: m.ID, Channel: m.Channel, Address: m.Address, Delay: delay}
}

// kinds are the words of the channels in order.
func kinds(channels map[string]Channel) []string { return slices.Sorted(maps.Keys(channels)) }
