package account

import (
	"context"
	"crypto/subtle"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// maxSetupLinks is how many links are good at once: each node that starts on an empty database prints its own.
const maxSetupLinks = 8

// NeedsSetup reports whether there is nobody yet who could sign in.
func (s *Service) NeedsSetup(ctx context.Context) (needed bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		exists, err := anyUser(tx)
		needed = !exists
		return err
	})
	return needed, err
}

// SetupLink makes the token of a link that makes the first administrator: good once, and void as soon as any user exists.
// Only its hash is stored. Fault: Conflict (already_set_up).
func (s *Service) SetupLink(ctx context.Context) (token string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// The organisation's row is held, so that two nodes which print links at the same time keep each other's.
		if _, _, err := organizationByID(tx, DefaultOrg, tx.Lock()); err != nil {
			return err
		}
		hashes, err := setupHashes(tx, DefaultOrg)
		if err != nil {
			return err
		}
		if exists, err := anyUser(tx); err != nil || exists {
			return orError(err, fault.New(fault.Conflict, "already_set_up", "The first user exists already: sign in."))
		}
		token = newOpaqueToken(DefaultOrg)
		hashes = append(hashes, hashToken(token))
		return putSetup(tx, DefaultOrg, hashes[max(0, len(hashes)-maxSetupLinks):])
	})
	return token, err
}

// CompleteSetup makes the first administrator by the token of a setup link. Faults: Malformed (bad_setup_link), Invalid.
func (s *Service) CompleteSetup(ctx context.Context, token string, n NewUser) (User, error) {
	// A wrong token must cost no hash, so it is looked at before as well.
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		hashes, err := setupHashes(tx, DefaultOrg)
		if err != nil {
			return err
		}
		return checkSetup(tx, hashes, token)
	})
	if err != nil {
		return User{}, err
	}
	n.Role, n.IsSuperuser, n.TeamID, n.IsActive = RoleAdmin, true, nil, nil
	return s.create(ctx, DefaultOrg, n, func(tx *db.Tx, u User, hash string) (User, error) {
		// Of two with one link, the second waits here until the first is done, and then gets no hashes. Whoever makes a user in
		// another way takes them too, and either comes before this, so that the link is void, or after it.
		hashes, err := takeSetup(tx, DefaultOrg)
		if err != nil {
			return User{}, err
		}
		if err := checkSetup(tx, hashes, token); err != nil {
			return User{}, err
		}
		return s.insert(tx, u, hash)
	})
}

func checkSetup(tx *db.Tx, hashes []string, token string) error {
	given := []byte(hashToken(token))
	known := slices.ContainsFunc(hashes, func(hash string) bool { return subtle.ConstantTimeCompare([]byte(hash), given) == 1 })
	if exists, err := anyUser(tx); err != nil || exists || !known {
		return orError(err, fault.New(fault.Malformed, "bad_setup_link",
			"This link is not valid, or no longer: the server prints a new one when it starts without users."))
	}
	return nil
}

// CreateUserDirect makes a user of the default organisation on behalf of whoever can reach the database: the command line.
// team is the name of the home team, "" for none. Faults: Invalid (every wrong field), Duplicate (email_taken).
func (s *Service) CreateUserDirect(ctx context.Context, n NewUser, team string) (User, error) {
	if team != "" {
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			t, found, err := s.TeamByName(tx, DefaultOrg, team)
			n.TeamID = &t.ID
			if err == nil && !found {
				var c fault.Checks
				n.user(&c, DefaultOrg)
				c.Add("body.team", "must be a team of this organisation")
				return c.Err()
			}
			return err
		})
		if err != nil {
			return User{}, err
		}
	}
	return s.create(ctx, DefaultOrg, n, s.insert)
}

// EnsureAdmin makes an administrator of the address unless it has a user already, whose password it leaves alone; created
// says which. The environment asks for this at every start, on every node. Fault: Invalid.
func (s *Service) EnsureAdmin(ctx context.Context, email, password string) (created bool, err error) {
	_, err = s.CreateUserDirect(ctx, NewUser{Email: email, Password: password, Role: RoleAdmin, IsSuperuser: true}, "")
	if fault.Is(err, fault.Duplicate) {
		return false, nil
	}
	return err == nil, err
}
