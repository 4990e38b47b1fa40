package escalation

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Person is somebody whom a target stands for, and how they were found.
type Person struct {
	User account.User
	Via  string
}

// Resolution is what became of one target of an action.
type Resolution struct {
	Target  string // as written
	People  []Person
	Why     string // why there is nobody
	Covered bool   // A schedule says that they are on call now.
}

// World is everything besides the run that Advance looks at: nothing of it changes under it.
type World struct {
	Now      time.Time
	Incident incident.Incident
	Policy   Definition
	// Found holds, for each action of the step, what its targets stand for.
	Found [][]Resolution
	// Routes are each person's ways to be reached, for each action of the step.
	Routes []map[int64][]notify.Route
	// JustPaged are the people whom another run has paged for this episode within the last two minutes.
	JustPaged map[int64]bool
	// PreviousFailed is true when the step that this run took before reached nobody.
	PreviousFailed bool
	Repeat         Repeat // the policy's, or the organisation's for this urgency
	Requested      bool   // "escalate now": the pages are wanted until each person acknowledges
	// Alerts are when the incident's alerts began, for a step that counts them.
	Alerts []time.Time
	// Turns are whom the actions that take people in turn paged last, by Action.turn.
	Turns map[string]int64
	// HandOver is what the policies stand for that the step hands over to, by Action.Policy; one that is missing is no more.
	HandOver map[string]Policy
	// Others are the states of the latest runs of other policies for this episode, by policy.
	Others map[int64]State
}

// PlannedPage is one person to page.
type PlannedPage struct {
	Person  Person
	Action  Action
	Urgency incident.Urgency
	Routes  []notify.Route
	Wanted  notify.WantedUntil
}

// Taken is what a step does, for the engine to write.
type Taken struct {
	Round, Step  int
	Exhausted    bool // No step: the last one has had its time.
	Pages        []PlannedPage
	AlreadyPaged []Person
	Unreachable  []Person // found, but without any way to reach them
	Commands     []incident.Command
	Nobody       bool   // The step pages, or hands over, and there was nobody to page and no policy to take it.
	Fallback     bool   // The fallback contacts must be paged.
	Waits        string // No step: it waits, and for what.
	Skipped      bool   // The step's condition did not hold.
	Failed       string // why the step's condition could not be judged; it counts as true then
	Posts        []Action
	Instructions []string
	HandOver     []Policy         // which take the place of this run
	NoHandOver   []string         // why a policy could not be handed over to
	Turns        map[string]int64 // whom the actions that take people in turn page now, by Action.turn
}

// fallbackEvery is how often the fallback contacts are paged while an urgent incident stays open.
const fallbackEvery = time.Hour

// Advance takes the run's next step: what it does, and the run as it is afterwards. It is pure; the same run and world give
// the same answer to the engine, to a preview and to a test.
//
// A run whose last step has had its time is exhausted: it finishes, and for an urgent incident the fallback contacts are
// paged. A step that waits is looked at again later, and one whose condition does not hold is skipped. A step that finds nobody
// to page, or no policy to hand over to, makes the next one of its round due at once for an urgent incident; after two in a row, or after
// the last of a round, the fallback contacts are paged and the rest keeps its times. While somebody has the incident, only steps that are
// taken until it is resolved are.
func Advance(run Run, w World) (Run, Taken) {
	t := Taken{Round: run.Round, Step: run.NextStep}
	urgent := w.Incident.Urgency() == incident.UrgencyHigh
	calmed := run.IsFallback() && run.LastTakenAt != nil && !urgent && !w.Requested
	if run.NextStep >= len(w.Policy.Steps) || calmed {
		t.Exhausted = true
		t.Fallback = urgent && !run.IsFallback()
		return run.finish(ReasonExhausted, w.Now), t
	}
	step := w.Policy.Steps[run.NextStep]
	waits, tooLong := run.wait(step, w)
	if waits.For != "" {
		t.Waits = waits.For
		return waits.Run, t
	}
	holds, unjudged := step.holds(w)
	if t.Failed = unjudged; !holds {
		t.Skipped = true
		return run.after(w, false).unlessTaken(run, w), t
	}
	if !tooLong {
		plan(&t, run, step, w)
	}
	if len(t.HandOver) > 0 {
		return run.took(w.Now).finish(ReasonSuperseded, w.Now), t
	}
	t.Nobody = (step.pages() || len(t.NoHandOver) > 0) && len(t.Pages) == 0 && len(t.AlreadyPaged) == 0
	failed := t.Nobody && urgent && !w.Requested && !run.IsFallback() // EscalateNow itself goes on until somebody is found.
	last := run.NextStep+1 == len(w.Policy.Steps)
	t.Fallback = failed && (w.PreviousFailed || last)
	hurry := failed && !w.PreviousFailed && !last
	return run.after(w, hurry).unlessTaken(run, w), t
}

// holds judges the step's own condition; failed says why it could not be judged, which counts as true.
func (s Step) holds(w World) (holds bool, failed string) {
	if s.Condition == nil {
		return true, ""
	}
	verdict := s.Condition.judge(w.Incident, w.Now, w.Alerts)
	return verdict.holds, verdict.failed
}

// unlessTaken is the run after a step of before, which goes no further than it may while somebody has the incident.
func (r Run) unlessTaken(before Run, w World) Run {
	switch {
	case w.Incident.Status != incident.StatusAcknowledged || w.Requested || r.State == StateFinished:
		return r
	case r.Round != before.Round:
		return r.rest(w.Incident.AckExpiresAt != nil, w.Now)
	}
	return r.yield(w.Policy, w.Incident.AckExpiresAt != nil, w.Now)
}

// after is the run once its step is taken: when the next one is due, and which.
func (r Run) after(w World, hurry bool) Run {
	now := w.Now
	taken := r.NextStep
	r = r.took(now)
	if r.RepeatsLeft < 0 && taken+1 >= len(w.Policy.Steps) { // Decided when it counts: the urgency may have risen since the start.
		r.RepeatsLeft = w.Repeat.Times
	}
	var next time.Time
	switch {
	case taken+1 < len(w.Policy.Steps):
		r.NextStep = taken + 1
		next = now.Add(w.Policy.Steps[taken+1].delay() - w.Policy.Steps[taken].delay())
	case r.IsFallback() && w.Incident.Urgency() == incident.UrgencyHigh:
		r.NextStep, r.Round = 0, r.Round+1
		next = now.Add(fallbackEvery)
	case r.RepeatsLeft > 0:
		r.NextStep, r.Round, r.RepeatsLeft = 0, r.Round+1, r.RepeatsLeft-1
		next = now.Add(w.Repeat.every())
	case w.Incident.Urgency() == incident.UrgencyHigh:
		r.NextStep = taken + 1
		next = now.Add(w.Repeat.every())
	default:
		r.NextStep = taken + 1
		return r.finish(ReasonExhausted, now)
	}
	if hurry {
		next = now
	}
	r.NextAt = &next
	return r
}

// took is the run with its step taken.
func (r Run) took(now time.Time) Run {
	r.LastTakenAt, r.WaitingSince, r.WaitOver = &now, nil, false
	return r
}

// defaultEvery is how long the last step has when nothing says otherwise.
const defaultEvery = 15 * time.Minute

func (r Repeat) every() time.Duration {
	if r.EveryMinutes <= 0 {
		return defaultEvery
	}
	return time.Duration(r.EveryMinutes) * time.Minute
}
