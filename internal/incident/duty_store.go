package incident

import (
	"github.com/tocsinhq/tocsin/internal/db"
)

// defaultRole is the role in a response of whoever is assigned without one.
const defaultRole = "responder"

// assignOnDuty assigns every new incident of a team to who is on call for it, the least loaded first.
func (s *Service) assignOnDuty(tx *db.Tx, org int64, b *board) ([]Assignment, error) {
	if s.OnDuty == nil {
		return nil, nil
	}
	teams := map[int64]*duty{}
	var assigned []Assignment
	for _, inc := range b.created {
		if inc.TeamID == nil || inc.Status == StatusResolved { // It may have ended within the batch.
			continue
		}
		d := teams[*inc.TeamID]
		if d == nil {
			var err error
			if d, err = s.dutyOf(tx, org, *inc.TeamID); err != nil {
				return nil, err
			}
			teams[*inc.TeamID] = d
		}
		person, found := d.next()
		if !found {
			continue
		}
		inc.AssignedTo = &person
		assigned = append(assigned, Assignment{IncidentID: inc.ID, UserID: person, Role: defaultRole, AssignedAt: b.now})
		b.note(inc, "assigned", "Assigned to "+d.names[person]+", who is on call.", map[string]any{"user_id": person, "via": "on call"})
	}
	return assigned, nil
}

// duty is who is on call for one team, with what they have open already.
type duty struct {
	people []int64
	names  map[int64]string
	load   map[int64]int
}

// maxLoad is how far a person's open incidents are counted; beyond it everybody has too many.
const maxLoad = 100

func (s *Service) dutyOf(tx *db.Tx, org, teamID int64) (*duty, error) {
	people, err := s.OnDuty(tx, org, teamID)
	if err != nil {
		return nil, err
	}
	d := &duty{people: people, names: map[int64]string{}, load: map[int64]int{}}
	users, err := s.People.UsersByID(tx, org, people)
	if err != nil {
		return nil, err
	}
	for id, user := range users {
		d.names[id] = user.Name()
	}
	if len(people) < 2 {
		return d, nil
	}
	for _, person := range people {
		n, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM incidents
			WHERE org_id = ? AND assigned_to = ? AND status <> 'resolved' AND deleted_at IS NULL LIMIT ?) t`, org, person, maxLoad)
		if err != nil {
			return nil, err
		}
		d.load[person] = n
	}
	return d, nil
}

func (d *duty) next() (person int64, found bool) {
	for _, p := range d.people {
		if !found || d.load[p] < d.load[person] {
			person, found = p, true
		}
	}
	if found {
		d.load[person]++
	}
	return person, found
}
