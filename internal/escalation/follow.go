package escalation

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Follow starts, pauses and ends runs in the transaction that changed their incidents, whose locks are held. It takes no step
// itself; that is the engine's.
func (s *Service) Follow(tx *db.Tx, org int64, batch []incident.Change) error {
	f := s.following(tx, org)
	if err := f.load(batch); err != nil {
		return err
	}
	for _, c := range batch {
		if err := f.change(c); err != nil {
			return err
		}
	}
	return f.write()
}

// following is the work of one Follow.
type following struct {
	*Service
	tx       *db.Tx
	org      int64
	now      time.Time
	runs     map[int64][]*Run // unfinished, by incident
	versions map[versionKey]PolicyVersion
	changed  []*Run
	over     []int64        // incidents that need nobody any more
	marks    map[int64]bool // incidents matched now, and whether they are unescalated
	saved    map[int64]bool // what the incidents' rows say of it
	pages    []notify.Page
	timeline []incident.TimelineEvent
	policies []Policy
	assigned func(tx *db.Tx, org int64, ids []int64) (map[int64][]incident.Assignment, error)
	services map[int64]catalog.Service
	teams    map[int64]account.Team
}

func (s *Service) following(tx *db.Tx, org int64) *following {
	return &following{
		Service: s, assigned: s.Incidents.AssigneesOf, tx: tx, org: org, now: tx.Now(), marks: map[int64]bool{}, saved: map[int64]bool{}, runs: map[int64][]*Run{},
		versions: map[versionKey]PolicyVersion{},
	}
}

// load reads the runs of incidents that existed before; new ones have none.
func (f *following) load(batch []incident.Change) (err error) {
	var existing, services, teams []int64
	for _, c := range batch {
		if !c.Created() {
			existing = append(existing, c.After.ID)
		}
		if !matches(c) && !changedByHolder(c) {
			continue
		}
		if c.After.ServiceID != nil {
			services = append(services, *c.After.ServiceID)
		}
		if c.After.TeamID != nil {
			teams = append(teams, *c.After.TeamID)
		}
	}
	if len(existing) > 0 {
		if err := f.loadRuns(existing); err != nil {
			return err
		}
	}
	if len(services) > 0 {
		if f.services, err = f.Services.ByIDs(f.tx, f.org, services); err != nil {
			return err
		}
	}
	if len(teams) > 0 {
		if f.teams, err = f.People.TeamsByIDs(f.tx, f.org, teams); err != nil {
			return err
		}
	}
	f.policies, err = f.activePolicies(f.tx, f.org)
	return err
}

func (f *following) loadRuns(incidentIDs []int64) (err error) {
	if f.runs, err = unfinishedRuns(f.tx, f.org, incidentIDs); err != nil {
		return err
	}
	var all []*Run
	for _, list := range f.runs {
		all = append(all, list...)
	}
	f.versions, err = versionsFor(f.tx, f.org, all)
	return err
}

// matches reports whether policies are to be matched anew. What Tocsin reports of itself matches none: whoever reports it pages.
func matches(c incident.Change) bool {
	return c.After.Source != incident.SourceOwn && c.After.Status == incident.StatusOpen && (c.NewEpisode || c.Rerouted || c.Created())
}

// changedByHolder reports whether a person has changed what matching looks at while the incident is acknowledged or asleep. Who
// does so is working on it: what matches now starts paused, for "escalate now".
func changedByHolder(c incident.Change) bool {
	held := c.After.Status == incident.StatusAcknowledged || c.After.Status == incident.StatusSnoozed
	return held && c.Rerouted && c.Verb == incident.Update
}

func (f *following) change(c incident.Change) error {
	inc := c.After
	f.saved[inc.ID] = inc.Unescalated
	if c.Before.Severity != inc.Severity && inc.Severity.Rank() > c.Before.Severity.Rank() {
		f.each(inc.ID, func(r *Run) { *r = r.endWait(f.now) })
	}
	switch {
	case c.Resolved():
		f.finish(inc, ReasonResolved)
	case c.Acknowledged() && c.Before.Status != incident.StatusAcknowledged:
		f.yield(inc)
	case c.Acknowledged(): // One more person is on it: whoever was asked for has been answered for.
		f.over = append(f.over, inc.ID)
	case c.Verb == incident.AskHolders:
		return f.askHolders(inc)
	case c.Snoozed():
		f.each(inc.ID, func(r *Run) { *r = r.pause() })
		f.over = append(f.over, inc.ID)
	case c.Returned():
		return f.returned(c)
	case matches(c), changedByHolder(c):
		f.match(c)
	case c.AlertsAdded > 0 && inc.Status != incident.StatusOpen && inc.Status != incident.StatusResolved:
		return f.pageHolders(c)
	}
	return nil
}

func (f *following) each(incidentID int64, do func(r *Run)) {
	for _, r := range f.runs[incidentID] {
		if r.State != StateFinished {
			do(r)
			f.note(r)
		}
	}
}

func (f *following) note(r *Run) {
	if !slices.Contains(f.changed, r) {
		f.changed = append(f.changed, r)
	}
}

func (f *following) finish(inc incident.Incident, reason Reason) {
	f.each(inc.ID, func(r *Run) { *r = r.finish(reason, f.now) })
	f.over = append(f.over, inc.ID)
	delete(f.marks, inc.ID) // A change before this one, in the same batch, may have set it.
}

// yield leaves the incident to who has taken it, but for steps that are taken until it is resolved.
func (f *following) yield(inc incident.Incident) {
	f.each(inc.ID, func(r *Run) { *r = r.yield(definitionOf(*r, f.versions), inc.AckExpiresAt != nil, f.now) })
	f.over = append(f.over, inc.ID)
	delete(f.marks, inc.ID) // A change before this one, in the same batch, may have set it.
}

// returned goes on where a snooze stopped. An incident that was acknowledged before is its snoozer's again, who is asked.
func (f *following) returned(c incident.Change) error {
	inc := c.After
	if inc.Status == incident.StatusAcknowledged {
		f.yield(inc)
		if c.Before.SnoozedBy == nil || c.Actor.UserID != 0 { // Somebody who holds it woke it.
			return nil
		}
		key := fmt.Sprintf("returned:%d:%d:%d", inc.ID, inc.Episode, c.Before.SnoozedUntil.UnixMicro())
		_, err := f.page(inc, notify.ActionStillOnIt, []int64{*c.Before.SnoozedBy}, "you put it to sleep", key, "The snooze is over. Are you still on it?")
		return err
	}
	f.each(inc.ID, func(r *Run) { *r = r.resume(definitionOf(*r, f.versions), f.now) })
	if len(f.runs[inc.ID]) == 0 {
		f.match(c)
	}
	return nil
}

// match starts the policies that match now. In a new episode the runs that paused begin again; otherwise those that no
// longer match go on, unless the incident went to another team or service and a run that pages takes over.
func (f *following) match(c incident.Change) {
	inc := c.After
	if c.NewEpisode && !c.Created() {
		f.each(inc.ID, func(r *Run) { *r = r.anew(definitionOf(*r, f.versions), inc.Episode, f.now) })
	}
	held := inc.Status != incident.StatusOpen
	found := Match(inc, f.choice(inc))
	var started []*Run
	takesOver := false
	for _, p := range found.Policies {
		if f.running(inc.ID, &p.ID) {
			continue
		}
		run := start(f.org, inc.ID, inc.Episode, &p, f.now)
		f.know(p)
		if held {
			run = run.pause()
		}
		if why := found.Failed[p.ID]; why != "" {
			f.timeline = append(f.timeline, expressionFailed(inc.ID, p, why))
		}
		started = append(started, &run)
		takesOver = takesOver || p.pagesAmong(f.policies)
	}
	moved := !sameID(c.Before.ServiceID, c.After.ServiceID) || !sameID(c.Before.TeamID, c.After.TeamID)
	if takesOver {
		f.each(inc.ID, func(r *Run) {
			if r.IsFallback() || (moved && !slices.ContainsFunc(found.Policies, func(p Policy) bool { return p.ID == *r.PolicyID })) {
				*r = r.finish(ReasonSuperseded, f.now)
			}
		})
	}
	f.runs[inc.ID] = append(f.runs[inc.ID], started...)
	f.changed = append(f.changed, started...)
	if held {
		return
	}
	if found.Unescalated && !f.running(inc.ID, nil) {
		run := start(f.org, inc.ID, inc.Episode, nil, f.now)
		f.runs[inc.ID] = append(f.runs[inc.ID], &run)
		f.changed = append(f.changed, &run)
	}
	f.marks[inc.ID] = found.Unescalated
}

// know has what a run does that was started just now be known to a later change of the same batch.
func (f *following) know(p Policy) {
	f.versions[versionKey{p.ID, p.Version}] = PolicyVersion{PolicyID: p.ID, Version: p.Version, Name: p.Name, Definition: p.Definition}
}

func expressionFailed(incidentID int64, p Policy, why string) incident.TimelineEvent {
	return incident.TimelineEvent{
		IncidentID: incidentID, EventType: "expression_failed",
		Description: fmt.Sprintf("The expression of policy %q failed: %s; it was taken as true.", p.Name, why),
		Metadata:    map[string]any{"policy_id": p.ID, "error": why},
	}
}

func sameID(a, b *int64) bool { return (a == nil && b == nil) || (a != nil && b != nil && *a == *b) }

// running reports whether the policy (nil: the fallback) has an unfinished run on the incident.
func (f *following) running(incidentID int64, policyID *int64) bool {
	return slices.ContainsFunc(f.runs[incidentID], func(r *Run) bool {
		if r.State == StateFinished {
			return false
		}
		return (policyID == nil && r.IsFallback()) || (policyID != nil && !r.IsFallback() && *r.PolicyID == *policyID)
	})
}

func (f *following) choice(inc incident.Incident) Choice {
	c := Choice{Policies: f.policies, Now: f.now}
	if inc.ServiceID != nil {
		c.ServicePolicy = f.services[*inc.ServiceID].PolicyID
	}
	if inc.TeamID != nil {
		c.TeamDefault = f.teams[*inc.TeamID].DefaultPolicyID
	}
	return c
}

func (f *following) write() error {
	if err := saveRuns(f.tx, f.changed); err != nil {
		return err
	}
	if len(f.over) > 0 {
		if err := settleOver(f.tx, f.org, f.over, f.now); err != nil {
			return err
		}
	}
	wrong := map[bool][]int64{}
	for id, unescalated := range f.marks {
		if unescalated != f.saved[id] {
			wrong[unescalated] = append(wrong[unescalated], id)
		}
	}
	for unescalated, ids := range wrong {
		slices.Sort(ids)
		if err := markUnescalated(f.tx, f.org, ids, unescalated); err != nil {
			return err
		}
	}
	if len(f.pages) > 0 {
		if err := f.Pager.Enqueue(f.tx, f.org, f.pages); err != nil {
			return err
		}
	}
	if len(f.timeline) > 0 {
		if err := f.Incidents.AddTimeline(f.tx, f.org, f.timeline); err != nil {
			return err
		}
	}
	soon := f.now.Add(looksEvery)
	if slices.ContainsFunc(f.changed, func(r *Run) bool { return r.NextAt != nil && r.NextAt.Before(soon) }) {
		f.wake(f.tx, f.org)
	}
	return nil
}

// looksEvery is how often the engine looks by itself: what is due later than that it finds in time. Waking it for each batch of
// alerts whose first step waits would have it read the same runs again and again beside the storm.
const looksEvery = time.Second
