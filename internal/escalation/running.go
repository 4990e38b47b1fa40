package escalation

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// RunView is an unfinished run as screens show it. NextAt is nil while it is paused.
type RunView struct {
	Run
	PolicyName    string // as the run's version has it; that of the fallback run is FallbackName
	IncidentTitle string
	Steps         int // NextStep equals it when only the end is left
}

// FallbackName is what the fallback run is called where a policy's name stands.
const FallbackName = "Fallback contacts"

// Running lists the unfinished runs of those of the incidents that the actor may see, by incident, what is due next first.
func (s *Service) Running(ctx context.Context, actor account.Actor, incidentIDs []int64) (map[int64][]RunView, error) {
	found := map[int64][]RunView{}
	if len(incidentIDs) == 0 {
		return found, nil
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		w := s.seen(actor)
		db.AndIn(w, "r.incident_id", incidentIDs)
		w.And("r.state <> 'finished'")
		list, err := runViews(tx, w, maxTotal)
		for _, view := range list {
			found[view.IncidentID] = append(found[view.IncidentID], view)
		}
		return err
	})
	return found, err
}

// ListRunning lists the unfinished runs on incidents that the actor may see: what is due next first, paused ones last.
// Limit 0 means 100. Fault: Invalid for the limit.
func (s *Service) ListRunning(ctx context.Context, actor account.Actor, limit int) (list []RunView, err error) {
	if limit == 0 {
		limit = defaultLimit
	}
	var bad fault.Checks
	if limit < 1 || limit > maxLimit {
		bad.Add("query.limit", "must be 1 to %d", maxLimit)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w := s.seen(actor)
		w.And("r.next_at IS NOT NULL")
		if list, err = runViews(tx, w, limit); err != nil || len(list) == limit {
			return err
		}
		// Apart, so that each half is read along its own index.
		w = s.seen(actor)
		w.And("r.state = 'paused'")
		paused, err := runViews(tx, w, limit-len(list))
		list = append(list, paused...)
		return err
	})
	return list, err
}

// seen selects the runs on incidents that the actor may see.
func (s *Service) seen(actor account.Actor) *db.Where {
	w := &db.Where{}
	w.And("r.org_id = ?", actor.Org)
	s.Incidents.Visible(w, actor, "i")
	return w
}

// runViews reads runs with what is shown of their incidents and policies.
func runViews(tx *db.Tx, w *db.Where, limit int) ([]RunView, error) {
	list, err := listRuns(tx, w, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	runs := make([]*Run, len(list))
	for i := range list {
		runs[i] = &list[i].Run
	}
	versions, err := versionsFor(tx, list[0].OrgID, runs)
	for i := range list {
		list[i].PolicyName = nameOf(list[i].Run, versions)
		list[i].Steps = len(definitionOf(list[i].Run, versions).Steps)
	}
	return list, err
}

// nameOf is what the run's policy is called, as its version has it.
func nameOf(r Run, versions map[versionKey]PolicyVersion) string {
	if r.IsFallback() {
		return FallbackName
	}
	return versions[versionKey{*r.PolicyID, r.Version}].Name
}
