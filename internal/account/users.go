package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// CreateUser makes a user. Faults: Forbidden, Invalid (every wrong field, an unknown team among them), Duplicate
// (email_taken).
func (s *Service) CreateUser(ctx context.Context, actor Actor, n NewUser) (User, error) {
	if err := require(actor, Admin, "create users"); err != nil {
		return User{}, err
	}
	return s.create(ctx, actor.Org, n, s.insert)
}

// Signup makes a user who asks for it. by is who is signed in, if anybody: role, team and flags are taken from an
// administrator only. Faults: those of CreateUser, Forbidden (signup_closed) when the organisation does not take sign-ups.
func (s *Service) Signup(ctx context.Context, by *Actor, n NewUser) (User, error) {
	if by != nil && by.Can(Admin) {
		return s.create(ctx, by.Org, n, s.insert)
	}
	org := DefaultOrg
	if by != nil {
		org = by.Org
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		// The first user is made by the setup link; a stranger must not be the one who makes it void.
		if exists, err := anyUser(tx); err != nil || !exists {
			return orError(err, signupClosed())
		}
		settings, err := s.OrgSettings(tx, org)
		if err != nil {
			return err
		}
		if settings.Signup == SignupOpen || (settings.Signup == "" && s.signup == SignupOpen) {
			return nil
		}
		return signupClosed()
	})
	if err != nil {
		return User{}, err
	}
	n.Role, n.TeamID, n.IsActive, n.IsSuperuser = RoleUser, nil, nil, false
	return s.create(ctx, org, n, s.insert)
}

// create checks everything that can be checked, hashes the password outside of any transaction, and has insert write.
func (s *Service) create(ctx context.Context, org int64, n NewUser, insert func(tx *db.Tx, u User, hash string) (User, error)) (user User, err error) {
	var c fault.Checks
	u := n.user(&c, org)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		found := c // The closure may run again.
		if err := checkTeam(tx, &found, org, u.TeamID); err != nil {
			return err
		}
		if err := found.Err(); err != nil {
			return err
		}
		_, taken, err := userByLogin(tx, u.Email)
		if err == nil && taken {
			return emailTaken()
		}
		return err
	})
	if err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		user, err = insert(tx, u, hash)
		return err
	})
	return user, err
}

// user is the user that n describes; every wrong field is noted.
func (n NewUser) user(c *fault.Checks, org int64) User {
	u := User{
		OrgID: org, IsActive: n.IsActive == nil || *n.IsActive, IsSuperuser: n.IsSuperuser, TeamID: n.TeamID,
		Email:       emailAddress(c, "body.email", n.Email),
		FullName:    line(c, "body.full_name", n.FullName, maxName),
		PhoneNumber: phoneNumber(c, "body.phone_number", n.PhoneNumber),
		Role:        knownRole(c, "body.role", n.Role),
		Timezone:    zoneName(c, "body.timezone", n.Timezone),
	}
	newPassword(c, n.Password, n.Email)
	return u
}

// insert writes a new user and lets the welcomer do its part. A setup link is void from here on.
func (s *Service) insert(tx *db.Tx, u User, hash string) (User, error) {
	id, err := tx.NextID("users")
	if err != nil {
		return User{}, err
	}
	u.ID, u.CreatedAt, u.UpdatedAt = id, tx.Now(), tx.Now()
	if err := insertUser(tx, u, hash); err != nil {
		return User{}, userFault(err)
	}
	if _, err := takeSetup(tx, DefaultOrg); err != nil {
		return User{}, err
	}
	if s.welcomer != nil {
		if err := s.welcomer.UserCreated(tx, u); err != nil {
			return User{}, err
		}
	}
	s.changed(tx, u.OrgID)
	return u, nil
}

// GetUser is one user: oneself, or anybody for who may read users. Faults: Forbidden, NotFound.
func (s *Service) GetUser(ctx context.Context, actor Actor, id int64) (user User, err error) {
	if err := requireSignedIn(actor); err != nil {
		return User{}, err
	}
	if id != actor.UserID && !actor.Can(ReadAdmin) {
		return User{}, Forbid("see other users")
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		user, found, err = userByID(tx, actor.Org, id)
		return orNotFound(err, found, "User")
	})
	return user, err
}

// ListUsers lists users, newest first, and how many there are in all (to MaxCount + 1). Faults: Forbidden, Invalid.
func (s *Service) ListUsers(ctx context.Context, actor Actor, f UserFilter) (users []User, total int, err error) {
	if err := require(actor, ReadAdmin, "list users"); err != nil {
		return nil, 0, err
	}
	var c fault.Checks
	p := newPage(&c, f.Skip, f.Limit, f.Cursor)
	if f.Role != nil {
		checkRole(&c, "query.role", *f.Role)
	}
	line(&c, "query.q", f.Query, maxName)
	if err := c.Err(); err != nil {
		return nil, 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		users, total, err = listUsers(tx, f.where(actor.Org), p)
		return err
	})
	return users, total, err
}

// checkTeam notes a home team that does not exist or is not active; nil and 0 are none.
func checkTeam(tx *db.Tx, c *fault.Checks, org int64, teamID *int64) error {
	if teamID == nil || *teamID == 0 {
		return nil
	}
	team, found, err := teamByID(tx, org, *teamID, "")
	switch {
	case err != nil:
		return err
	case !found:
		c.Add("body.team_id", "must be a team of this organisation")
	case !team.IsActive:
		c.Add("body.team_id", "must be an active team")
	}
	return nil
}

// userFault gives a violated constraint of users or logins its fault.
func userFault(err error) error {
	switch {
	case db.IsUnique(err, ""):
		return emailTaken()
	case db.IsForeignKey(err):
		var c fault.Checks
		c.Add("body.team_id", "must be a team of this organisation")
		return c.Err()
	}
	return err
}

func emailTaken() error {
	return fault.New(fault.Duplicate, "email_taken", "A user with this e-mail address already exists.")
}

func signupClosed() error {
	return fault.New(fault.Forbidden, "signup_closed", "Not enough permissions: signing up is not open here. Ask an administrator.")
}

// orError is err, else the other.
func orError(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func orNotFound(err error, found bool, what string) error {
	if err == nil && !found {
		return fault.NotFoundf(what)
	}
	return err
}
