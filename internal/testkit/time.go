package testkit

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/live"
)

// After moves the clock on, from one due time to the next, and has the nodes do at each what is due then.
func (h *Harness) After(d time.Duration) {
	h.T.Helper()
	until := h.Clock.Now().Add(d)
	h.Settle()
	for {
		next := h.nextDue()
		if next.IsZero() || next.After(until) {
			break
		}
		h.Clock.Set(next)
		h.Settle()
	}
	h.Clock.Set(until)
	h.Settle()
}

// nextDue is the earliest time at which a loop of any node expects something to do.
func (h *Harness) nextDue() (next time.Time) {
	now := h.Clock.Now()
	for _, n := range h.nodes {
		if n.dead {
			continue
		}
		for _, l := range n.app.Loops() {
			if at := l.Next(); at.After(now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// Settle returns when every node has done what is due now: no loop finds anything, nothing is being sent, and no notice of a
// change has come meanwhile. It does not wait for a message that hangs; see Recorder.Hangs.
func (h *Harness) Settle() {
	h.T.Helper()
	ctx, cancel := context.WithTimeout(h.T.Context(), settleLimit)
	defer cancel()
	var subs []*live.Subscription
	for _, n := range h.nodes {
		if !n.dead {
			sub := n.app.Hub().Subscribe()
			defer sub.Close()
			subs = append(subs, sub)
		}
	}
	for {
		for _, n := range h.nodes {
			if n.dead {
				continue
			}
			for _, l := range n.app.Loops() {
				if err := l.Settle(ctx); err != nil {
					h.T.Fatalf("%s: the loop %s does not come to rest: %v", n.name, l.Name(), err)
				}
			}
			if h.Mail.hanging() || h.Push.hanging() {
				continue
			}
			if err := n.app.Drain(ctx); err != nil {
				h.T.Fatalf("%s is still sending: %v", n.name, err)
			}
		}
		if quiet(subs) {
			return
		}
	}
}

// quiet reports whether no notice has come, and takes those that have.
func quiet(subs []*live.Subscription) bool {
	still := true
	for _, sub := range subs {
		for len(sub.C) > 0 {
			<-sub.C
			still = false
		}
	}
	return still
}
