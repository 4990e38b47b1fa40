package notify

import (
	"fmt"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// bringForward reaches people whose page fails by their next method: the first that waits is due at once; when none waits, one
// that the page has not used is added.
func (f *finishing) bringForward() error {
	woken := false
	for _, n := range f.failing {
		rows, err := rowsOfPage(f.tx, f.org, *n.IncidentID, n.PageKey)
		if err != nil {
			return err
		}
		now := f.tx.Now()
		next, waiting := nextMethod(rows, now)
		switch {
		case next != nil:
			next.NextAttemptAt = &now
			if err := saveNotifications(f.tx, []*Notification{next}); err != nil {
				return err
			}
			woken = true
		case waiting: // It is due already.
		default:
			if err := f.addMethod(n, rows); err != nil {
				return err
			}
		}
	}
	if woken {
		f.Hub.Publish(f.tx, live.Notice{Org: f.org, Topic: live.TopicDue})
	}
	return nil
}

// nextMethod is the row of a page that waits for its time and comes first. waiting reports whether one that was not tried yet
// is due already.
func nextMethod(rows []*Notification, now time.Time) (next *Notification, waiting bool) {
	for _, n := range rows {
		if n.Status != StatusPending || n.Attempts > 0 {
			continue
		}
		if !n.NextAttemptAt.After(now) {
			return nil, true
		}
		if next == nil || n.NextAttemptAt.Before(*next.NextAttemptAt) {
			next = n
		}
	}
	return next, next != nil
}

// addMethod adds the first of the person's ways that the page has not used.
func (f *finishing) addMethod(failed *Notification, rows []*Notification) error {
	routes, err := f.Routes(f.tx, f.org, []int64{failed.UserID}, incident.UrgencyHigh, nil)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, n := range rows {
		used[n.DedupKey] = true
	}
	for _, r := range routes[failed.UserID] {
		if used[dedupKey(failed.PageKey, r)] {
			continue
		}
		n := *failed
		n.Reason, n.Error, n.ProviderRef, n.Attempts, n.ContactMethodID = "", "", "", 0, nil
		n.Metadata = map[string]any{"instead_of": fmt.Sprint(failed.ID)}
		if via, ok := failed.Metadata["via"]; ok {
			n.Metadata["via"] = via
		}
		r.Delay = 0
		return f.insert(f.tx, f.org, f.spread(f.tx, n, []Route{r}, 0))
	}
	return nil
}
