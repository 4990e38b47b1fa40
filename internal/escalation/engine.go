package escalation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// stepBatch bounds the runs of one transaction.
const stepBatch = 100

// recently is how long somebody who was paged by one run is not paged again by another.
const recently = 2 * time.Minute

// Steps is the pass that takes the steps that are due; see work.Pass. It works the organisations in turn, one batch each, so
// that no tenant starves another. Any number of nodes may run it: an incident is worked by who holds its lock.
func (s *Service) Steps(ctx context.Context) (next time.Time, more bool, err error) {
	return s.eachOrg(ctx, s.stepsOf)
}

func (s *Service) eachOrg(ctx context.Context, pass func(ctx context.Context, org int64) (time.Time, bool, error)) (next time.Time, more bool, err error) {
	var orgs []int64
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		orgs, err = organisationIDs(tx)
		return err
	}); err != nil {
		return time.Time{}, false, err
	}
	for _, org := range orgs {
		orgNext, orgMore, err := pass(ctx, org)
		if err != nil {
			return time.Time{}, false, err
		}
		more = more || orgMore
		if !orgNext.IsZero() && (next.IsZero() || orgNext.Before(next)) {
			next = orgNext
		}
	}
	return next, more, nil
}

func (s *Service) stepsOf(ctx context.Context, org int64) (next time.Time, more bool, err error) {
	var due []Run
	now := s.DB.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if due, err = dueRuns(tx, org, now, stepBatch); err != nil || len(due) > 0 {
			return err
		}
		next, err = nextDueRun(tx, org)
		return err
	})
	if err != nil || len(due) == 0 {
		return next, false, err
	}
	return next, true, s.take(ctx, org, due)
}

// take takes one step of each run. When the batch fails for a reason of one of them, each is tried alone, so that one bad run
// stops no other; a run that fails alone goes the way of a step that reached nobody.
func (s *Service) take(ctx context.Context, org int64, due []Run) error {
	err := s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return s.steps(tx, org, due) })
	if err == nil || ctx.Err() != nil || isAway(err) {
		return err
	}
	for _, run := range due {
		single := []Run{run}
		err := s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return s.steps(tx, org, single) })
		switch {
		case err == nil:
		case ctx.Err() != nil || isAway(err):
			return err
		default:
			s.Logger.ErrorContext(ctx, "a step failed", "run", run.ID, "incident", run.IncidentID, "error", err)
			if err := s.giveUp(ctx, run, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// steps takes one step of each run that is still due, in one transaction: incidents are locked first, then everything is read
// again under the locks. Incidents that another transaction holds are left for the next pass.
func (s *Service) steps(tx *db.Tx, org int64, due []Run) error {
	ids := make([]int64, len(due))
	for i, r := range due {
		ids[i] = r.IncidentID
	}
	locked, err := s.Incidents.LockFree(tx, org, ids)
	if err != nil || len(locked) == 0 {
		return err
	}
	b := s.batch(tx, org)
	for _, r := range due {
		if inc, free := locked[r.IncidentID]; free {
			b.incidents[inc.ID] = inc
			b.ids = append(b.ids, r.ID)
		}
	}
	if err := b.load(); err != nil {
		return err
	}
	for _, id := range b.ids {
		run := b.runs[id]
		if run.State == StateActive && run.NextAt != nil && !run.NextAt.After(tx.Now()) {
			if err := b.step(run, nil); err != nil {
				return err
			}
		}
	}
	return b.write()
}

// batch is the steps of one transaction.
type batch struct {
	*Service
	tx        *db.Tx
	org       int64
	incidents map[int64]incident.Incident
	ids       []int64
	runs      map[int64]*Run
	versions  map[versionKey]PolicyVersion
	settings  account.Settings
	resolver  *resolver
	routes    map[string]map[int64][]notify.Route

	changed  []*Run
	events   []*Event
	planned  [][]PlannedPage // beside events
	worlds   []World
	timeline []incident.TimelineEvent
	wake     bool
}

func (s *Service) batch(tx *db.Tx, org int64) *batch {
	return &batch{
		Service: s, tx: tx, org: org, incidents: map[int64]incident.Incident{}, runs: map[int64]*Run{},
		resolver: s.resolver(tx, org, tx.Now()), routes: map[string]map[int64][]notify.Route{},
	}
}

func (b *batch) load() (err error) {
	found, err := runsByID(b.tx, b.org, b.ids)
	if err != nil {
		return err
	}
	b.ids = slices.DeleteFunc(b.ids, func(id int64) bool { _, ok := found[id]; return !ok })
	var list []*Run
	for _, id := range b.ids {
		run := found[id]
		b.runs[id] = &run
		list = append(list, &run)
	}
	if b.versions, err = versionsFor(b.tx, b.org, list); err != nil {
		return err
	}
	b.settings, err = b.People.OrgSettings(b.tx, b.org)
	return err
}

// fallbackDefinition is what the fallback run works by.
var fallbackDefinition = Definition{Steps: []Step{{Actions: []Action{{Type: ActionNotify, Target: string(TargetFallback)}}}}}

func definitionOf(r Run, versions map[versionKey]PolicyVersion) Definition {
	if r.IsFallback() {
		return fallbackDefinition
	}
	return versions[versionKey{*r.PolicyID, r.Version}].Definition
}

// step takes the run's next step: the world is read, Advance decides, the incident's own changes are made, and the rest is
// kept for write. by is who asked for it, nil when its time has come.
func (b *batch) step(run *Run, by *account.Actor) error {
	inc := b.incidents[run.IncidentID]
	if by == nil && (inc.Status != incident.StatusOpen || inc.Episode != run.Episode) {
		// A follower should have ended it; whatever went wrong, nobody is paged for what needs nobody.
		*run = run.finish(ReasonSuperseded, b.tx.Now())
		b.changed = append(b.changed, run)
		return nil
	}
	w, err := b.world(*run, inc, by != nil)
	if err != nil {
		return err
	}
	after, taken := Advance(*run, w)
	if err := b.apply(run, taken); err != nil {
		return err
	}
	// The incident's change may have ended the run; then only what the step did is kept.
	if now, err := runsByID(b.tx, b.org, []int64{run.ID}); err != nil {
		return err
	} else if len(taken.Commands) > 0 && now[run.ID].State == StateFinished {
		after = now[run.ID]
	}
	*run = after
	b.changed = append(b.changed, run)
	b.tell(*run, w, taken, by)
	if taken.Fallback {
		return b.startFallback(inc)
	}
	return nil
}

func (b *batch) world(run Run, inc incident.Incident, requested bool) (w World, err error) {
	w = World{Now: b.tx.Now(), Incident: inc, Policy: definitionOf(run, b.versions), Requested: requested, JustPaged: map[int64]bool{}}
	w.Repeat = b.repeat(w.Policy, inc)
	if run.NextStep >= len(w.Policy.Steps) {
		return w, nil
	}
	for _, action := range w.Policy.Steps[run.NextStep].Actions {
		var found []Resolution
		for _, target := range action.targets() {
			resolution, err := b.resolver.resolve(target, inc)
			if err != nil {
				return w, err
			}
			found = append(found, resolution)
		}
		routes, err := b.routesFor(action, people(found), inc)
		if err != nil {
			return w, err
		}
		w.Found, w.Routes = append(w.Found, found), append(w.Routes, routes)
	}
	if w.PreviousFailed, err = previousFailed(b.tx, b.org, run.ID, 0); err != nil {
		return w, err
	}
	paged, err := b.Pager.PagedSince(b.tx, b.org, inc.ID, inc.Episode, w.Now.Add(-recently))
	if err != nil {
		return w, err
	}
	own, err := eventsOfRun(b.tx, b.org, run.ID, paged)
	for _, p := range paged {
		if !own[p.EventID] {
			w.JustPaged[p.UserID] = true
		}
	}
	return w, err
}

// repeat is the policy's own, else the organisation's for what is urgent.
func (b *batch) repeat(d Definition, inc incident.Incident) Repeat {
	if d.Repeat != nil {
		return *d.Repeat
	}
	if inc.Urgency() == incident.UrgencyHigh {
		r := b.settings.HighUrgencyRepeat()
		return Repeat{Times: r.Times, EveryMinutes: r.EveryMinutes}
	}
	return Repeat{}
}

// routesFor asks once per batch for each way of asking and person.
func (b *batch) routesFor(action Action, people []Person, inc incident.Incident) (map[int64][]notify.Route, error) {
	if action.Type != ActionNotify || len(people) == 0 {
		return nil, nil
	}
	urgency := action.urgency(inc)
	key := fmt.Sprint(urgency, action.Channels)
	if b.routes[key] == nil {
		b.routes[key] = map[int64][]notify.Route{}
	}
	known := b.routes[key]
	var ids []int64
	for _, p := range people {
		if _, ok := known[p.User.ID]; !ok {
			ids = append(ids, p.User.ID)
		}
	}
	if len(ids) == 0 {
		return known, nil
	}
	found, err := b.Pager.Routes(b.tx, b.org, ids, urgency, action.Channels)
	for _, id := range ids {
		known[id] = found[id]
	}
	return known, err
}

// apply makes the step's changes to the incident itself, through the status machine.
func (b *batch) apply(run *Run, taken Taken) error {
	if len(taken.Commands) == 0 {
		return nil
	}
	actor := account.System(b.org, actorName)
	for i := range taken.Commands {
		taken.Commands[i].IncidentID, taken.Commands[i].Actor, taken.Commands[i].Via = run.IncidentID, actor, "step"
	}
	results, err := b.Incidents.Apply(b.tx, b.org, taken.Commands)
	if err != nil {
		return err
	}
	b.incidents[run.IncidentID] = results[len(results)-1].Incident
	return nil
}

// startFallback begins paging the fallback contacts, unless that is under way.
func (b *batch) startFallback(inc incident.Incident) error {
	unfinished, err := unfinishedRuns(b.tx, b.org, []int64{inc.ID})
	if err != nil {
		return err
	}
	for _, list := range [][]*Run{unfinished[inc.ID], b.changed} {
		if slices.ContainsFunc(list, func(r *Run) bool { return r.IncidentID == inc.ID && r.IsFallback() && r.State != StateFinished }) {
			return nil
		}
	}
	run := start(b.org, inc.ID, inc.Episode, nil, b.tx.Now())
	b.changed = append(b.changed, &run)
	b.wake = true
	return nil
}
