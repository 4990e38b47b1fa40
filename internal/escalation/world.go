package escalation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// loadForSteps reads what only some steps look at: whose turn it is, and when alerts began.
func (b *batch) loadForSteps(runs []*Run) (err error) {
	var turns []turn
	var counted []int64
	for _, r := range runs {
		steps := definitionOf(*r, b.versions).Steps
		for _, step := range steps {
			for _, a := range step.Actions {
				if a.Pick == PickRoundRobin && r.PolicyID != nil {
					turns = append(turns, turn{policyID: *r.PolicyID, key: a.turn()})
				}
			}
			if step.Condition != nil && step.Condition.AlertCount != nil {
				counted = append(counted, r.IncidentID)
			}
		}
	}
	found, err := b.ground.turns(b, turns)
	if err != nil {
		return err
	}
	for policy, keys := range found {
		for key, last := range keys {
			b.keepTurn(policy, key, last)
		}
	}
	alerts, err := b.Incidents.AlertTimes(b.tx, b.org, counted)
	maps.Copy(b.alerts, alerts)
	return err
}

func (b *batch) keepTurn(policy int64, key string, last int64) {
	if b.turns[policy] == nil {
		b.turns[policy] = map[string]int64{}
	}
	b.turns[policy][key] = last
}

// turn keeps for those after it, in this transaction and later ones, whom the step took in turn.
func (b *batch) turn(run Run, taken Taken) {
	for _, key := range slices.Sorted(maps.Keys(taken.Turns)) {
		id := taken.Turns[key]
		b.keepTurn(*run.PolicyID, key, id)
		b.turned = append(b.turned, turn{*run.PolicyID, key, id})
	}
}

// handedTo finds the policies that the step's actions hand over to, by id or by name, and what other runs the episode has had.
func (b *batch) handedTo(run Run, step Step) (map[string]Policy, map[int64]State, error) {
	if !slices.ContainsFunc(step.Actions, func(a Action) bool { return a.Type == ActionPolicy }) {
		return nil, nil, nil
	}
	policies, err := b.ground.policies(b)
	if err != nil {
		return nil, nil, err
	}
	found := map[string]Policy{}
	for _, a := range step.Actions {
		if p := named(policies, a.Policy); a.Type == ActionPolicy && p != nil {
			found[a.Policy] = *p
		}
	}
	all, err := b.ground.runsOf(b, run.IncidentID)
	others := map[int64]State{}
	for _, r := range all {
		if r.Episode == run.Episode && r.PolicyID != nil && r.ID != run.ID {
			others[*r.PolicyID] = r.State
		}
	}
	return found, others, err
}

func (b *batch) world(run Run, inc incident.Incident, requested bool) (w World, err error) {
	w = World{Now: b.now, Incident: inc, Policy: definitionOf(run, b.versions), Requested: requested, PreviousFailed: b.failed[run.ID]}
	w.Repeat, w.Alerts = b.repeat(w.Policy, inc), b.alerts[inc.ID]
	if run.PolicyID != nil {
		w.Turns = b.turns[*run.PolicyID]
	}
	if run.NextStep >= len(w.Policy.Steps) {
		return w, nil
	}
	if w.HandOver, w.Others, err = b.handedTo(run, w.Policy.Steps[run.NextStep]); err != nil {
		return w, err
	}
	for _, action := range w.Policy.Steps[run.NextStep].Actions {
		var found []Resolution
		for _, target := range action.targets() {
			resolution, err := b.resolver.resolve(target, inc)
			if err != nil {
				return w, err
			}
			if waits := w.Policy.Steps[run.NextStep].WaitUntil; waits != nil && waits.OnCall {
				if resolution.Covered, err = b.resolver.covered(target, inc); err != nil {
					return w, err
				}
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
		paged, err := b.Pager.PagedSince(b.tx, b.org, inc.ID, inc.Episode, b.now.Add(-recently))
		if err != nil {
			return nil, err
		}
		for _, p := range paged {
			if !own[p.EventID] {
				just[p.UserID] = true
			}
		}
	}
	for _, p := range b.paged {
		if p.incidentID == inc.ID && p.runID != run.ID && p.episode == inc.Episode && !p.at.Before(b.now.Add(-recently)) {
			just[p.userID] = true
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
