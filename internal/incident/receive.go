package incident

import (
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	maxTitle   = 255
	maxService = 255
	maxAlertID = 255
	maxText    = 50_000
)

// Receive takes reports of alerts, in the order given, and answers each. All is written in tx, in bulk: alerts, incidents,
// timeline, assignments, and what the followers add. However many alerts an incident has, the next one is taken.
func (s *Service) Receive(tx *db.Tx, org int64, reports []Report) ([]Receipt, error) {
	for i := range reports {
		r := &reports[i]
		r.Title, r.Service, r.AlertID = cut(db.Clean(r.Title), maxTitle), cut(db.Clean(r.Service), maxService), cut(db.Clean(r.AlertID), maxAlertID)
		r.Description = cut(db.Clean(r.Description), maxText)
	}
	b, err := s.lay(tx, org, reports)
	if err != nil {
		return nil, err
	}
	receipts := make([]Receipt, len(reports))
	for i, r := range reports {
		receipts[i] = b.fold(r)
	}
	ids, err := s.writeBoard(tx, org, b)
	if err != nil {
		return nil, err
	}
	for i := range receipts {
		if id, created := ids[receipts[i].IncidentID]; created {
			receipts[i].IncidentID = id
		}
		if about := b.answered[i]; about != nil {
			receipts[i].AlertID = about.ID
		}
	}
	return receipts, nil
}

// lay reads what the reports may touch, incidents first locked and then, when nobody can move them any more, their alerts.
func (s *Service) lay(tx *db.Tx, org int64, reports []Report) (*board, error) {
	keys, groups := map[string]bool{}, map[string]bool{}
	for _, r := range reports {
		keys[r.alertKey()] = true
		groups[r.groupKey()] = true
	}
	keyList, groupList := slices.Sorted(maps.Keys(keys)), slices.Sorted(maps.Keys(groups))
	firing, err := firingAlerts(tx, org, keyList)
	if err != nil {
		return nil, err
	}
	wanted, err := lastByGroup(tx, org, groupList)
	if err != nil {
		return nil, err
	}
	for _, a := range firing {
		wanted = append(wanted, a.IncidentID)
	}
	locked, err := s.LockForUpdate(tx, org, wanted)
	if err != nil {
		return nil, err
	}
	if len(locked) > 0 {
		// What was read before the lock may have moved on.
		if firing, err = firingAlerts(tx, org, keyList); err != nil {
			return nil, err
		}
	}
	b, err := newBoard(tx, org, locked, firing)
	if err != nil {
		return nil, err
	}
	if err := b.recall(tx, reports); err != nil {
		return nil, err
	}
	return b, b.lookAround(tx, groups)
}

func newBoard(tx *db.Tx, org int64, locked map[int64]Incident, firing []Alert) (*board, error) {
	b := emptyBoard(org, tx.Now())
	b.before = locked
	for _, id := range slices.Sorted(maps.Keys(locked)) {
		inc := locked[id]
		b.incidents[id] = &inc
		if last := b.incidents[b.last[inc.GroupKey]]; last == nil || !inc.OpenedAt.Before(last.OpenedAt) {
			b.last[inc.GroupKey] = id
		}
		if inc.Status != StatusResolved {
			b.open[inc.GroupKey] = id
		}
	}
	for i := range firing {
		a := &firing[i]
		if b.incidents[a.IncidentID] == nil {
			return nil, db.ErrAgain // It has begun since the incidents were locked.
		}
		b.firing[a.Key] = a
	}
	return b, nil
}

func emptyBoard(org int64, now time.Time) *board {
	return &board{
		org: org, now: now, incidents: map[int64]*Incident{}, firing: map[string]*Alert{}, written: map[*Alert]bool{}, fresh: map[*Alert]bool{}, had: map[alertOf]bool{},
		open: map[string]int64{}, last: map[string]int64{}, touched: map[int64]bool{}, added: map[int64]int{}, episodes: map[int64]bool{},
	}
}

// recall finds out which alerts that are about to join an incident have been in it before.
func (b *board) recall(tx *db.Tx, reports []Report) error {
	var ids []int64
	var keys []string
	for _, r := range reports {
		if id := b.open[r.groupKey()]; id != 0 && r.Status == AlertFiring && b.firing[r.alertKey()] == nil {
			ids, keys = append(ids, id), append(keys, r.alertKey())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	had, err := alertsHad(tx, b.org, unique(ids), keys)
	for _, a := range had {
		b.had[a] = true
	}
	return err
}

// lookAround finds the open incidents of groups that no report names: an alert whose sender regroups it keeps its resolved
// incident, which is not to open beside another one.
func (b *board) lookAround(tx *db.Tx, named map[string]bool) error {
	foreign := map[string]bool{}
	for _, inc := range b.incidents {
		if inc.Status == StatusResolved && inc.GroupKey != "" && !named[inc.GroupKey] {
			foreign[inc.GroupKey] = true
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	open, err := openByGroup(tx, b.org, slices.Sorted(maps.Keys(foreign)))
	for _, o := range open {
		b.open[o.group] = o.id
	}
	return err
}

// writeBoard writes what folding has touched and tells the followers. It returns the ids that new incidents got.
func (s *Service) writeBoard(tx *db.Tx, org int64, b *board) (map[int64]int64, error) {
	ids, err := b.number(tx)
	if err != nil {
		return nil, err
	}
	assigned, err := s.assignOnDuty(tx, org, b)
	if err != nil {
		return nil, err
	}
	var list []*Incident
	for _, inc := range b.incidents {
		if b.touched[inc.ID] { // A mere repeat touches only its alert.
			inc.OrgID, inc.UpdatedAt = org, b.now
			inc.Version++
			list = append(list, inc)
		}
	}
	if err := saveIncidents(tx, list); err != nil {
		return nil, err
	}
	if err := saveAlerts(tx, org, b.alerts, b.fresh); err != nil {
		return nil, err
	}
	if err := saveAssignments(tx, org, assigned); err != nil {
		return nil, err
	}
	if err := saveTimeline(tx, org, b.timeline); err != nil {
		return nil, err
	}
	changes := b.changes(list, assigned)
	changed := make([]int64, len(list))
	for i, inc := range list {
		changed[i] = inc.ID
	}
	s.publish(tx, org, changed)
	return ids, s.follow(tx, org, changes)
}

// number gives new incidents and alerts their ids.
func (b *board) number(tx *db.Tx) (map[int64]int64, error) {
	incidentIDs, err := tx.NextIDs("incidents", len(b.created))
	if err != nil {
		return nil, err
	}
	ids := make(map[int64]int64, len(b.created))
	for i, inc := range b.created {
		ids[inc.ID] = incidentIDs[i]
		delete(b.incidents, inc.ID)
		b.touched[incidentIDs[i]], b.episodes[incidentIDs[i]] = true, true
		inc.ID = incidentIDs[i]
		b.incidents[inc.ID] = inc
	}
	for i := range b.timeline {
		if id, created := ids[b.timeline[i].IncidentID]; created {
			b.timeline[i].IncidentID = id
		}
	}
	var fresh []*Alert
	for _, a := range b.alerts {
		if id, created := ids[a.IncidentID]; created {
			a.IncidentID = id
		}
		if a.ID == 0 {
			fresh = append(fresh, a)
			b.fresh[a] = true
		}
	}
	alertIDs, err := tx.NextIDs("alerts", len(fresh))
	for i, a := range fresh {
		if err == nil {
			a.ID = alertIDs[i]
		}
	}
	return ids, err
}

func (b *board) changes(list []*Incident, assigned []Assignment) []Change {
	people := map[int64][]int64{}
	for _, a := range assigned {
		people[a.IncidentID] = append(people[a.IncidentID], a.UserID)
	}
	changes := make([]Change, 0, len(list))
	for _, inc := range list {
		before := b.before[inc.ID]
		c := Change{
			Before: before, After: *inc, Verb: Receive, At: b.now, NewEpisode: b.episodes[inc.ID],
			Actor:    account.Actor{Kind: account.ActorIntegration, Org: inc.OrgID, Name: inc.Source},
			Assigned: people[inc.ID], AlertsAdded: b.added[inc.ID],
			Rerouted: before.ID != 0 && before.Severity != inc.Severity,
		}
		if before.ID == 0 {
			c.Verb = Create
		}
		if b.actor != nil {
			c.Actor = *b.actor
		}
		changes = append(changes, c)
	}
	return changes
}

// follow tells the followers, in the transaction.
func (s *Service) follow(tx *db.Tx, org int64, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	for _, f := range s.followers {
		if err := f.Follow(tx, org, changes); err != nil {
			return err
		}
	}
	return nil
}
