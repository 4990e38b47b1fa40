package account

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const maxSignedToken = 4096

// sign makes a JWT (RFC 7519, HS256) with the id of the key in its header.
func (k Keys) sign(purpose string, c jwt.Claims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	token.Header["kid"] = k.ID
	return token.SignedString(k.Derive(purpose))
}

// verify reads a JWT into c if a key of ours signed it for the purpose and it has not expired. The signature is checked
// first: the error is jwt.ErrTokenExpired only for a token that is otherwise good.
func (k Keys) verify(purpose, token string, c jwt.Claims, now time.Time) error {
	if len(token) > maxSignedToken {
		return jwt.ErrTokenMalformed
	}
	_, err := jwt.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		key, known := k.DeriveFor(id, purpose)
		if !known {
			return nil, jwt.ErrTokenUnverifiable
		}
		return key, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	return err
}
