package account

import (
	"errors"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	accessLifetime = 30 * time.Minute
	accessPurpose  = "access token"
)

// claims are what an access token says (RFC 7519): sub is the user's id, exp, iat and jti as registered.
type claims struct {
	jwt.RegisteredClaims
	Org     int64  `json:"org"`
	Version int64  `json:"ver"` // The user's token version when it was issued.
	Family  string `json:"fam"` // The family of refresh tokens it belongs to.
}

// userID is the subject as an id; 0 when it is none.
func (c claims) userID() int64 {
	id, err := strconv.ParseInt(c.Subject, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// signAccess makes the access token of a user.
func (k Keys) signAccess(u User, family string, now time.Time) (string, error) {
	return k.sign(accessPurpose, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   strconv.FormatInt(u.ID, 10),
			ID:        randomText(12),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(accessLifetime)),
		},
		Org: u.OrgID, Version: u.tokenVersion, Family: family,
	})
}

// parseAccess checks signature and expiry. Fault: Unauthenticated (token_expired, bad_token).
func (k Keys) parseAccess(token string, now time.Time) (claims, error) {
	var c claims
	err := k.verify(accessPurpose, token, &c, now)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return c, fault.New(fault.Unauthenticated, "token_expired", "The access token has expired.")
	case err != nil || c.userID() <= 0 || c.Org <= 0:
		return c, badToken()
	}
	return c, nil
}

func badToken() error {
	return fault.New(fault.Unauthenticated, "bad_token", "The credentials could not be validated.")
}
