package escalation

import (
	"cmp"
	"context"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// EscalateNow takes the next step at once because a person asks for it, also on an acknowledged incident: the earliest next
// step of the runs; a new round when none is left; matching when there is no run; else the fallback contacts. Its pages are
// wanted until each person acknowledges. On a resolved incident nothing is done. It returns the incident with its events,
// newest first. Faults: NotFound, Forbidden.
func (s *Service) EscalateNow(ctx context.Context, actor account.Actor, id int64) (inc incident.Incident, events []Event, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if inc, err = s.Incidents.MayAct(tx, actor, id, incident.Update); err != nil {
			return err
		}
		if inc.Status != incident.StatusResolved {
			if err := s.escalateNow(tx, actor, inc); err != nil {
				return err
			}
		}
		w := &db.Where{}
		w.And("e.org_id = ?", actor.Org)
		w.And("e.incident_id = ?", id)
		events, err = listEvents(tx, w, 0, maxLimit)
		return err
	})
	return inc, events, err
}

func (s *Service) escalateNow(tx *db.Tx, actor account.Actor, inc incident.Incident) error {
	all, err := runsOf(tx, actor.Org, inc.ID)
	if err != nil {
		return err
	}
	run := nextRun(all, inc.Episode)
	if run == nil {
		if run, err = s.firstRun(tx, actor.Org, inc); err != nil {
			return err
		}
	}
	b := s.batch(tx, actor.Org)
	b.incidents[inc.ID], b.ids = inc, []int64{run.ID}
	if err := b.load(); err != nil {
		return err
	}
	run = b.runs[run.ID]
	state, reason, finishedAt := run.State, run.Reason, run.FinishedAt
	if run.NextStep >= len(definitionOf(*run, b.versions).Steps) {
		run.NextStep, run.Round = 0, run.Round+1
	}
	if err := b.step(run, &actor); err != nil {
		return err
	}
	if state != StateActive {
		// A run that is paused or over stays so: only the step that was asked for is taken.
		run.State, run.Reason, run.FinishedAt, run.NextAt = state, reason, finishedAt, nil
	}
	return b.write()
}

// nextRun is the run of the episode whose step comes next: unfinished before finished, then by time, then by priority.
func nextRun(all []Run, episode int) *Run {
	all = slices.DeleteFunc(slices.Clone(all), func(r Run) bool { return r.Episode != episode })
	if len(all) == 0 {
		return nil
	}
	first := slices.MinFunc(all, func(a, b Run) int {
		return cmp.Or(
			order(a.State == StateFinished, b.State == StateFinished),
			order(a.NextAt == nil, b.NextAt == nil),
			byTime(a, b), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID),
		)
	})
	return &first
}

func byTime(a, b Run) int {
	if a.NextAt == nil || b.NextAt == nil {
		return 0
	}
	return a.NextAt.Compare(*b.NextAt)
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// firstRun starts what matches, or the fallback run, on an incident that has none. On an incident that somebody holds the run
// is paused from the start: only the step asked for is taken.
func (s *Service) firstRun(tx *db.Tx, org int64, inc incident.Incident) (*Run, error) {
	f := &following{Service: s, tx: tx, org: org}
	open := inc
	open.Status = incident.StatusOpen
	change := incident.Change{Before: inc, After: open, NewEpisode: true, At: tx.Now()}
	if err := f.load([]incident.Change{change}); err != nil {
		return nil, err
	}
	if err := f.match(change); err != nil {
		return nil, err
	}
	started := slices.DeleteFunc(slices.Clone(f.changed), func(r *Run) bool { return r.State == StateFinished })
	if len(started) == 0 { // Severity info matches nothing by itself.
		run := start(org, inc.ID, inc.Episode, nil, tx.Now())
		f.changed = append(f.changed, &run)
		started = []*Run{&run}
	}
	if inc.Status != incident.StatusOpen {
		for _, r := range started {
			*r = r.pause()
		}
	}
	return started[0], f.write()
}
