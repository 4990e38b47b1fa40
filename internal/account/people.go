package account

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// People are the users with the ids for the names on screens; ids of another organisation are left out, and so are phone
// numbers. Fault: Unauthenticated.
func (s *Service) People(ctx context.Context, actor Actor, ids []int64) (people map[int64]User, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		people, err = s.UsersByID(tx, actor.Org, ids)
		return err
	})
	for id, u := range people {
		u.PhoneNumber = ""
		people[id] = u
	}
	return people, err
}

// TeamsByID are the teams with the ids, without their UserCounts, for what names them; ids of another organisation are left
// out. Fault: Unauthenticated.
func (s *Service) TeamsByID(ctx context.Context, actor Actor, ids []int64) (teams map[int64]Team, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return map[int64]Team{}, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		teams, err = s.TeamsByIDs(tx, actor.Org, ids)
		return err
	})
	return teams, err
}

// Colleagues lists the active people to whom the actor may hand an incident, by name: everybody for who may act on any
// incident, else the people of the actor's teams. query is a part of the name or the address; limit is at most 1000, 0 is 100.
// Faults: Unauthenticated, Invalid.
func (s *Service) Colleagues(ctx context.Context, actor Actor, query string, limit int) (people []User, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, err
	}
	var c fault.Checks
	p := newPage(&c, 0, limit, "")
	line(&c, "query.q", query, maxName)
	if err := c.Err(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		people, err = colleagues(tx, actor, query, p.limit)
		return err
	})
	for i := range people {
		people[i].PhoneNumber = ""
	}
	return people, err
}
