package notify

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Routes are the ways to reach people, by person: their account's e-mail.
func (s *Service) Routes(tx *db.Tx, org int64, userIDs []int64, _ incident.Urgency, _ []string) (map[int64][]Route, error) {
	users, err := s.People.UsersByID(tx, org, userIDs)
	routes := map[int64][]Route{}
	for id, u := range users {
		routes[id] = []Route{{Channel: "email", Address: u.Email}}
	}
	return routes, err
}

// UserCreated has nothing to keep: the account has the address.
func (s *Service) UserCreated(*db.Tx, account.User) error { return nil }
