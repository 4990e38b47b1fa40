package notify

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// mayManage reports whether the actor may see and change how the person is reached: oneself, and administrators.
func mayManage(actor account.Actor, userID int64) bool {
	return actor.Kind == account.ActorUser && actor.UserID == userID || actor.Can(account.Admin)
}

// whose is the person whose ways are asked for. Faults: Forbidden, NotFound.
func (s *Service) whose(tx *db.Tx, actor account.Actor, userID int64) (account.User, error) {
	if !mayManage(actor, userID) {
		return account.User{}, account.Forbid("see or change how other people are reached")
	}
	users, err := s.People.UsersByID(tx, actor.Org, []int64{userID})
	if err != nil {
		return account.User{}, err
	}
	owner, found := users[userID]
	if !found {
		return account.User{}, fault.NotFoundf("User")
	}
	return owner, nil
}

// holdReach is whose, and keeps every other change to how the person is reached waiting until tx ends: limits and rules are judged by
// what is there then.
func (s *Service) holdReach(tx *db.Tx, actor account.Actor, userID int64) (account.User, error) {
	owner, err := s.whose(tx, actor, userID)
	if err != nil {
		return account.User{}, err
	}
	return owner, lockReach(tx, actor.Org, userID)
}

// holdMethod is holdReach for the owner of a contact method. Fault: NotFound, also for one that is not the actor's to see.
func (s *Service) holdMethod(tx *db.Tx, actor account.Actor, id int64) (ContactMethod, error) {
	m, found, err := methodByID(tx, actor.Org, id)
	if err != nil {
		return ContactMethod{}, err
	}
	if !found || !mayManage(actor, m.UserID) {
		return ContactMethod{}, fault.NotFoundf("Contact method")
	}
	owner, err := s.holdReach(tx, actor, m.UserID)
	if err != nil {
		return ContactMethod{}, err
	}
	// It may have been changed or deleted before the lock was held.
	if m, found, err = methodByID(tx, actor.Org, id); err == nil && !found {
		err = fault.NotFoundf("Contact method")
	}
	return m.resolved(s.Channels, owner), err
}
