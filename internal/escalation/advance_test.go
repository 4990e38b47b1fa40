package escalation

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

var at9 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// stepsAt is a policy whose steps notify somebody after the delays, in minutes.
func stepsAt(delays ...float64) Definition {
	var d Definition
	for _, delay := range delays {
		d.Steps = append(d.Steps, Step{DelayMinutes: delay, Actions: []Action{{Type: ActionNotify, Target: "ann@example.com"}}})
	}
	return d
}

func policyOf(d Definition) *Policy { return &Policy{ID: 7, Version: 1, Definition: d} }

// reaching is a world in which every action of the run's step finds these people, all of whom can be reached.
func reaching(run Run, d Definition, severity incident.Severity, now time.Time, ids ...int64) World {
	w := World{Now: now, Policy: d, Incident: incident.Incident{ID: 1, Status: incident.StatusOpen, Severity: severity}}
	if d.Repeat != nil {
		w.Repeat = *d.Repeat
	}
	if run.NextStep >= len(d.Steps) {
		return w
	}
	for range d.Steps[run.NextStep].Actions {
		var found Resolution
		routes := map[int64][]notify.Route{}
		for _, id := range ids {
			found.People = append(found.People, Person{User: account.User{ID: id, IsActive: true}})
			routes[id] = []notify.Route{{Channel: "email"}}
		}
		w.Found, w.Routes = append(w.Found, []Resolution{found}), append(w.Routes, routes)
	}
	return w
}

func paged(t Taken) (ids []int64) {
	for _, p := range t.Pages {
		ids = append(ids, p.Person.User.ID)
	}
	return ids
}

func TestStepsKeepTheirDistanceFromTheStepBefore(t *testing.T) {
	d := stepsAt(0, 10, 25)
	d.Repeat = &Repeat{Times: 1, EveryMinutes: 15}
	run := start(1, 1, 1, policyOf(d), at9)
	var times []time.Duration
	now := at9
	for range 6 {
		now = now.Add(2 * time.Minute) // Every step is taken late, after an outage.
		run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, now, 1))
		times = append(times, run.NextAt.Sub(now))
		now = *run.NextAt
	}
	want := []time.Duration{10, 15, 15, 10, 15, 15}
	for i := range want {
		want[i] *= time.Minute
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Error(diff)
	}
	run, taken := Advance(run, reaching(run, d, incident.SeverityHigh, now))
	if !taken.Exhausted || !taken.Fallback || run.State != StateFinished || run.Reason != ReasonExhausted || run.NextAt != nil {
		t.Errorf("after its repeat an urgent run is exhausted and the fallback contacts are paged: %+v, %+v", run, taken)
	}
}

func TestAPolicyOfLowUrgencyEndsWithItsLastStep(t *testing.T) {
	d := stepsAt(0)
	run, taken := Advance(start(1, 1, 1, policyOf(d), at9), reaching(Run{}, d, incident.SeverityLow, at9, 1))
	if run.State != StateFinished || run.Reason != ReasonExhausted || taken.Fallback || !slices.Equal(paged(taken), []int64{1}) {
		t.Errorf("%+v, %+v", run, taken)
	}
}

func TestRepeatsAreCountedByTheUrgencyAtTheEndOfTheFirstRound(t *testing.T) {
	d := stepsAt(0, 10)
	run, _ := Advance(start(1, 1, 1, policyOf(d), at9), reaching(Run{}, d, incident.SeverityMedium, at9, 1))
	w := reaching(run, d, incident.SeverityCritical, at9.Add(10*time.Minute), 1) // It has become critical in between.
	w.Repeat = Repeat{Times: 3, EveryMinutes: 15}
	run, _ = Advance(run, w)
	if run.NextStep != 0 || run.Round != 1 || run.RepeatsLeft != 2 {
		t.Errorf("the organisation's repeat for high urgency counts: %+v", run)
	}
}

func TestTwoStepsThatReachNobodyBringTheFallbackContacts(t *testing.T) {
	d := stepsAt(0, 10, 20)
	run := start(1, 1, 1, policyOf(d), at9)
	run, taken := Advance(run, reaching(run, d, incident.SeverityHigh, at9))
	if !taken.Nobody || taken.Fallback || !run.NextAt.Equal(at9) || run.NextStep != 1 {
		t.Fatalf("after one such step the next is due at once: %+v, %+v", run, taken)
	}
	w := reaching(run, d, incident.SeverityHigh, at9)
	w.PreviousFailed = true
	run, taken = Advance(run, w)
	if !taken.Fallback || !run.NextAt.Equal(at9.Add(10*time.Minute)) {
		t.Errorf("after two the fallback contacts are paged and the rest keeps its times: %+v, %+v", run, taken)
	}

	low := start(1, 1, 1, policyOf(d), at9)
	low, taken = Advance(low, reaching(low, d, incident.SeverityLow, at9))
	if !taken.Nobody || taken.Fallback || !low.NextAt.Equal(at9.Add(10*time.Minute)) {
		t.Errorf("low urgency keeps its times: %+v, %+v", low, taken)
	}
}

func TestTheFallbackContactsArePagedEachHourWhileItIsUrgent(t *testing.T) {
	d := fallbackDefinition
	run := start(1, 1, 1, nil, at9)
	for hour := range 3 {
		now := at9.Add(time.Duration(hour) * time.Hour)
		var taken Taken
		run, taken = Advance(run, reaching(run, d, incident.SeverityCritical, now, 1))
		if !slices.Equal(paged(taken), []int64{1}) || !run.NextAt.Equal(now.Add(time.Hour)) {
			t.Fatalf("hour %d: %+v, %+v", hour, run, taken)
		}
	}
	run, taken := Advance(run, reaching(run, d, incident.SeverityLow, at9.Add(3*time.Hour), 1))
	if len(taken.Pages) != 0 || run.State != StateFinished {
		t.Errorf("once it is no longer urgent they are left alone: %+v, %+v", run, taken)
	}
	run, taken = Advance(start(1, 1, 1, nil, at9), reaching(Run{}, d, incident.SeverityLow, at9, 1))
	if !slices.Equal(paged(taken), []int64{1}) || run.State != StateFinished {
		t.Errorf("of an incident that is not urgent they are told once: %+v, %+v", run, taken)
	}
}

func TestAStepPagesEachPersonOnce(t *testing.T) {
	d := Definition{Steps: []Step{{Actions: []Action{
		{Type: ActionNotify, Target: "team", Urgency: "low"}, {Type: ActionNotify, Target: "ann@example.com"},
	}}}}
	run := start(1, 1, 1, policyOf(d), at9)
	w := reaching(run, d, incident.SeverityHigh, at9, 1, 2, 3, 4)
	w.JustPaged = map[int64]bool{2: true}
	delete(w.Routes[0], 3)
	delete(w.Routes[1], 3)
	delete(w.Routes[0], 4) // Only the second action has a way to reach person 4.
	_, taken := Advance(run, w)
	if !slices.Equal(paged(taken), []int64{1, 4}) || taken.Pages[0].Urgency != incident.UrgencyLow || taken.Nobody {
		t.Errorf("paged are %v: %+v", paged(taken), taken)
	}
	if len(taken.AlreadyPaged) != 1 || taken.AlreadyPaged[0].User.ID != 2 {
		t.Errorf("paged a moment ago: %v", taken.AlreadyPaged)
	}
	if len(taken.Unreachable) != 1 || taken.Unreachable[0].User.ID != 3 {
		t.Errorf("no way to reach: %v", taken.Unreachable)
	}
	w.Requested = true
	_, taken = Advance(run, w)
	if !slices.Equal(paged(taken), []int64{1, 2, 4}) || taken.Pages[0].Wanted != notify.WantedUntilOwnAcknowledgement {
		t.Errorf("who asks for a page gets one, wanted until that person acknowledges: %+v", taken.Pages)
	}
}

func TestAStepThatFindsOnlyWhoWasJustPagedHasReachedSomebody(t *testing.T) {
	d := stepsAt(0, 10)
	run := start(1, 1, 1, policyOf(d), at9)
	w := reaching(run, d, incident.SeverityHigh, at9, 1)
	w.JustPaged = map[int64]bool{1: true}
	if run, taken := Advance(run, w); taken.Nobody || !run.NextAt.Equal(at9.Add(10*time.Minute)) {
		t.Errorf("%+v, %+v", run, taken)
	}
}

func TestActionsOnTheIncidentBecomeCommands(t *testing.T) {
	d := Definition{Steps: []Step{{Actions: []Action{
		{Type: ActionAssign, Target: "team_lead"},
		{Type: ActionChangeSeverity, Severity: "critical"},
		{Type: ActionChangeStatus, Status: "acknowledged"},
		{Type: ActionNotify, Target: "team"},
	}}}}
	run := start(1, 1, 1, policyOf(d), at9)
	_, taken := Advance(run, reaching(run, d, incident.SeverityHigh, at9, 5))
	c := taken.Commands
	if len(c) != 3 || c[0].Verb != incident.Assign || c[0].UserID != 5 || *c[1].Edit.Severity != incident.SeverityCritical ||
		*c[2].Edit.Status != incident.StatusAcknowledged {
		t.Fatalf("commands: %+v", c)
	}
	if taken.Pages[0].Wanted != notify.WantedUntilOwnAcknowledgement {
		t.Errorf("the pages of a step that acknowledges by itself end with it: %+v", taken.Pages)
	}
}

func TestAStepWithoutAPageReachesNobodyAndThatIsFine(t *testing.T) {
	d := Definition{Steps: []Step{{Actions: []Action{{Type: ActionAssign, Target: "team_lead"}}}, {}}}
	run := start(1, 1, 1, policyOf(d), at9)
	if _, taken := Advance(run, reaching(run, d, incident.SeverityHigh, at9)); taken.Nobody || len(taken.Commands) != 0 {
		t.Errorf("%+v", taken)
	}
}
