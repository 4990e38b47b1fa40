package escalation

import "time"

// State is where a run stands.
type State string

// The states of a run.
const (
	StateActive   State = "active"
	StatePaused   State = "paused"
	StateFinished State = "finished"
)

// Reason is why a run finished.
type Reason string

// The reasons.
const (
	ReasonAcknowledged Reason = "acknowledged"
	ReasonResolved     Reason = "resolved"
	ReasonExhausted    Reason = "exhausted"
	ReasonSuperseded   Reason = "superseded"
)

// Run is a policy at work on one episode of an incident. Without a policy it is the fallback run, which pages the
// organisation's fallback contacts.
type Run struct {
	ID, OrgID   int64
	IncidentID  int64
	Episode     int
	PolicyID    *int64
	Version     int
	Priority    int
	State       State
	Reason      Reason
	Round       int // from 0; one more each time the steps begin again
	RepeatsLeft int // -1 until the steps have been gone through once
	NextStep    int // the step taken next; the number of steps when only the end is left
	StartedAt   time.Time
	LastTakenAt *time.Time
	NextAt      *time.Time // nil exactly when nothing is due ever again, or while paused
	FinishedAt  *time.Time
	// WaitingSince is when a step was due that waits for its window or for somebody on call; WaitOver says that it waits no longer.
	WaitingSince *time.Time
	WaitOver     bool
}

// IsFallback reports whether the run pages the fallback contacts.
func (r Run) IsFallback() bool { return r.PolicyID == nil }

// start is a new run of the policy for the incident's present episode.
func start(org, incidentID int64, episode int, p *Policy, now time.Time) Run {
	r := Run{OrgID: org, IncidentID: incidentID, Episode: episode, State: StateActive, StartedAt: now, RepeatsLeft: -1}
	first := now
	if p != nil {
		id := p.ID
		r.PolicyID, r.Version, r.Priority = &id, p.Version, p.Priority
		first = now.Add(p.Steps[0].delay())
	}
	r.NextAt = &first
	return r
}

// finish ends the run for good.
func (r Run) finish(reason Reason, now time.Time) Run {
	r.State, r.Reason, r.NextAt, r.FinishedAt = StateFinished, reason, nil, &now
	r.WaitingSince, r.WaitOver = nil, false
	return r
}

// pause stops the clock of the run.
func (r Run) pause() Run {
	r.State, r.NextAt = StatePaused, nil
	r.WaitingSince, r.WaitOver = nil, false
	return r
}

// endWait has a step that waits be due now.
func (r Run) endWait(now time.Time) Run {
	if r.State == StateActive && r.WaitingSince != nil {
		r.WaitOver, r.NextAt = true, &now
	}
	return r
}

// anew begins the steps again, in a round of its own, for another episode of the incident.
func (r Run) anew(d Definition, episode int, now time.Time) Run {
	r.State, r.Episode, r.NextStep, r.RepeatsLeft, r.Round = StateActive, episode, 0, -1, r.Round+1
	r.StartedAt, r.LastTakenAt = now, nil
	r.WaitingSince, r.WaitOver = nil, false
	at := now
	if len(d.Steps) > 0 {
		at = now.Add(d.Steps[0].delay())
	}
	r.NextAt = &at
	return r
}

// yield is the run once somebody has taken the incident: it goes on with those of its next steps that are taken until it is
// resolved. Without one it pauses when the acknowledgement may run out, for it begins again then, else it is over.
func (r Run) yield(d Definition, expires bool, now time.Time) Run {
	again := r.NextStep == 0 && r.LastTakenAt != nil // Nobody begins again what somebody has taken.
	for n := r.NextStep; n < len(d.Steps) && !again; n++ {
		if d.Steps[n].Until == UntilResolved {
			at := r.dueAt(d, n)
			if at.Before(now) {
				at = now
			}
			r.State, r.NextStep, r.NextAt = StateActive, n, &at
			r.WaitingSince, r.WaitOver = nil, false
			return r
		}
	}
	return r.rest(expires, now)
}

// rest is the run when no step of it is for an incident that somebody has taken.
func (r Run) rest(expires bool, now time.Time) Run {
	if expires {
		return r.pause()
	}
	return r.finish(ReasonAcknowledged, now)
}

// dueAt is when the step n is due, which comes at or after the next one, by the distances between the steps.
func (r Run) dueAt(d Definition, n int) time.Time {
	switch {
	case r.NextAt != nil:
		return r.NextAt.Add(d.Steps[n].delay() - d.Steps[r.NextStep].delay())
	case r.LastTakenAt != nil && r.NextStep > 0:
		return r.LastTakenAt.Add(d.Steps[n].delay() - d.Steps[r.NextStep-1].delay())
	}
	return r.StartedAt.Add(d.Steps[n].delay())
}

// resume goes on after a pause: the step that was taken last is taken again, in a round of its own, so that whoever was
// asked before the pause is asked again; without one the first step keeps its time.
func (r Run) resume(d Definition, now time.Time) Run {
	r.State = StateActive
	at := now
	switch {
	case r.LastTakenAt != nil && r.NextStep == 0 && !r.IsFallback():
		// The run was about to begin again: the last step is taken once more, and then that repeat is still to come.
		r.NextStep = len(d.Steps) - 1
		r.RepeatsLeft++
		r.Round++
	case r.LastTakenAt != nil:
		r.NextStep = max(0, min(r.NextStep, len(d.Steps))-1)
		r.Round++
	case len(d.Steps) > 0:
		if first := r.StartedAt.Add(d.Steps[0].delay()); first.After(now) {
			at = first
		}
	}
	r.NextAt = &at
	return r
}
