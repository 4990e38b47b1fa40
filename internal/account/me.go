package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// UpdateMe changes what people may change about themselves; never role, team or flags. A new e-mail address or password
// needs the present password, and a new password ends every other sign-in of the person.
// Faults: Unauthenticated, Invalid (every wrong field), Duplicate (email_taken), Conflict (changed meanwhile), RateLimited
// after too many wrong passwords, Unavailable when too many passwords are checked at once.
func (s *Service) UpdateMe(ctx context.Context, actor Actor, p MePatch) (user User, err error) {
	if actor.Kind != ActorUser {
		return User{}, notAuthenticated()
	}
	var known secretUser
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		known, found, err = secretUserByID(tx, actor.Org, actor.UserID, "")
		return orNotFound(err, found, "User")
	})
	if err != nil {
		return User{}, err
	}
	patch := UserPatch{Email: p.Email, FullName: p.FullName, PhoneNumber: p.PhoneNumber, Timezone: p.Timezone}
	proved, hash, err := s.checkMe(ctx, known, p, &patch)
	if err != nil {
		return User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now, found, err := secretUserByID(tx, actor.Org, actor.UserID, tx.Lock())
		if err := orNotFound(err, found, "User"); err != nil {
			return err
		}
		if proved && now.hash != known.hash {
			return fault.New(fault.Conflict, "password_changed", "The password has been changed meanwhile: sign in again.")
		}
		user, err = s.save(tx, actor, now.User, patch.applyTo(now.User), hash)
		return err
	})
	return user, err
}

// checkMe checks every field and, if the change needs it, the present password; hash is that of the new password, if any.
func (s *Service) checkMe(ctx context.Context, known secretUser, p MePatch, patch *UserPatch) (proved bool, hash string, err error) {
	var c fault.Checks
	patch.check(&c)
	needed := p.Password != nil || (patch.Email != nil && foldEmail(*patch.Email) != foldEmail(known.Email))
	if needed && (p.OldPassword == nil || *p.OldPassword == "") {
		c.Add("body.old_password", "is required to change the password or the e-mail address")
	}
	if p.Password != nil {
		newPassword(&c, *p.Password, known.Email)
	}
	if err := c.Err(); err != nil || !needed {
		return false, "", err
	}
	if err := s.prove(ctx, known, *p.OldPassword); err != nil {
		return false, "", err
	}
	if p.Password != nil {
		hash, err = s.hasher.hash(ctx, *p.Password)
	}
	return true, hash, err
}

// prove checks the present password. A stolen session must not be a way to guess it, so the throttle counts here too.
func (s *Service) prove(ctx context.Context, known secretUser, password string) error {
	try, err := s.throttle.begin(s.clock.Now(), "present password of "+foldEmail(known.Email), "user "+foldEmail(known.Email))
	if err != nil {
		return err
	}
	how := abandoned
	defer func() { try.end(s.clock.Now(), how) }()
	ok, err := s.hasher.matches(ctx, known.hash, password)
	if err != nil {
		return err
	}
	if !ok {
		how = failed
		var c fault.Checks
		c.Add("body.old_password", "is not the present password")
		return c.Err()
	}
	how = succeeded
	return nil
}
