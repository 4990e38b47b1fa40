package notify

import "time"

// When a breaker opens, and for how long. It stays open for less time than a message that failed so often waits to be tried again,
// so that it never delays the retry of a message that is alone with its provider.
const (
	opensAfter  = 5 // failures in a row
	firstOpen   = 15 * time.Second
	longestOpen = time.Minute
)

// BreakerStanding says whether a provider is given messages.
type BreakerStanding string

// The standings.
const (
	BreakerClosed   BreakerStanding = "closed"    // It is given whatever is due.
	BreakerOpen     BreakerStanding = "open"      // It has failed again and again, and is given nothing.
	BreakerHalfOpen BreakerStanding = "half_open" // It is given one message, whose outcome decides.
)

// breaker keeps messages from a provider that fails again and again: they wait without using an attempt, and people are reached by
// other methods at once. As long as a single destination fails it holds back only what goes there, for that says nothing about
// others. The zero value is closed.
type breaker struct {
	failures int    // in a row
	opened   int    // how often it has opened since it was last closed
	only     string // the destination that failed
	several  bool   // more than that one did
	until    time.Time
}

// standing is where it stands for what goes to the destination. It is pure.
func (b *breaker) standing(destination string, now time.Time) BreakerStanding {
	switch {
	case b.opened == 0, !b.several && b.only != destination:
		return BreakerClosed
	case now.Before(b.until):
		return BreakerOpen
	}
	return BreakerHalfOpen
}

// note takes in how a message to the destination ended. A refusal for good is an answer: the provider works. What fails while it is
// open had begun before, and does not prolong it.
func (b *breaker) note(destination string, result Result, now time.Time) {
	if result != Retry {
		*b = breaker{}
		return
	}
	b.several = b.several || b.failures > 0 && b.only != destination
	b.failures++
	b.only = destination
	if b.failures < opensAfter || now.Before(b.until) {
		return
	}
	b.until = now.Add(min(firstOpen<<min(b.opened, 4), longestOpen))
	b.opened++
}
