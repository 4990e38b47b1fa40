package escalation

import (
	"fmt"
	"time"
)

const (
	// longestWait is how long a step waits for somebody to be on call before it counts as one that found nobody.
	longestWait = 12 * time.Hour
	// looksForCover is how often it is looked whether somebody is on call by now.
	looksForCover = time.Minute
)

// waiting is a run whose step is held back, and for what; nothing when it is not.
type waiting struct {
	Run
	For string
}

// wait holds the step back until its window opens or somebody is on call. A rise of severity or a person's wish ends the wait.
// tooLong says that nobody came on call in time.
func (r Run) wait(step Step, w World) (held waiting, tooLong bool) {
	if step.WaitUntil == nil || r.WaitOver || w.Requested {
		return waiting{}, false
	}
	since := w.Now
	if r.WaitingSince != nil {
		since = *r.WaitingSince
	}
	var next time.Time
	var what string
	switch window := step.WaitUntil.Window; {
	case step.WaitUntil.OnCall:
		next, what = w.Now.Add(looksForCover), "until somebody is on call, at most 12 hours"
		if anyCovered(w.Found) {
			return waiting{}, false
		}
		last := since.Add(longestWait)
		if !w.Now.Before(last) {
			return waiting{}, true
		}
		if next.After(last) {
			next = last
		}
	default:
		if next = window.next(w.Now); next.IsZero() || !next.After(w.Now) {
			return waiting{}, false
		}
		what = fmt.Sprintf("until %s (%s)", next.Format("Mon, 2 Jan 2006, 15:04"), window.Timezone)
	}
	r.WaitingSince, r.NextAt = &since, &next
	return waiting{r, what}, false
}

func anyCovered(found [][]Resolution) bool {
	for _, action := range found {
		for _, r := range action {
			if r.Covered && len(r.People) > 0 {
				return true
			}
		}
	}
	return false
}
