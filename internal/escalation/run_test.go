package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAfterASnoozeTheLastStepIsTakenAgainAndTheDistancesGoOn(t *testing.T) {
	d := stepsAt(0, 10, 30)
	run := start(1, 1, 1, policyOf(d), at9)
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9, 1))
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9.Add(10*time.Minute), 1))
	later := at9.Add(3 * time.Hour)
	run = run.pause()
	if run.NextAt != nil || run.State != StatePaused {
		t.Fatalf("paused: %+v", run)
	}
	run = run.resume(d, later)
	if run.NextStep != 1 || !run.NextAt.Equal(later) || run.Round != 1 {
		t.Fatalf("resumed: %+v", run)
	}
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, later, 1))
	if run.NextStep != 2 || !run.NextAt.Equal(later.Add(20*time.Minute)) {
		t.Errorf("the distance between people stays: %+v", run)
	}
}

func TestASnoozeBeforeTheFirstStepLeavesItsTime(t *testing.T) {
	d := stepsAt(30)
	run := start(1, 1, 1, policyOf(d), at9).pause().resume(d, at9.Add(10*time.Minute))
	if !run.NextAt.Equal(at9.Add(30*time.Minute)) || run.NextStep != 0 || run.Round != 0 {
		t.Errorf("resumed early: %+v", run)
	}
	run = start(1, 1, 1, policyOf(d), at9).pause().resume(d, at9.Add(time.Hour))
	if !run.NextAt.Equal(at9.Add(time.Hour)) {
		t.Errorf("resumed after its time it is due at once: %+v", run)
	}
}

func TestASnoozeBetweenTwoRoundsTakesTheLastStepAgainAndCostsNoRepeat(t *testing.T) {
	d := stepsAt(0, 10)
	d.Repeat = &Repeat{Times: 2, EveryMinutes: 15}
	run := start(1, 1, 1, policyOf(d), at9)
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9, 1))
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9.Add(10*time.Minute), 1))
	if run.NextStep != 0 || run.RepeatsLeft != 1 {
		t.Fatalf("about to begin again: %+v", run)
	}
	later := at9.Add(time.Hour)
	run = run.pause().resume(d, later)
	if run.NextStep != 1 || !run.NextAt.Equal(later) {
		t.Fatalf("the last step is taken again: %+v", run)
	}
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, later, 1))
	if run.NextStep != 0 || run.RepeatsLeft != 1 || !run.NextAt.Equal(later.Add(15*time.Minute)) {
		t.Errorf("and then the repeat that was due: %+v", run)
	}
}

func TestASnoozeAfterTheVeryLastStepTakesItAgain(t *testing.T) {
	d := stepsAt(0, 10)
	d.Repeat = &Repeat{Times: 0}
	run := start(1, 1, 1, policyOf(d), at9)
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9, 1))
	run, _ = Advance(run, reaching(run, d, incident.SeverityHigh, at9.Add(10*time.Minute), 1))
	run = run.pause().resume(d, at9.Add(time.Hour))
	if run.NextStep != 1 || run.Round != 1 {
		t.Errorf("%+v", run)
	}
}

func TestTheFallbackContactsArePagedAgainAfterASnooze(t *testing.T) {
	run := start(1, 1, 1, nil, at9)
	run, _ = Advance(run, reaching(run, fallbackDefinition, incident.SeverityHigh, at9, 1))
	run = run.pause().resume(fallbackDefinition, at9.Add(time.Hour))
	if run.NextStep != 0 || !run.NextAt.Equal(at9.Add(time.Hour)) {
		t.Errorf("%+v", run)
	}
}
