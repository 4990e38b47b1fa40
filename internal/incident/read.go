package incident

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// Get reads an incident with all that stands on its page. Fault: NotFound, also when the actor may not see it.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (d Detail, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err = s.detail(tx, actor, id)
		return err
	})
	return d, err
}

func (s *Service) detail(tx *db.Tx, actor account.Actor, id int64) (d Detail, err error) {
	if d.Incident, err = s.See(tx, actor, id); err != nil {
		return Detail{}, err
	}
	assignments, err := s.AssigneesOf(tx, actor.Org, []int64{id})
	if err != nil {
		return Detail{}, err
	}
	d.Assignments = assignments[id]
	if d.Comments, err = commentsOf(tx, actor.Org, id); err != nil {
		return Detail{}, err
	}
	if d.Timeline, err = timelineOf(tx, actor.Org, id, 0, maxLimit); err != nil {
		return Detail{}, err
	}
	d.Alerts, err = alertsOf(tx, actor.Org, id)
	return d, err
}

// See reads an incident that the actor may see. Fault: NotFound.
func (s *Service) See(tx *db.Tx, actor account.Actor, id int64) (Incident, error) {
	found, err := s.ByID(tx, actor.Org, []int64{id})
	if err != nil {
		return Incident{}, err
	}
	inc, ok := found[id]
	if !ok {
		return Incident{}, fault.NotFoundf("Incident")
	}
	assigned, err := isAssigned(tx, actor.Org, id, actor.UserID)
	if err != nil {
		return Incident{}, err
	}
	if !canSee(actor, inc, assigned) {
		return Incident{}, fault.NotFoundf("Incident")
	}
	return inc, nil
}

// Abilities say what the actor may do to the incident, so that screens offer no more.
type Abilities struct{ Act, Delete bool }

// Abilities reads what the actor may do to an incident that the actor sees. Fault: NotFound.
func (s *Service) Abilities(ctx context.Context, actor account.Actor, id int64) (may Abilities, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		inc, err := s.See(tx, actor, id)
		if err != nil {
			return err
		}
		assigned, err := isAssigned(tx, actor.Org, id, actor.UserID)
		may = Abilities{Act: canAct(actor, inc, assigned), Delete: actor.Can(account.Admin)}
		return err
	})
	return may, err
}

// Comments lists an incident's comments, oldest first. Fault: NotFound.
func (s *Service) Comments(ctx context.Context, actor account.Actor, id int64) (list []Comment, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.See(tx, actor, id); err != nil {
			return err
		}
		list, err = commentsOf(tx, actor.Org, id)
		return err
	})
	return list, err
}

// Timeline lists an incident's timeline, newest first. Faults: NotFound, Invalid.
func (s *Service) Timeline(ctx context.Context, actor account.Actor, id int64, skip, limit int) (list []TimelineEvent, err error) {
	var bad fault.Checks
	checkPaging(&bad, &skip, &limit)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.See(tx, actor, id); err != nil {
			return err
		}
		list, err = timelineOf(tx, actor.Org, id, skip, limit)
		return err
	})
	return list, err
}

func checkPaging(bad *fault.Checks, skip, limit *int) {
	if *limit == 0 {
		*limit = defaultLimit
	}
	if *skip < 0 {
		bad.Add("query.skip", "must be 0 or more")
	}
	if *limit < 1 || *limit > maxLimit {
		bad.Add("query.limit", "must be 1 to %d", maxLimit)
	}
}

// List lists the incidents that the actor may see and the filter matches. Fault: Invalid for paging, sort or cursor.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter) (page Page, err error) {
	order, err := f.check()
	if err != nil {
		return Page{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w := f.where(tx, actor)
		if page.Total, err = countIncidents(tx, w); err != nil {
			return err
		}
		if page.Incidents, page.Next, err = listIncidents(tx, w, order, f); err != nil {
			return err
		}
		if f.WithAssignments {
			ids := make([]int64, len(page.Incidents))
			for i, inc := range page.Incidents {
				ids[i] = inc.ID
			}
			page.Assignments, err = s.AssigneesOf(tx, actor.Org, ids)
		}
		return err
	})
	return page, err
}

// Counts counts what the actor may see, for the tiles of the inbox. The day of "resolved today" begins at midnight UTC.
func (s *Service) Counts(ctx context.Context, actor account.Actor) (c Counts, err error) {
	yes := true
	day := s.DB.Now().Truncate(24 * hour)
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		for _, tile := range []struct {
			n *int
			f Filter
		}{
			{&c.Open, Filter{Statuses: []Status{StatusOpen}}},
			{&c.Acknowledged, Filter{Statuses: []Status{StatusAcknowledged}}},
			{&c.Snoozed, Filter{Statuses: []Status{StatusSnoozed}}},
			{&c.ResolvedToday, Filter{ResolvedFrom: &day}},
			{&c.Unescalated, Filter{Unescalated: &yes}},
		} {
			total, err := countIncidents(tx, tile.f.where(tx, actor))
			if err != nil {
				return err
			}
			*tile.n = total.N
		}
		return nil
	})
	return c, err
}
