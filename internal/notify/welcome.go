package notify

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

var (
	_ account.Welcomer    = (*Service)(nil)
	_ account.UserRemover = (*Service)(nil)
)

// UserCreated gives a new user the first contact method: the account's own e-mail.
func (s *Service) UserCreated(tx *db.Tx, u account.User) error {
	_, err := insertMethod(tx, ContactMethod{
		OrgID: u.OrgID, UserID: u.ID, Channel: accountChannel, OfAccount: true, Verified: true, Enabled: true,
	})
	return err
}

// UserRemoved lets go of a user's rules, preferences, contact methods and limits. Those that notifications name stay, which keeps the
// user.
func (s *Service) UserRemoved(tx *db.Tx, u account.User) error { return deleteReach(tx, u.OrgID, u.ID) }
