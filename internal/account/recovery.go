package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	recoveryLifetime = time.Hour
	recoveryPurpose  = "password recovery"
)

// Mailer sends a person the link with which a forgotten password is set anew. It returns at once and sends later, for the
// time that the answer takes must not tell whether the address is known. The token is a credential: it must not be logged
// or shown to anybody else.
type Mailer interface {
	PasswordRecovery(ctx context.Context, u User, token string, validFor time.Duration) error
}

// recoveryClaims are what a recovery token says. Mark ties it to the password it is to replace: once that has been changed,
// by this token or otherwise, the token is void, and so nothing needs to be stored.
type recoveryClaims struct {
	jwt.RegisteredClaims
	Org  int64  `json:"org"`
	Mark string `json:"mark"`
}

// RequestRecovery has a recovery mail sent if the address is an active user's, and does not say whether it is.
// Faults: RateLimited; Unavailable or Internal when mail cannot be sent at all.
func (s *Service) RequestRecovery(ctx context.Context, email, address string) error {
	try, err := s.throttle.begin(s.clock.Now(), "recovery of "+foldEmail(email), address)
	if err != nil {
		return err
	}
	// Every request counts, or a stranger could fill a mailbox.
	defer func() { try.end(s.clock.Now(), failed) }()
	var u secretUser
	var found bool
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, found, err = userByLogin(tx, email)
		return err
	})
	if err != nil || !found || !u.IsActive {
		return err
	}
	if s.mailer == nil {
		s.logger.WarnContext(ctx, "no mail can be sent, so no password can be recovered", "org", u.OrgID, "user", u.ID)
		return nil
	}
	token, err := s.recoveryToken(u)
	if err != nil {
		return err
	}
	return s.mailer.PasswordRecovery(ctx, u.User, token, recoveryLifetime)
}

func (s *Service) recoveryToken(u secretUser) (string, error) {
	return s.keys.sign(recoveryPurpose, recoveryClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   strconv.FormatInt(u.ID, 10),
			ExpiresAt: jwt.NewNumericDate(s.db.Now().Add(recoveryLifetime)),
		},
		Org: u.OrgID, Mark: recoveryMark(u),
	})
}

// recoveryMark tells one stored password from the next without giving anything of it away.
func recoveryMark(u secretUser) string {
	sum := sha256.Sum256([]byte(u.hash + "/" + strconv.FormatInt(u.tokenVersion, 10)))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// ResetPassword sets a forgotten password by the token of a recovery mail and ends every sign-in of that user.
// Faults: Malformed (bad_recovery_token), Invalid.
func (s *Service) ResetPassword(ctx context.Context, token, password string) error {
	var said recoveryClaims
	if err := s.keys.verify(recoveryPurpose, token, &said, s.db.Now()); err != nil {
		return badRecoveryToken()
	}
	id, err := strconv.ParseInt(said.Subject, 10, 64)
	if err != nil {
		return badRecoveryToken()
	}
	var u secretUser
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, err = recoverable(tx, said, id, "")
		return err
	})
	if err != nil {
		return err
	}
	var c fault.Checks
	hash, err := s.hashNew(ctx, &c, &password, u.Email)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// Of two with one token, the second finds another password than the token was made for.
		u, err := recoverable(tx, said, id, tx.Lock())
		if err != nil {
			return err
		}
		after := u.User
		after.tokenVersion++
		_, err = s.save(tx, Actor{}, u.User, after, hash)
		return err
	})
}

// recoverable is the user whose password the token may replace.
func recoverable(tx *db.Tx, said recoveryClaims, id int64, lock string) (secretUser, error) {
	u, found, err := secretUserByID(tx, said.Org, id, lock)
	switch {
	case err != nil:
		return secretUser{}, err
	case !found || !u.IsActive || recoveryMark(u) != said.Mark:
		return secretUser{}, badRecoveryToken()
	}
	return u, nil
}

func badRecoveryToken() error {
	return fault.New(fault.Malformed, "bad_recovery_token", "This link is not valid, or no longer: ask for a new one.")
}
