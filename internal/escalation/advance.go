package escalation

import (
	"slices"
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
	Target string // as written
	People []Person
	Why    string // why there is nobody
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
	Nobody       bool // The step pages, and there was nobody to page.
	Fallback     bool // The fallback contacts must be paged.
}

// fallbackEvery is how often the fallback contacts are paged while an urgent incident stays open.
const fallbackEvery = time.Hour

// Advance takes the run's next step: what it does, and the run as it is afterwards. It is pure; the same run and world give
// the same answer to the engine, to a preview and to a test.
//
// A run whose last step has had its time is exhausted: it finishes, and for an urgent incident the fallback contacts are
// paged. A step that finds nobody to page makes the next one due at once for an urgent incident; after two in a row the
// fallback contacts are paged and the rest keeps its times.
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
	plan(&t, step, w)
	t.Nobody = step.pages() && len(t.Pages) == 0 && len(t.AlreadyPaged) == 0
	t.Fallback = t.Nobody && urgent && w.PreviousFailed && !run.IsFallback()
	hurry := t.Nobody && urgent && !w.PreviousFailed && !run.IsFallback()
	return run.after(w, hurry), t
}

// after is the run once its step is taken: when the next one is due, and which.
func (r Run) after(w World, hurry bool) Run {
	now := w.Now
	taken := r.NextStep
	r.LastTakenAt = &now
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

// defaultEvery is how long the last step has when nothing says otherwise.
const defaultEvery = 15 * time.Minute

func (r Repeat) every() time.Duration {
	if r.EveryMinutes <= 0 {
		return defaultEvery
	}
	return time.Duration(r.EveryMinutes) * time.Minute
}

// plan fills in what the actions of the step do. Each person is paged once, by the first action that names them and has a
// way to reach them.
func plan(t *Taken, step Step, w World) {
	done, missed := map[int64]bool{}, map[int64]bool{}
	for n, action := range step.Actions {
		switch action.Type {
		case ActionNotify:
			for _, person := range people(w.Found[n]) {
				id := person.User.ID
				if done[id] {
					continue
				}
				if done[id] = planPage(t, step, action, person, w.Routes[n][id], w); !done[id] && !missed[id] {
					missed[id] = true
					t.Unreachable = append(t.Unreachable, person)
				}
			}
		case ActionAssign:
			for _, person := range people(w.Found[n]) {
				t.Commands = append(t.Commands, incident.Command{Verb: incident.Assign, UserID: person.User.ID})
			}
		case ActionChangeStatus:
			status := incident.Status(action.Status)
			t.Commands = append(t.Commands, incident.Command{Verb: incident.Update, Edit: &incident.Edit{Status: &status}})
		case ActionChangeSeverity:
			severity := incident.Severity(action.Severity)
			t.Commands = append(t.Commands, incident.Command{Verb: incident.Update, Edit: &incident.Edit{Severity: &severity}})
		}
	}
	t.Unreachable = slices.DeleteFunc(t.Unreachable, func(p Person) bool { return done[p.User.ID] })
}

// planPage plans the page of one person and reports whether that person need not be looked at again.
func planPage(t *Taken, step Step, action Action, person Person, routes []notify.Route, w World) bool {
	switch {
	case w.JustPaged[person.User.ID] && !w.Requested:
		t.AlreadyPaged = append(t.AlreadyPaged, person)
		return true
	case len(routes) == 0:
		return false
	}
	wanted := notify.WantedUntilAcknowledged
	if w.Requested || step.acknowledges() {
		// Else the step's own acknowledgement would end its pages before anybody has seen them.
		wanted = notify.WantedUntilOwnAcknowledgement
	}
	t.Pages = append(t.Pages, PlannedPage{
		Person: person, Action: action, Urgency: action.urgency(w.Incident), Routes: routes, Wanted: wanted,
	})
	return true
}

// urgency is the action's own, else the incident's.
func (a Action) urgency(i incident.Incident) incident.Urgency {
	if a.Urgency != "" {
		return incident.Urgency(a.Urgency)
	}
	return i.Urgency()
}

func people(found []Resolution) []Person {
	var list []Person
	for _, r := range found {
		list = append(list, r.People...)
	}
	return list
}
