package escalation

import (
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
	now       time.Time
	ground    ground
	incidents map[int64]incident.Incident
	ids       []int64 // of the runs
	runs      map[int64]*Run
	versions  map[versionKey]PolicyVersion
	settings  account.Settings
	failed    map[int64]bool             // by run: the step before reached nobody
	recent    map[int64][]recentEvent    // by incident
	turns     map[int64]map[string]int64 // by policy: whom actions that take people in turn paged last
	alerts    map[int64][]time.Time      // by incident: when its alerts began
	resolver  *resolver
	routes    map[string]map[int64][]notify.Route

	paged  []pagedNow // by the batch, whether it is written yet or not
	handed []*Run     // to which its steps have handed over

	changed  []*Run
	events   []*Event
	taken    []Taken // beside events
	worlds   []World
	timeline []incident.TimelineEvent
	turned   []turn
	counted  Stats
	wake     bool
}

// pagedNow is somebody whom a run has paged.
type pagedNow struct {
	incidentID, runID, userID int64
	episode                   int
	at                        time.Time
}

func (s *Service) batch(tx *db.Tx, org int64, locked map[int64]incident.Incident) *batch {
	return &batch{
		Service: s, tx: tx, org: org, now: tx.Now(), ground: stored{}, incidents: locked, runs: map[int64]*Run{},
		turns: map[int64]map[string]int64{}, alerts: map[int64][]time.Time{},
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
	var begun []int64
	for _, id := range b.ids {
		run := found[id]
		b.runs[id] = &run
		list = append(list, &run)
		if run.LastTakenAt != nil {
			begun = append(begun, id)
		}
	}
	if b.versions, err = versionsFor(b.tx, b.org, list); err != nil {
		return err
	}
	for key, v := range b.versions {
		if v.Unreadable {
			b.Logger.Error("a policy version cannot be read; the fallback contacts are paged instead", "policy", key.policyID, "version", key.version)
		}
	}
	if b.failed, err = lastFailed(b.tx, b.org, begun); err != nil {
		return err
	}
	if b.recent, err = recentEvents(b.tx, b.org, slices.Collect(maps.Keys(b.incidents)), b.now.Add(-recently)); err != nil {
		return err
	}
	if b.settings, err = b.People.OrgSettings(b.tx, b.org); err != nil {
		return err
	}
	b.resolver.settings = b.settings
	return b.loadForSteps(list)
}

// fallbackDefinition is what the fallback run works by.
var fallbackDefinition = Definition{Steps: []Step{{Actions: []Action{{Type: ActionNotify, Target: string(TargetFallback)}}}}}

func definitionOf(r Run, versions map[versionKey]PolicyVersion) Definition {
	if r.IsFallback() {
		return fallbackDefinition
	}
	v := versions[versionKey{*r.PolicyID, r.Version}]
	if v.Unreadable {
		return fallbackDefinition
	}
	return v.Definition
}

// step takes the run's next step: the world is read, Advance decides, the incident's own changes are made, and the rest is
// kept for write. by is who asked for it, nil when its time has come.
func (b *batch) step(run *Run, by *account.Actor) (taken Taken, err error) {
	inc := b.incidents[run.IncidentID]
	if by == nil && !b.isDueFor(*run, inc) {
		// A follower should have ended it; whatever went wrong, nobody is paged for what needs nobody.
		*run = run.finish(ReasonSuperseded, b.now)
		b.note(run)
		return Taken{}, nil
	}
	w, err := b.world(*run, inc, by != nil)
	if err != nil {
		return Taken{}, err
	}
	before := *run
	after, taken := Advance(*run, w)
	if len(taken.Commands) > 0 {
		if err := b.ground.act(b, run, taken.Commands); err != nil {
			return Taken{}, err
		}
		if run.State == StateFinished { // By what the step itself did.
			after.State, after.Reason, after.NextAt, after.FinishedAt = run.State, run.Reason, nil, run.FinishedAt
		}
		w.Incident = b.incidents[run.IncidentID]
		after = after.unlessTaken(before, w)
	}
	waited := run.WaitingSince != nil
	*run = after
	b.note(run)
	if taken.Waits != "" {
		if !waited {
			b.wait(*run, taken)
		}
		return taken, nil
	}
	if !taken.Skipped {
		b.failed[run.ID] = taken.Nobody
	}
	b.tell(*run, w, taken, by)
	b.turn(*run, taken)
	if err := b.handOver(run, taken); err != nil || !taken.Fallback {
		return taken, err
	}
	return taken, b.startFallback(b.incidents[run.IncidentID])
}

// isDueFor reports whether the run's next step is one for the incident as it stands: open or, for a step that is taken until it
// is resolved, acknowledged.
func (b *batch) isDueFor(run Run, inc incident.Incident) bool {
	switch {
	case inc.Episode != run.Episode:
		return false
	case inc.Status == incident.StatusAcknowledged:
		steps := definitionOf(run, b.versions).Steps
		return run.NextStep < len(steps) && steps[run.NextStep].Until == UntilResolved
	}
	return inc.Status == incident.StatusOpen
}

// handOver starts the policies that the step gives the incident to. One that works on it already goes on as it is, and one that
// comes to work on what somebody holds waits as others do.
func (b *batch) handOver(from *Run, taken Taken) error {
	if len(taken.HandOver) == 0 {
		return nil
	}
	all, err := b.ground.runsOf(b, from.IncidentID)
	if err != nil {
		return err
	}
	for _, p := range taken.HandOver {
		of := func(r *Run) bool {
			return r.IncidentID == from.IncidentID && r.PolicyID != nil && *r.PolicyID == p.ID && r.State != StateFinished
		}
		known := slices.Concat(b.changed, all)
		if at := slices.IndexFunc(known, of); at >= 0 {
			b.handed = append(b.handed, known[at])
			continue
		}
		run := start(b.org, from.IncidentID, from.Episode, &p, b.now)
		switch inc := b.incidents[from.IncidentID]; inc.Status {
		case incident.StatusAcknowledged:
			run = run.yield(p.Definition, inc.AckExpiresAt != nil, b.now)
		case incident.StatusSnoozed:
			run = run.pause()
		}
		b.changed, b.handed = append(b.changed, &run), append(b.handed, &run)
		b.wake = true
	}
	return nil
}

func (b *batch) note(run *Run) {
	if !slices.Contains(b.changed, run) {
		b.changed = append(b.changed, run)
	}
}

// startFallback begins paging the fallback contacts of an open incident, unless that is under way.
func (b *batch) startFallback(inc incident.Incident) error {
	if inc.Status != incident.StatusOpen {
		return nil
	}
	all, err := b.ground.runsOf(b, inc.ID)
	if err != nil {
		return err
	}
	for _, list := range [][]*Run{all, b.changed} {
		if slices.ContainsFunc(list, func(r *Run) bool { return r.IncidentID == inc.ID && r.IsFallback() && r.State != StateFinished }) {
			return nil
		}
	}
	run := start(b.org, inc.ID, inc.Episode, nil, b.now)
	b.changed = append(b.changed, &run)
	b.wake = true
	return nil
}
