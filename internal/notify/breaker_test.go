package notify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhenABreakerOpens(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	type step struct {
		after       time.Duration
		destination string
		result      Result
	}
	fail := func(destination string) step { return step{0, destination, Retry} }
	times := func(n int, s step) (list []step) {
		for range n {
			list = append(list, s)
		}
		return list
	}
	mixed := []step{fail("a"), fail("b"), fail("a"), fail("b"), fail("a")}
	cases := []struct {
		name  string
		steps []step
		after time.Duration
		to    string
		want  BreakerStanding
	}{
		{"nothing has happened", nil, 0, "a", BreakerClosed},
		{"four failures", times(4, fail("a")), 0, "a", BreakerClosed},
		{"five failures of several", mixed, 0, "c", BreakerOpen},
		{"five failures of one, for that one", times(5, fail("a")), 0, "a", BreakerOpen},
		{"five failures of one, for another", times(5, fail("a")), 0, "b", BreakerClosed},
		{"a success in between", append(append(times(4, fail("a")), step{0, "b", Sent}), times(4, fail("b"))...), 0, "b", BreakerClosed},
		{"a refusal in between", append(append(times(4, fail("a")), step{0, "b", Permanent}), times(4, fail("b"))...), 0, "b", BreakerClosed},
		{"just before the trial", mixed, firstOpen - 1, "a", BreakerOpen},
		{"when the trial is due", mixed, firstOpen, "a", BreakerHalfOpen},
		{"when the trial has failed", append(mixed, step{firstOpen, "a", Retry}), 2*firstOpen - 1, "b", BreakerOpen},
		{"when the second trial is due", append(mixed, step{firstOpen, "a", Retry}), 2 * firstOpen, "b", BreakerHalfOpen},
		{"when the trial has worked", append(mixed, step{firstOpen, "a", Delivered}), 0, "b", BreakerClosed},
		{"what had begun before it opened", append(mixed, step{time.Second, "a", Retry}), firstOpen - time.Second, "a", BreakerHalfOpen},
	}
	for _, c := range cases {
		var b breaker
		now := start
		for _, s := range c.steps {
			now = now.Add(s.after)
			b.note(s.destination, s.result, now)
		}
		if got := b.standing(c.to, now.Add(c.after)); got != c.want {
			t.Errorf("%s: it is %s, want %s", c.name, got, c.want)
		}
	}
}

// A message that is alone with its provider is tried when its own time comes: the breaker has always let go by then.
func TestABreakerNeverDelaysALoneRetry(t *testing.T) {
	var b breaker
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for failed := 1; failed < 40; failed++ {
		b.note("a", Retry, now)
		now = now.Add(pause(failed, 0, 1))
		if b.standing("a", now) == BreakerOpen {
			t.Errorf("after %d failures it holds back the next attempt", failed)
		}
	}
}

func TestABreakerIsNeverOpenForLongerThanAMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b breaker
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 200).Draw(t, "outcomes") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "after")))
			b.note(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "to"), rapid.SampledFrom([]Result{Retry, Retry, Retry, Sent, Permanent}).Draw(t, "result"), now)
			if b.standing("a", now.Add(longestOpen)) == BreakerOpen {
				t.Fatal("it is open after a minute")
			}
		}
	})
}
