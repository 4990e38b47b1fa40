package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Credential is what a request shows: an access token or a session token.
type Credential struct {
	Bearer  string
	Session string
}

// Authenticate finds out who is asking. Nothing is remembered between calls: a person who was deactivated, signed out or
// given another role is known as such at once, on every node.
// Faults: Unauthenticated (not_authenticated, bad_token, token_expired, session_ended), Forbidden (inactive_user).
func (s *Service) Authenticate(ctx context.Context, c Credential) (Actor, error) {
	switch {
	case c.Bearer != "":
		return s.byAccessToken(ctx, c.Bearer)
	case c.Session != "":
		return s.bySession(ctx, c.Session)
	default:
		return Actor{}, notAuthenticated()
	}
}

func (s *Service) byAccessToken(ctx context.Context, token string) (actor Actor, err error) {
	said, err := s.keys.parseAccess(token, s.db.Now())
	if err != nil {
		return Actor{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		b, found, err := bearerByID(tx, said.Org, said.userID(), said.Family)
		switch {
		case err != nil:
			return err
		case !found:
			return badToken()
		case !b.IsActive:
			return inactive()
		case !b.familyLives || b.tokenVersion != said.Version:
			return fault.New(fault.Unauthenticated, "bad_token", "The access token is no longer valid: sign in again.")
		}
		actor, err = actorOf(tx, b.User)
		actor.Family = said.Family
		return err
	})
	return actor, err
}

// actorOf is the user as one who acts, with the teams.
func actorOf(tx *db.Tx, u User) (Actor, error) {
	teams, err := membershipsOf(tx, u.OrgID, u.ID)
	if err != nil {
		return Actor{}, err
	}
	if u.TeamID != nil {
		if _, member := teams[*u.TeamID]; !member {
			teams[*u.TeamID] = ""
		}
	}
	return Actor{
		Kind: ActorUser, Org: u.OrgID, UserID: u.ID, Name: u.Name(), Email: u.Email, Role: u.Role, Superuser: u.IsSuperuser,
		Teams: teams, Timezone: u.Timezone,
	}, nil
}

func inactive() error {
	return fault.New(fault.Forbidden, "inactive_user", "This user is not active.")
}
