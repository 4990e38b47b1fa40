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
// step of the runs; a new round when none is left; matching when there is no run; else the fallback contacts. A step that finds
// nobody is followed by the next one at once, one that hands over by the first of the policy that takes over, and the last one by the
// fallback contacts, whatever the urgency: somebody asked.
// Its pages are wanted until each person acknowledges. On a resolved incident nothing is done. It returns the incident with its events, newest first. Faults: NotFound, Forbidden.
func (s *Service) EscalateNow(ctx context.Context, actor account.Actor, id int64) (inc incident.Incident, events []Event, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if inc, err = s.Incidents.MayAct(tx, actor, id, incident.Update); err != nil {
			return err
		}
		if inc.Status != incident.StatusResolved {
			if inc, err = s.touch(tx, actor, inc); err != nil {
				return err
			}
			if inc, err = s.escalateNow(tx, actor, inc); err != nil {
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

// touch counts the wish as a sign of life of whoever holds the incident.
func (s *Service) touch(tx *db.Tx, actor account.Actor, inc incident.Incident) (incident.Incident, error) {
	done, err := s.Incidents.Apply(tx, actor.Org, []incident.Command{{IncidentID: inc.ID, Verb: incident.Touch, Actor: actor}})
	if err != nil {
		return inc, err
	}
	return done[0].Incident, nil
}

func (s *Service) escalateNow(tx *db.Tx, actor account.Actor, inc incident.Incident) (incident.Incident, error) {
	all, err := runsOf(tx, actor.Org, inc.ID)
	if err != nil {
		return inc, err
	}
	versions, err := versionsFor(tx, actor.Org, all)
	if err != nil {
		return inc, err
	}
	run := nextRun(all, inc.Episode, versions)
	if run == nil {
		if run, err = s.firstRun(tx, actor.Org, inc); err != nil {
			return inc, err
		}
	}
	b := s.batch(tx, actor.Org, map[int64]incident.Incident{inc.ID: inc})
	b.ids = []int64{run.ID}
	if err := b.load(); err != nil {
		return inc, err
	}
	run = b.runs[run.ID]
	reached, err := b.escalateAll(run, actor)
	if err != nil {
		return inc, err
	}
	if inc = b.incidents[inc.ID]; !reached && !run.IsFallback() && inc.Status != incident.StatusResolved {
		if err := b.escalateToFallback(all, inc, actor); err != nil {
			return inc, err
		}
	}
	return b.incidents[inc.ID], b.write()
}

// escalateAll escalates the run and, as long as nobody is reached, what its step hands over to.
func (b *batch) escalateAll(run *Run, actor account.Actor) (reached bool, err error) {
	if reached, err = b.escalate(run, actor); err != nil || reached || len(b.handed) == 0 {
		return reached, err
	}
	if err := b.write(); err != nil { // New runs get their ids.
		return false, err
	}
	handed := b.handed
	b.handed = nil
	for _, r := range handed {
		b.ids = append(b.ids, r.ID)
	}
	if err := b.load(); err != nil {
		return false, err
	}
	for _, r := range handed {
		one, err := b.escalateAll(b.runs[r.ID], actor)
		if err != nil {
			return false, err
		}
		reached = reached || one
	}
	return reached, nil
}

// escalate takes the run's next step, and the ones after it until somebody is reached or the round is over. A run that is
// paused or over stays so, but that an exhausted one of an open incident goes on with its new round.
func (b *batch) escalate(run *Run, actor account.Actor) (reached bool, err error) {
	was := *run
	steps := len(definitionOf(*run, b.versions).Steps)
	if run.NextStep >= steps {
		run.NextStep, run.Round = 0, run.Round+1
	}
	if run.State == StateFinished && b.incidents[run.IncidentID].Status == incident.StatusOpen {
		run.State, run.Reason, run.FinishedAt = StateActive, "", nil
		was = *run
	}
	gone := false
	for round := run.Round; ; {
		taken, err := b.step(run, &actor)
		if err != nil {
			return false, err
		}
		gone = len(taken.HandOver) > 0
		reached = !taken.Nobody && !taken.Skipped && (!gone || len(taken.Pages) > 0)
		if reached || gone || run.Round != round || run.NextStep >= steps || b.incidents[run.IncidentID].Status == incident.StatusResolved {
			break
		}
	}
	switch {
	case gone: // It is another policy's now, whatever it was.
	case was.State == StateActive && b.incidents[run.IncidentID].Status == incident.StatusAcknowledged && run.State == StateActive:
		*run = run.yield(definitionOf(*run, b.versions), b.incidents[run.IncidentID].AckExpiresAt != nil, b.tx.Now())
	case was.State == StateActive:
	case was.State == StatePaused && run.State == StateFinished && run.Reason != ReasonExhausted: // The step itself ended it.
	default:
		run.State, run.Reason, run.FinishedAt, run.NextAt = was.State, was.Reason, was.FinishedAt, nil
	}
	return reached, nil
}

// escalateToFallback pages the fallback contacts because a person asked and the policy reached nobody.
func (b *batch) escalateToFallback(all []*Run, inc incident.Incident, actor account.Actor) error {
	run := start(b.org, inc.ID, inc.Episode, nil, b.tx.Now())
	if inc.Status != incident.StatusOpen {
		run = run.pause()
	}
	for _, r := range all {
		if r.IsFallback() && r.State != StateFinished {
			run = *r
		}
	}
	b.note(&run)
	if err := b.write(); err != nil { // A new run gets its id.
		return err
	}
	_, err := b.escalate(&run, actor)
	return err
}

// nextRun is the run of the episode whose step comes next: one that has a step left before one that would begin a new round,
// unfinished before finished, then by time, then the fallback last and by priority. What another run has taken over is none.
func nextRun(all []*Run, episode int, versions map[versionKey]PolicyVersion) *Run {
	all = slices.DeleteFunc(slices.Clone(all), func(r *Run) bool { return r.Episode != episode || r.Reason == ReasonSuperseded })
	if len(all) == 0 {
		return nil
	}
	over := func(r *Run) bool { return r.NextStep >= len(definitionOf(*r, versions).Steps) }
	return slices.MinFunc(all, func(a, b *Run) int {
		return cmp.Or(
			order(over(a), over(b)),
			order(a.State == StateFinished, b.State == StateFinished),
			order(a.NextAt == nil, b.NextAt == nil),
			byTime(a, b), order(a.IsFallback(), b.IsFallback()), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID),
		)
	})
}

func byTime(a, b *Run) int {
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
	f := s.following(tx, org)
	open := inc
	open.Status = incident.StatusOpen
	change := incident.Change{Before: inc, After: open, NewEpisode: true, At: tx.Now()}
	if err := f.load([]incident.Change{change}); err != nil {
		return nil, err
	}
	f.saved[inc.ID] = inc.Unescalated
	f.match(change)
	if len(f.changed) == 0 { // Severity info matches nothing by itself.
		run := start(org, inc.ID, inc.Episode, nil, tx.Now())
		f.changed = append(f.changed, &run)
	}
	versions, err := versionsFor(tx, org, f.changed)
	if err != nil {
		return nil, err
	}
	first := nextRun(f.changed, inc.Episode, versions)
	if inc.Status != incident.StatusOpen {
		f.marks = nil
		for _, r := range f.changed {
			if r.State == StateActive {
				*r = r.pause()
			}
		}
	}
	return first, f.write()
}
