package account

import (
	"context"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// UpdateUser changes a user. Deactivating ends every sign-in; a new password every one but the actor's own.
// Faults: Forbidden, NotFound, Invalid (every wrong field), Duplicate (email_taken), Conflict (last_admin).
func (s *Service) UpdateUser(ctx context.Context, actor Actor, id int64, p UserPatch) (user User, err error) {
	if err := require(actor, Admin, "change users"); err != nil {
		return User{}, err
	}
	var c fault.Checks
	p.check(&c)
	var before User
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		before, found, err = userByID(tx, actor.Org, id)
		if err := orNotFound(err, found, "User"); err != nil {
			return err
		}
		return checkTeam(tx, &c, actor.Org, p.TeamID)
	})
	if err != nil {
		return User{}, err
	}
	hash, err := s.hashNew(ctx, &c, p.Password, before.Email)
	if err != nil {
		return User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		admins, err := lockAdmins(tx, actor.Org)
		if err != nil {
			return err
		}
		known, found, err := secretUserByID(tx, actor.Org, id, tx.Lock())
		if err := orNotFound(err, found, "User"); err != nil {
			return err
		}
		after := p.applyTo(known.User)
		if err := keepOneAdmin(admins, known.User, after); err != nil {
			return err
		}
		user, err = s.save(tx, actor, known.User, after, hash)
		return err
	})
	return user, err
}

// check notes every field that is wrong whatever the user is.
func (p *UserPatch) check(c *fault.Checks) {
	if p.Email != nil {
		email := emailAddress(c, "body.email", *p.Email)
		p.Email = &email
	}
	if p.FullName != nil {
		name := line(c, "body.full_name", *p.FullName, maxName)
		p.FullName = &name
	}
	if p.PhoneNumber != nil {
		number := phoneNumber(c, "body.phone_number", *p.PhoneNumber)
		p.PhoneNumber = &number
	}
	if p.Role != nil {
		role := knownRole(c, "body.role", *p.Role)
		p.Role = &role
	}
	if p.Timezone != nil {
		zone := zoneName(c, "body.timezone", *p.Timezone)
		p.Timezone = &zone
	}
}

// applyTo is the user as changed, but for the password.
func (p *UserPatch) applyTo(u User) User {
	set(&u.Email, p.Email)
	set(&u.FullName, p.FullName)
	set(&u.PhoneNumber, p.PhoneNumber)
	set(&u.Role, p.Role)
	set(&u.Timezone, p.Timezone)
	set(&u.IsActive, p.IsActive)
	set(&u.IsSuperuser, p.IsSuperuser)
	u.TeamID = patched(u.TeamID, p.TeamID)
	return u
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// patched is a reference as changed: nil leaves it, 0 takes it away.
func patched(old, change *int64) *int64 {
	switch {
	case change == nil:
		return old
	case *change == 0:
		return nil
	default:
		return change
	}
}

// hashNew checks a new password together with what was found wrong before, and hashes it; nil is no new password.
func (s *Service) hashNew(ctx context.Context, c *fault.Checks, password *string, email string) (string, error) {
	if password != nil {
		newPassword(c, *password, email)
	}
	if err := c.Err(); err != nil || password == nil {
		return "", err
	}
	return s.hasher.hash(ctx, *password)
}

// save writes a changed user, with a new password unless hash is "", and ends the sign-ins that must end with it.
func (s *Service) save(tx *db.Tx, actor Actor, before, after User, hash string) (User, error) {
	after.UpdatedAt = tx.Now()
	if before.IsActive && !after.IsActive {
		after.tokenVersion++
		if err := endSignIns(tx, after.OrgID, after.ID, 0, ""); err != nil {
			return User{}, err
		}
	}
	if hash != "" {
		if err := updatePassword(tx, after.OrgID, after.ID, hash); err != nil {
			return User{}, err
		}
		keepSession, keepFamily := int64(0), ""
		if actor.UserID == after.ID {
			keepSession, keepFamily = actor.SessionID, actor.Family
		}
		if err := endSignIns(tx, after.OrgID, after.ID, keepSession, keepFamily); err != nil {
			return User{}, err
		}
	}
	if err := updateUser(tx, after); err != nil {
		return User{}, userFault(err)
	}
	if foldEmail(before.Email) != foldEmail(after.Email) {
		if err := deleteLogin(tx, after.OrgID, after.ID); err != nil {
			return User{}, err
		}
		if err := insertLogin(tx, after); err != nil {
			return User{}, userFault(err)
		}
	}
	s.changed(tx, after.OrgID)
	return after, nil
}

// keepOneAdmin refuses a change that would leave nobody who can administer. admins are the active ones, locked.
func keepOneAdmin(admins []int64, before, after User) error {
	others := slices.ContainsFunc(admins, func(id int64) bool { return id != before.ID })
	if before.isAdmin() && !after.isAdmin() && !others {
		return fault.New(fault.Conflict, "last_admin", "This is the last active administrator: make another one first.")
	}
	return nil
}

// DeleteUser removes a user; one to whom anything refers is deactivated instead, and history keeps the name. deactivated
// says which it was. Faults: Forbidden, NotFound, Conflict (last_admin).
func (s *Service) DeleteUser(ctx context.Context, actor Actor, id int64) (deactivated bool, err error) {
	if err := require(actor, Admin, "delete users"); err != nil {
		return false, err
	}
	err = s.leave(ctx, actor.Org, id, func(tx *db.Tx, u User) error {
		if remover, ok := s.welcomer.(UserRemover); ok {
			if err := remover.UserRemoved(tx, u); err != nil {
				return err
			}
		}
		s.changed(tx, u.OrgID)
		return deleteUser(tx, u.OrgID, u.ID)
	})
	if !db.IsForeignKey(err) {
		return false, err
	}
	return true, s.leave(ctx, actor.Org, id, func(tx *db.Tx, u User) error {
		gone := u
		gone.IsActive = false
		_, err := s.save(tx, actor, u, gone, "")
		return err
	})
}

// leave does what ends a user's time here, unless it is the last administrator's.
func (s *Service) leave(ctx context.Context, org, id int64, do func(tx *db.Tx, u User) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		admins, err := lockAdmins(tx, org)
		if err != nil {
			return err
		}
		u, found, err := secretUserByID(tx, org, id, tx.Lock())
		if err := orNotFound(err, found, "User"); err != nil {
			return err
		}
		if err := keepOneAdmin(admins, u.User, User{}); err != nil {
			return err
		}
		return do(tx, u.User)
	})
}
