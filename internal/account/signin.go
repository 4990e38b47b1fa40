package account

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	refreshLifetime = 30 * 24 * time.Hour
	familyBytes     = 16
)

// LoginRequest is a try to sign in. Address is the client's, for the throttle.
type LoginRequest struct {
	Email, Password string
	Address         string
	UserAgent       string
}

// Tokens are what a client gets to sign in with. The access token is good for ExpiresIn; the refresh token once, for the next
// pair of both.
type Tokens struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    time.Duration
	User         User
}

// Login signs a client in. Faults: Malformed (bad_credentials), Forbidden (inactive_user), RateLimited after too many
// failures for the account or from the address, Unavailable when too many sign in at once.
func (s *Service) Login(ctx context.Context, r LoginRequest) (tokens Tokens, err error) {
	known, err := s.recognise(ctx, r)
	if err != nil {
		return Tokens{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		user, err := stillTheSame(tx, known)
		if err != nil {
			return err
		}
		if err := sweepSignIns(tx, user); err != nil {
			return err
		}
		tokens, err = s.issue(tx, user, randomText(familyBytes))
		return err
	})
	return tokens, err
}

// recognise checks e-mail address and password. An address that nobody has takes as long as one with a wrong password, and
// that a user is inactive is told only to who knows the password.
func (s *Service) recognise(ctx context.Context, r LoginRequest) (secretUser, error) {
	try, err := s.throttle.begin(s.clock.Now(), foldEmail(r.Email), r.Address)
	if err != nil {
		return secretUser{}, err
	}
	how := abandoned
	defer func() { try.end(s.clock.Now(), how) }()
	var known secretUser
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		known, _, err = userByLogin(tx, r.Email)
		return err
	})
	if err != nil {
		return secretUser{}, err
	}
	ok, err := s.hasher.matches(ctx, known.hash, r.Password)
	switch {
	case err != nil:
		return secretUser{}, err
	case !ok:
		how = failed
		return secretUser{}, badCredentials()
	}
	how = succeeded
	if !known.IsActive {
		return secretUser{}, inactive()
	}
	return known, nil
}

// stillTheSame reads a user again under lock: between the check of the password and this transaction the user may have been
// deactivated or the password changed, which ended the sign-ins there were; this one must not slip past.
func stillTheSame(tx *db.Tx, known secretUser) (User, error) {
	now, found, err := secretUserByID(tx, known.OrgID, known.ID, tx.Lock())
	switch {
	case err != nil:
		return User{}, err
	case !found || now.hash != known.hash:
		return User{}, badCredentials()
	case !now.IsActive:
		return User{}, inactive()
	}
	return now.User, nil
}

func badCredentials() error {
	return fault.New(fault.Malformed, "bad_credentials", "Incorrect email or password.")
}

// issue makes a pair of tokens of a family.
func (s *Service) issue(tx *db.Tx, u User, family string) (Tokens, error) {
	refresh := newOpaqueToken(u.OrgID)
	if err := insertRefreshToken(tx, u, refresh, family, tx.Now().Add(refreshLifetime)); err != nil {
		return Tokens{}, err
	}
	access, err := s.keys.signAccess(u, family, tx.Now())
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: access, RefreshToken: refresh, ExpiresIn: accessLifetime, User: u}, nil
}
