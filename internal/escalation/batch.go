package escalation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// recently is how long somebody who was paged by one run is not paged again by another.
const recently = 2 * time.Minute

// batch is the steps of one transaction on incidents whose locks are held. What they need is read for all of them at once,
// what they bring is kept, and write saves it.
type batch struct {
	*Service
	tx        *db.Tx
	org       int64
	incidents map[int64]incident.Incident
	ids       []int64 // of the runs
	runs      map[int64]*Run
	versions  map[versionKey]PolicyVersion
	settings  account.Settings
	failed    map[int64]bool          // by run: the step before reached nobody
	recent    map[int64][]recentEvent // by incident
	resolver  *resolver
	routes    map[string]map[int64][]notify.Route

	changed  []*Run
	events   []*Event
	planned  [][]PlannedPage // beside events
	worlds   []World
	timeline []incident.TimelineEvent
	counted  Stats
	wake     bool
}

func (s *Service) batch(tx *db.Tx, org int64, locked map[int64]incident.Incident) *batch {
	return &batch{
		Service: s, tx: tx, org: org, incidents: locked, runs: map[int64]*Run{},
		resolver: s.resolver(tx, org, slices.Collect(maps.Keys(locked))), routes: map[string]map[int64][]notify.Route{},
	}
}

// load reads the runs and what their steps look at.
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
	if b.failed, err = lastFailed(b.tx, b.org, b.ids); err != nil {
		return err
	}
	if b.recent, err = recentEvents(b.tx, b.org, slices.Collect(maps.Keys(b.incidents)), b.tx.Now().Add(-recently)); err != nil {
		return err
	}
	b.settings, err = b.People.OrgSettings(b.tx, b.org)
	b.resolver.settings = b.settings
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
func (b *batch) step(run *Run, by *account.Actor) (taken Taken, err error) {
	inc := b.incidents[run.IncidentID]
	if by == nil && (inc.Status != incident.StatusOpen || inc.Episode != run.Episode) {
		// A follower should have ended it; whatever went wrong, nobody is paged for what needs nobody.
		*run = run.finish(ReasonSuperseded, b.tx.Now())
		b.note(run)
		return Taken{}, nil
	}
	w, err := b.world(*run, inc, by != nil)
	if err != nil {
		return Taken{}, err
	}
	after, taken := Advance(*run, w)
	if len(taken.Commands) > 0 {
		if err := b.act(run, taken.Commands); err != nil {
			return Taken{}, err
		}
		if run.State == StateFinished { // By what the step itself did.
			after.State, after.Reason, after.NextAt, after.FinishedAt = run.State, run.Reason, nil, run.FinishedAt
		}
	}
	*run = after
	b.note(run)
	b.failed[run.ID] = taken.Nobody
	b.tell(*run, w, taken, by)
	if taken.Fallback {
		return taken, b.startFallback(b.incidents[run.IncidentID])
	}
	return taken, nil
}

func (b *batch) note(run *Run) {
	if !slices.Contains(b.changed, run) {
		b.changed = append(b.changed, run)
	}
}

func (b *batch) world(run Run, inc incident.Incident, requested bool) (w World, err error) {
	w = World{Now: b.tx.Now(), Incident: inc, Policy: definitionOf(run, b.versions), Requested: requested, PreviousFailed: b.failed[run.ID]}
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
	w.JustPaged, err = b.justPaged(run, inc)
	return w, err
}

// justPaged are the people whom other runs have paged for this episode a moment ago, in this transaction or before. The pager
// is asked only when another run has taken a step.
func (b *batch) justPaged(run Run, inc incident.Incident) (map[int64]bool, error) {
	just, own, others := map[int64]bool{}, map[int64]bool{}, false
	for _, e := range b.recent[inc.ID] {
		own[e.id] = e.runID == run.ID
		others = others || !own[e.id]
	}
	if others {
		paged, err := b.Pager.PagedSince(b.tx, b.org, inc.ID, inc.Episode, b.tx.Now().Add(-recently))
		if err != nil {
			return nil, err
		}
		for _, p := range paged {
			if !own[p.EventID] {
				just[p.UserID] = true
			}
		}
	}
	for i, e := range b.events {
		if e.IncidentID == inc.ID && e.RunID != run.ID {
			for _, page := range b.planned[i] {
				just[page.Person.User.ID] = true
			}
		}
	}
	return just, nil
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

// act makes the step's changes to the incident itself, through the status machine. They may end this run and others of the
// incident, so what the batch knows of them is written before and read again after.
func (b *batch) act(run *Run, commands []incident.Command) error {
	if err := b.write(); err != nil {
		return err
	}
	actor := account.System(b.org, actorName)
	for i := range commands {
		commands[i].IncidentID, commands[i].Actor, commands[i].Via = run.IncidentID, actor, "step"
	}
	results, err := b.Incidents.Apply(b.tx, b.org, commands)
	if err != nil {
		return err
	}
	b.incidents[run.IncidentID] = results[len(results)-1].Incident
	b.resolver.forget(run.IncidentID)
	fresh, err := runsByID(b.tx, b.org, b.ids)
	for id, now := range fresh {
		if now.IncidentID == run.IncidentID {
			*b.runs[id] = now
		}
	}
	return err
}

// startFallback begins paging the fallback contacts of an open incident, unless that is under way.
func (b *batch) startFallback(inc incident.Incident) error {
	if inc.Status != incident.StatusOpen {
		return nil
	}
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
