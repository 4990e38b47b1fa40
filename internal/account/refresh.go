package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Refresh trades a refresh token for a new pair. A token is good once: used again, somebody has a copy, and since nobody can
// tell who the thief is, the whole family ends (RFC 9700, 4.14.2).
// Faults: Unauthenticated (bad_refresh_token), Forbidden (inactive_user).
func (s *Service) Refresh(ctx context.Context, token string) (tokens Tokens, err error) {
	org, ok := tokenOrg(token)
	if !ok {
		return Tokens{}, badRefreshToken()
	}
	var refused error
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// A refusal that ends the family must be committed, so it is no error of the transaction.
		tokens, refused, err = s.rotate(tx, org, token)
		return err
	})
	if err == nil {
		err = refused
	}
	return tokens, err
}

func (s *Service) rotate(tx *db.Tx, org int64, token string) (tokens Tokens, refused, err error) {
	old, found, err := lockRefreshToken(tx, org, token)
	switch {
	case err != nil:
		return Tokens{}, nil, err
	case !found || old.revokedAt != nil || !old.expiresAt.After(tx.Now()):
		return Tokens{}, badRefreshToken(), nil
	case old.rotatedAt != nil:
		s.logger.Warn("refresh token used twice, its family ends", "org", org, "user", old.userID)
		return Tokens{}, badRefreshToken(), revokeFamily(tx, org, old.family)
	}
	user, found, err := userByID(tx, org, old.userID)
	switch {
	case err != nil:
		return Tokens{}, nil, err
	case !found:
		return Tokens{}, badRefreshToken(), nil
	case !user.IsActive:
		return Tokens{}, inactive(), nil
	}
	if err := markRotated(tx, org, old.id); err != nil {
		return Tokens{}, nil, err
	}
	tokens, err = s.issue(tx, user, old.family)
	return tokens, nil, err
}

func badRefreshToken() error {
	return fault.New(fault.Unauthenticated, "bad_refresh_token", "The refresh token is not valid: sign in again.")
}

// Logout ends the family of the refresh token, if it is the actor's, and the sign-in by which the actor came. Its access
// tokens end with it. An unknown token is no error: it is as good as ended.
func (s *Service) Logout(ctx context.Context, actor Actor, refreshToken string) error {
	if err := requireSignedIn(actor); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if org, ok := tokenOrg(refreshToken); ok && org == actor.Org {
			token, found, err := lockRefreshToken(tx, org, refreshToken)
			if err != nil {
				return err
			}
			if found && token.userID == actor.UserID {
				if err := revokeFamily(tx, org, token.family); err != nil {
					return err
				}
			}
		}
		if actor.SessionID != 0 {
			if _, err := deleteSession(tx, actor.Org, actor.UserID, actor.SessionID); err != nil {
				return err
			}
		}
		if actor.Family == "" {
			return nil
		}
		return revokeFamily(tx, actor.Org, actor.Family)
	})
}
