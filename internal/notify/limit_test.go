package notify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHowManyMessagesAPersonIsSent(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for channel, want := range map[string]struct {
		atOnce, inAMinute int
		longestWait       time.Duration
	}{
		"voice": {1, 1, 2 * time.Minute},
		"sms":   {3, 5, 20 * time.Second},
		"email": {6, 10, 12 * time.Second},
		"ntfy":  {6, 10, 12 * time.Second},
	} {
		l, full := personLimit(channel), time.Time{}
		if got := l.free(full, start); got != want.atOnce {
			t.Errorf("%s: %d at once, want %d", channel, got, want.atOnce)
		}
		sent := 0
		for now := start; now.Before(start.Add(time.Minute)); now = now.Add(time.Second) {
			n := l.free(full, now)
			full, sent = l.spend(full, now, n), sent+n
		}
		if sent != want.inAMinute {
			t.Errorf("%s: %d in a minute, want %d", channel, sent, want.inAMinute)
		}
		full = l.spend(time.Time{}, start, l.burst)
		if got := l.next(full, start).Sub(start); got != want.longestWait {
			t.Errorf("%s: waits %s, want %s", channel, got, want.longestWait)
		}
	}
}

func TestNoTimeOfTheRatesLengthHoldsMoreThanItsNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{rapid.IntRange(1, 50).Draw(t, "n"), time.Duration(rapid.Int64Range(1, 600).Draw(t, "seconds")) * time.Second}
		l, now, full := r.limit(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Time{}
		var sent []time.Time
		for range rapid.IntRange(1, 100).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(r.Per)).Draw(t, "after")))
			n := rapid.IntRange(0, l.free(full, now)).Draw(t, "messages")
			full = l.spend(full, now, n)
			for range n {
				sent = append(sent, now)
			}
			if len(sent) > r.N && sent[len(sent)-1].Sub(sent[len(sent)-1-r.N]) < r.Per {
				t.Fatalf("more than %d within %s", r.N, r.Per)
			}
			if l.free(full, l.next(full, now)) < 1 {
				t.Fatal("when the next is said to be free, it is not")
			}
		}
	})
}

func TestAClockThatIsSetBackSilencesNobody(t *testing.T) {
	l, now := personLimit("sms"), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	full := l.spend(time.Time{}, now, l.burst)
	if got := l.next(full, now.Add(-time.Hour)); got.After(now.Add(-time.Hour).Add(l.every)) {
		t.Errorf("an hour back, the next may be sent at %s", got)
	}
}

func TestWhatWasNotSentIsGivenBack(t *testing.T) {
	l, now := personLimit("voice"), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	full := l.spend(time.Time{}, now, 1)
	if l.free(full, now) != 0 || l.free(l.spend(full, now, -1), now) != 1 || l.free(l.spend(time.Time{}, now, -1), now) != 1 {
		t.Error("a call that failed is counted, or one that was never made is given back")
	}
}
