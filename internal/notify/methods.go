package notify

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// The bounds of contact methods. Texts are counted in characters.
const (
	maxMethods = 20 // of one person
	maxAddress = 2000
	maxLabel   = 255
)

// Methods are a person's contact methods in the order in which they were made. Faults: Forbidden for another person's unless the
// actor administers, NotFound.
func (s *Service) Methods(ctx context.Context, actor account.Actor, userID int64) (methods []ContactMethod, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := s.whose(tx, actor, userID)
		if err != nil {
			return err
		}
		methods, err = s.methodsNow(tx, owner)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, m := range methods {
		methods[i] = m.shown(s.Channels, actor)
	}
	return methods, nil
}

// methodsNow are the person's methods with the addresses that they have now.
func (s *Service) methodsNow(tx *db.Tx, owner account.User) ([]ContactMethod, error) {
	found, err := methodsOf(tx, owner.OrgID, []int64{owner.ID})
	methods := found[owner.ID]
	for i, m := range methods {
		methods[i] = m.resolved(s.Channels, owner)
	}
	return methods, err
}

// Method is one contact method. Fault: NotFound, also for one that is not the actor's.
func (s *Service) Method(ctx context.Context, actor account.Actor, id int64) (m ContactMethod, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var found bool
		if m, found, err = methodByID(tx, actor.Org, id); err != nil {
			return err
		}
		if !found || !mayManage(actor, m.UserID) {
			return fault.NotFoundf("Contact method")
		}
		owner, err := s.whose(tx, actor, m.UserID)
		m = m.resolved(s.Channels, owner)
		return err
	})
	if err != nil {
		return ContactMethod{}, err
	}
	return m.shown(s.Channels, actor), nil
}

// AddMethod gives a person one more way to be reached. An address that may be another person's is sent a code first; see Verify.
// Faults: Forbidden, NotFound, Invalid (every wrong field), Duplicate, Conflict (too_many_methods), RateLimited.
func (s *Service) AddMethod(ctx context.Context, actor account.Actor, userID int64, n NewMethod) (m ContactMethod, err error) {
	var c fault.Checks
	n.check(&c, s.Channels)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		owner, err := s.holdReach(tx, actor, userID)
		if err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		present, err := s.methodsNow(tx, owner)
		if err != nil {
			return err
		}
		if err := n.fits(present); err != nil {
			return err
		}
		m = ContactMethod{
			OrgID: owner.OrgID, UserID: owner.ID, Channel: n.Channel, Address: n.Address, Label: n.Label, Enabled: true,
			Verified: !s.Channels[n.Channel].Describe().Proof,
		}
		if m, err = insertMethod(tx, m); err != nil {
			return err
		}
		if m = m.resolved(s.Channels, owner); !m.Verified && m.Configured {
			m, err = s.sendCode(tx, m)
		}
		return err
	})
	if err != nil {
		return ContactMethod{}, err
	}
	return m.shown(s.Channels, actor), nil
}

// check notes every wrong field and puts the address into the channel's normal form.
func (n *NewMethod) check(c *fault.Checks, channels map[string]Channel) {
	n.Label = checkLabel(c, n.Label)
	channel := channels[n.Channel]
	if channel == nil {
		c.Add("body.channel", "must be one of %s", strings.Join(kinds(channels), ", "))
		return
	}
	if !utf8.ValidString(n.Address) || strings.ContainsRune(n.Address, 0) {
		c.Add("body.address", "must be valid UTF-8 without NUL")
		return
	}
	normal, err := channel.CheckAddress(n.Address)
	switch {
	case err != nil:
		c.Add("body.address", "%s", err)
	case utf8.RuneCountInString(normal) > maxAddress:
		c.Add("body.address", "must be at most %d characters", maxAddress)
	}
	n.Address = normal
}

// fits refuses one method too many and one that is there already.
func (n *NewMethod) fits(present []ContactMethod) error {
	if slices.ContainsFunc(present, func(m ContactMethod) bool { return m.Channel == n.Channel && m.Address == n.Address }) {
		return fault.New(fault.Duplicate, "method_exists", "This address is one of the contact methods already.")
	}
	if len(present) >= maxMethods {
		return fault.New(fault.Conflict, "too_many_methods", "Nobody can have more than %d contact methods: delete one first.", maxMethods)
	}
	return nil
}

func checkLabel(c *fault.Checks, label string) string {
	label = strings.TrimSpace(label)
	switch {
	case !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl):
		c.Add("body.label", "must be one line of valid UTF-8")
	case utf8.RuneCountInString(label) > maxLabel:
		c.Add("body.label", "must be at most %d characters", maxLabel)
	}
	return label
}

// UpdateMethod changes a contact method. Faults: NotFound, also for one that is not the actor's; Invalid.
func (s *Service) UpdateMethod(ctx context.Context, actor account.Actor, id int64, p MethodPatch) (m ContactMethod, err error) {
	var c fault.Checks
	if p.Label != nil {
		label := checkLabel(&c, *p.Label)
		p.Label = &label
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if m, err = s.holdMethod(tx, actor, id); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		if p.Label != nil {
			m.Label = *p.Label
		}
		if p.Enabled != nil {
			m.Enabled = *p.Enabled
		}
		m.UpdatedAt = tx.Now()
		return saveMethod(tx, m)
	})
	if err != nil {
		return ContactMethod{}, err
	}
	return m.shown(s.Channels, actor), nil
}

// DeleteMethod takes a contact method away, and the personal rules that name it. What was sent to it stays on record.
// Faults: NotFound, also for one that is not the actor's; Conflict (method_of_account).
func (s *Service) DeleteMethod(ctx context.Context, actor account.Actor, id int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.holdMethod(tx, actor, id)
		if err != nil {
			return err
		}
		if m.OfAccount {
			return fault.New(fault.Conflict, "method_of_account", "This is the account's own e-mail: it cannot be deleted, only switched off.")
		}
		set, err := ruleSetOf(tx, m.OrgID, m.UserID)
		if err != nil {
			return err
		}
		if left, changed := set.without(m.ID); changed {
			if err := replaceRules(tx, m.OrgID, m.UserID, left); err != nil {
				return err
			}
		}
		return deleteMethod(tx, m)
	})
}

// SendTest sends a test page to exactly this contact method and returns the notification that tells what comes of it.
// Faults: NotFound, also for one that is not the actor's; Conflict (not_configured, not_verified).
func (s *Service) SendTest(ctx context.Context, actor account.Actor, id int64) (notificationID int64, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.holdMethod(tx, actor, id)
		if err != nil {
			return err
		}
		if !m.Configured {
			return s.notConfigured(m)
		}
		if !m.Verified {
			return fault.New(fault.Conflict, "not_verified", "This address is not proven yet: enter the code that was sent to it first.")
		}
		n := Notification{Title: "Test page", Urgency: string(incident.UrgencyHigh), Action: ActionTest, PageKey: "test:" + rand.Text()}
		if actor.UserID != m.UserID {
			n.Message = fmt.Sprintf("%s asked for it.", actor.Name)
		}
		notificationID, err = s.sendTo(tx, m, n)
		return err
	})
	return notificationID, err
}

// sendTo writes one notification to exactly this method.
func (s *Service) sendTo(tx *db.Tx, m ContactMethod, n Notification) (id int64, err error) {
	n.OrgID, n.UserID, n.WantedUntil = m.OrgID, m.UserID, WantedForAnHour
	rows := s.spread(tx, n, []Route{m.way(0)}, 0)
	if err := s.insert(tx, m.OrgID, rows); err != nil {
		return 0, err
	}
	return rows[0].ID, nil
}

// notConfigured refuses to send where the server cannot.
func (s *Service) notConfigured(m ContactMethod) error {
	title := m.Channel
	if channel := s.Channels[m.Channel]; channel != nil {
		title = channel.Describe().Title
	}
	return fault.New(fault.Conflict, "not_configured", "%s is not set up on this server, so nothing can be sent there.", title)
}
