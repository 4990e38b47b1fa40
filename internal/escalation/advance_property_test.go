package escalation

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/incident"
)

func drawDefinition(t *rapid.T) Definition {
	var d Definition
	delay := 0.0
	for range rapid.IntRange(1, 5).Draw(t, "steps") {
		delay += rapid.SampledFrom([]float64{0, 0.5, 5, 15}).Draw(t, "delay")
		d.Steps = append(d.Steps, Step{DelayMinutes: delay, Actions: []Action{{Type: ActionNotify, Target: "team"}}})
	}
	if rapid.Bool().Draw(t, "own repeat") {
		d.Repeat = &Repeat{Times: rapid.IntRange(0, 3).Draw(t, "times"), EveryMinutes: rapid.IntRange(1, 30).Draw(t, "every")}
	}
	return d
}

var someSeverity = rapid.SampledFrom([]incident.Severity{incident.SeverityCritical, incident.SeverityMedium, incident.SeverityLow})

// checkRun holds a run to what is always true of one.
func checkRun(t *rapid.T, r Run, steps int) {
	if (r.NextAt == nil) != (r.State != StateActive) {
		t.Fatalf("something is due exactly while the run is active: %+v", r)
	}
	if (r.FinishedAt == nil) != (r.State != StateFinished) || (r.Reason == "") != (r.State != StateFinished) {
		t.Fatalf("a run has an end and a reason exactly when it is finished: %+v", r)
	}
	if r.NextStep < 0 || r.NextStep > steps || r.RepeatsLeft < -1 {
		t.Fatalf("out of bounds: %+v", r)
	}
}

func TestWhateverHappensARunTakesEachStepOfARoundOnceAndAtItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		run := start(1, 1, 1, policyOf(d), at9)
		type key struct{ round, step int }
		taken := map[key]bool{}
		now, failed := at9, false
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			if rapid.IntRange(0, 9).Draw(t, "snoozed") == 0 {
				run = run.pause()
				checkRun(t, run, len(d.Steps))
				now = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "sleep")) * time.Minute)
				run = run.resume(d, now)
			}
			if run.NextAt.Before(now) {
				t.Fatalf("due before the present: %+v at %v", run, now)
			}
			now = run.NextAt.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "late")) * time.Minute)
			var found []int64
			if rapid.Bool().Draw(t, "somebody is found") {
				found = []int64{1}
			}
			w := reaching(run, d, someSeverity.Draw(t, "severity"), now, found...)
			w.PreviousFailed = failed
			before := run
			var done Taken
			run, done = Advance(run, w)
			checkRun(t, run, len(d.Steps))
			if done.Exhausted {
				return
			}
			if taken[key{done.Round, done.Step}] {
				t.Fatalf("step %d of round %d is taken twice", done.Step, done.Round)
			}
			taken[key{done.Round, done.Step}] = true
			urgent, last := w.Incident.Urgency() == incident.UrgencyHigh, before.NextStep+1 == len(d.Steps)
			if done.Nobody != (len(found) == 0) || (done.Nobody && done.Fallback != (urgent && (failed || last))) {
				t.Fatalf("nobody: %+v after %+v", done, before)
			}
			if run.State == StateFinished {
				return
			}
			hurried := done.Nobody && urgent && !failed && !last
			checkDistance(t, d, w, before, run, hurried)
			failed = done.Nobody
		}
	})
}

// checkDistance wants the next step as far from the one taken as the policy says, or at once when nobody was reached.
func checkDistance(t *rapid.T, d Definition, w World, before, after Run, hurried bool) {
	want := w.Repeat.every()
	if next := before.NextStep + 1; next < len(d.Steps) {
		want = d.Steps[next].delay() - d.Steps[before.NextStep].delay()
	}
	if hurried {
		want = 0
	}
	if got := after.NextAt.Sub(w.Now); got != want {
		t.Fatalf("the next step is due after %v, want %v: %+v after %+v", got, want, after, before)
	}
}

func TestAnUrgentIncidentThatReachesNobodyReachesTheFallbackContactsWithinTwoSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		run := start(1, 1, 1, policyOf(d), at9)
		first := *run.NextAt
		for failed := false; ; failed = true {
			w := reaching(run, d, incident.SeverityCritical, *run.NextAt)
			w.PreviousFailed = failed
			var done Taken
			run, done = Advance(run, w)
			if done.Fallback {
				if w.Now.After(first) {
					t.Fatalf("the fallback contacts waited until %v, the first step was at %v", w.Now, first)
				}
				return
			}
			if failed {
				t.Fatalf("two steps reached nobody and the fallback contacts are not paged: %+v", run)
			}
		}
	})
}

func TestARunThatNobodyAnswersEndsAfterItsRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		run := start(1, 1, 1, policyOf(d), at9)
		steps, times := 0, 0
		for run.State == StateActive {
			w := reaching(run, d, incident.SeverityCritical, *run.NextAt, 1)
			if d.Repeat == nil {
				w.Repeat = Repeat{Times: 3, EveryMinutes: 15}
			}
			times = w.Repeat.Times
			var done Taken
			if run, done = Advance(run, w); !done.Exhausted {
				steps++
			} else if !done.Fallback {
				t.Fatal("an exhausted urgent run brings the fallback contacts")
			}
		}
		if want := len(d.Steps) * (times + 1); steps != want {
			t.Fatalf("%d steps, want %d", steps, want)
		}
	})
}
