package escalation

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// foresight goes through what would become of one incident if nobody answered and every page arrived, by the same code as the
// engine; it only reads. It is itself the ground that its steps act on.
type foresight struct {
	*batch
	follow *following
	inc    incident.Incident
	orgAck time.Duration
	list   []Foreseen
	asked  int // pages of follow that are in the list
}

func (f *foresight) runsOf(_ *batch, _ int64) ([]*Run, error) { return f.follow.runs[f.inc.ID], nil }

func (f *foresight) policies(*batch) ([]Policy, error) { return f.follow.policies, nil }

func (f *foresight) turns(b *batch, turns []turn) (map[int64]map[string]int64, error) {
	return readTurns(b.tx, b.org, turns, "")
}

// act changes the incident that is thought of, and what follows for its runs.
func (f *foresight) act(_ *batch, _ *Run, commands []incident.Command) error {
	actor := account.System(f.org, actorName)
	for i := range commands {
		commands[i].IncidentID, commands[i].Actor, commands[i].Via = f.inc.ID, actor, "step"
	}
	urgency := f.urgencyAfter(commands)
	for _, c := range commands {
		if c.Verb == incident.Assign {
			f.assign(c.UserID)
			continue
		}
		if err := f.do(c, urgency); err != nil {
			return err
		}
	}
	return nil
}

// urgencyAfter is how urgent the incident is once all commands are done: that decides how long an acknowledgement among them holds.
func (f *foresight) urgencyAfter(commands []incident.Command) incident.Urgency {
	inc := f.inc
	for _, c := range commands {
		if c.Verb == incident.Assign {
			continue
		}
		for _, change := range incident.Foresee(inc, c, 0, f.now) {
			inc = change.After
		}
	}
	return inc.Urgency()
}

func (f *foresight) assign(userID int64) {
	already := slices.ContainsFunc(f.resolver.assigned[f.inc.ID], func(a incident.Assignment) bool { return a.UserID == userID })
	if !already {
		f.resolver.assigned[f.inc.ID] = append(f.resolver.assigned[f.inc.ID], incident.Assignment{IncidentID: f.inc.ID, UserID: userID, AssignedAt: f.now})
	}
}

// do has the command happen, and its followers act. urgency is the incident's when all is done.
func (f *foresight) do(c incident.Command, urgency incident.Urgency) error {
	unfinished := slices.DeleteFunc(slices.Clone(f.follow.runs[f.inc.ID]), func(r *Run) bool { return r.State == StateFinished })
	own := time.Duration(0)
	if urgency == incident.UrgencyHigh {
		own = f.orgAck
	}
	for _, change := range incident.Foresee(f.inc, c, hold(unfinished, f.versions, own), f.now) {
		f.set(change.After)
		if change.NewEpisode { // What failed in the last one does not count.
			clear(f.failed)
		}
		if err := f.follow.change(change); err != nil {
			return err
		}
		if err := f.adopt(); err != nil {
			return err
		}
	}
	return nil
}

func (f *foresight) set(inc incident.Incident) {
	f.inc = inc
	f.incidents[inc.ID] = inc
}

// adopt gives new runs what the store would give them: an id, and the version that they point to.
func (f *foresight) adopt() error {
	known := f.follow.runs[f.inc.ID]
	for _, r := range f.changed {
		if !slices.Contains(known, r) {
			known = append(known, r)
		}
	}
	f.follow.runs[f.inc.ID] = known
	for _, r := range known {
		if r.ID != 0 {
			continue
		}
		r.ID = foreseenID + int64(len(f.runs))
		f.runs[r.ID] = r
		if r.PolicyID != nil {
			f.version(*r)
		}
		if err := f.loadForSteps([]*Run{r}); err != nil {
			return err
		}
	}
	f.changed = nil
	return nil
}

// foreseenID is where the ids begin of runs that are only thought of: they come after all that exist.
const foreseenID = 1 << 60

func (f *foresight) version(r Run) {
	key := versionKey{*r.PolicyID, r.Version}
	if _, known := f.versions[key]; known {
		return
	}
	if p := find(f.follow.policies, r.PolicyID); p != nil {
		f.versions[key] = PolicyVersion{PolicyID: p.ID, Version: p.Version, Name: p.Name, Definition: p.Definition}
	}
}

// next is the earliest time at which something happens by itself, zero when nothing does. due are the runs whose step it is, in
// the order in which the engine finds them; none when it is the incident's own time.
func (f *foresight) next() (at time.Time, due []*Run) {
	for _, r := range f.follow.runs[f.inc.ID] {
		switch {
		case r.State != StateActive || r.NextAt == nil:
		case len(due) == 0 || r.NextAt.Before(at):
			at, due = *r.NextAt, []*Run{r}
		case !r.NextAt.After(at):
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *Run) int { return cmp.Compare(a.ID, b.ID) })
	for _, own := range []*time.Time{f.inc.SnoozedUntil, f.inc.AckAskAt, f.inc.AckExpiresAt, f.inc.QuietAt} {
		if own != nil && (at.IsZero() || !own.After(at)) {
			at, due = *own, nil
		}
	}
	return at, due
}

// goOn has everything happen until the instant or until enough is known; whole is false when more would come.
func (f *foresight) goOn(until time.Time, most int) (whole bool, err error) {
	for range maxSimulatedPasses {
		at, due := f.next()
		if at.IsZero() {
			return true, nil
		}
		if at.After(until) || len(f.list) >= most {
			return false, nil
		}
		if at.After(f.now) {
			f.at(at)
		}
		if len(due) == 0 {
			err = f.ownCourse()
		}
		for _, run := range due {
			// Asked again at each turn: the step before may have ended this run.
			if err == nil && run.State == StateActive && run.NextAt != nil && !run.NextAt.After(f.now) {
				err = f.take(run)
			}
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// maxSimulatedPasses bounds a forecast of policies that never come to an end.
const maxSimulatedPasses = 2000

// at has the instant be now for all that is asked from here on.
func (f *foresight) at(now time.Time) {
	f.now, f.follow.now = now, now
	f.resolver.moveTo(now)
}

// ownCourse is what the incident does by itself: a snooze ends, holders are asked, an acknowledgement runs out, one that flaps is over.
func (f *foresight) ownCourse() error {
	due := func(at *time.Time) bool { return at != nil && !at.After(f.now) }
	c := incident.Command{IncidentID: f.inc.ID, Actor: account.System(f.org, "clock")}
	switch {
	case due(f.inc.QuietAt):
		c.Verb, c.Actor = incident.Resolve, incident.SourceActor(f.org)
	case due(f.inc.SnoozedUntil):
		c.Verb = incident.Unsnooze
	case due(f.inc.AckExpiresAt):
		c.Verb = incident.Expire
	default:
		c.Verb = incident.AskHolders
	}
	if err := f.do(c, f.inc.Urgency()); err != nil {
		return err
	}
	switch c.Verb {
	case incident.AskHolders:
	case incident.Resolve:
		f.list = append(f.list, Foreseen{At: f.now, Kind: string(c.Verb), Step: -1, Why: "nothing fires any more, and it has been quiet for long enough"})
	default:
		f.list = append(f.list, Foreseen{At: f.now, Kind: string(c.Verb), Step: -1, Why: "the incident is " + string(f.inc.Status) + " again"})
	}
	return f.tellAsked()
}

// take takes the run's step and lists what it does.
func (f *foresight) take(run *Run) error {
	name, waited := nameOf(*run, f.versions), run.WaitingSince != nil
	taken, err := f.step(run, nil)
	if err != nil {
		return err
	}
	if !waited || taken.Waits == "" { // Once is enough.
		f.tellStep(*run, name, taken)
	}
	if err := f.adopt(); err != nil {
		return err
	}
	return f.tellAsked()
}

// foresight of the incident, among these policies, from now on.
func (s *Service) foresight(tx *db.Tx, org int64, inc incident.Incident, policies []Policy) (*foresight, error) {
	f := &foresight{inc: inc, follow: s.following(tx, org)}
	f.batch = s.batch(tx, org, map[int64]incident.Incident{inc.ID: inc})
	f.ground, f.failed, f.versions = f, map[int64]bool{}, map[versionKey]PolicyVersion{}
	f.follow.policies, f.follow.versions = policies, f.versions
	f.follow.assigned = func(*db.Tx, int64, []int64) (map[int64][]incident.Assignment, error) { return f.resolver.assigned, nil }
	settings, err := s.People.OrgSettings(tx, org)
	if err != nil {
		return nil, err
	}
	f.settings, f.resolver.settings, f.orgAck = settings, settings, settings.AckTimeout()
	if inc.ServiceID != nil {
		if f.follow.services, err = s.Services.ByIDs(tx, org, []int64{*inc.ServiceID}); err != nil {
			return nil, err
		}
	}
	if inc.TeamID != nil {
		if f.follow.teams, err = s.People.TeamsByIDs(tx, org, []int64{*inc.TeamID}); err != nil {
			return nil, err
		}
	}
	_, err = f.resolver.assignmentsOf(inc.ID)
	return f, err
}

// underWay has the foresight begin with the runs that work on the incident.
func (f *foresight) underWay() (err error) {
	if err := f.follow.loadRuns([]int64{f.inc.ID}); err != nil {
		return err
	}
	runs := f.follow.runs[f.inc.ID]
	f.versions = f.follow.versions
	var ids []int64
	for _, r := range runs {
		f.runs[r.ID] = r
		ids = append(ids, r.ID)
	}
	if len(ids) > 0 {
		if f.failed, err = lastFailed(f.tx, f.org, ids); err != nil {
			return err
		}
	}
	if f.recent, err = recentEvents(f.tx, f.org, []int64{f.inc.ID}, f.now.Add(-recently)); err != nil {
		return err
	}
	return f.loadForSteps(runs)
}

// begin has the foresight begin as if the incident opened now: with what matches or, when one is given, with that policy alone.
func (f *foresight) begin(only *Policy) error {
	if only == nil {
		f.follow.match(incident.Change{After: f.inc, NewEpisode: true, Verb: incident.Create, At: f.now})
		return f.adopt()
	}
	if len(only.Steps) > 0 {
		run := start(f.org, f.inc.ID, f.inc.Episode, only, f.now)
		f.follow.runs[f.inc.ID] = []*Run{&run}
	}
	return f.adopt()
}
