package notify

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// passOnAfter is how many failures of one method have the person reached by the next.
const passOnAfter = 2

// troubled reports whether the person is to be reached by the next method because of this row, which is wanted: it will never be
// sent, has failed often enough, or its provider is away. Each row says so once. It is pure.
func troubled(n Notification, away bool) bool {
	return n.WantedUntil.asks() && !n.PassedOn && (n.Status == StatusFailed || away || n.Attempts >= passOnAfter)
}

// bringForward reaches the people of pages in trouble by their next methods: of a page's rows the first that waits for its time is
// due at once; when none waits, a way that the page has not used is added. The incidents' locks are held, and the rows are saved.
func (s *Service) bringForward(tx *db.Tx, org int64, inTrouble []*Notification) error {
	if len(inTrouble) == 0 {
		return nil
	}
	incidents, keys := map[int64]bool{}, map[string]*Notification{}
	for _, n := range inTrouble {
		incidents[*n.IncidentID], keys[n.PageKey] = true, n
	}
	pages, err := rowsOfPages(tx, org, slices.Sorted(maps.Keys(incidents)), slices.Sorted(maps.Keys(keys)))
	if err != nil {
		return err
	}
	now := tx.Now()
	var woken, stuck []*Notification
	for _, n := range inTrouble {
		next, waiting := nextMethod(pages[n.PageKey], now)
		switch {
		case n.WantedUntil == WantedForAnHour && goesOn(pages[n.PageKey]): // A notice reaches the person elsewhere: that is enough.
		case next != nil:
			next.NextAttemptAt = &now
			woken = append(woken, next)
		case !waiting:
			stuck = append(stuck, n)
		}
	}
	if err := saveNotifications(tx, woken); err != nil {
		return err
	}
	if len(woken) > 0 {
		s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicDue})
	}
	return s.addWays(tx, org, stuck, pages)
}

// nextMethod is the row of a page that waits for its time and comes first. waiting reports whether one that was not tried yet
// is due already. One that is in trouble itself does not count: it has passed the page on. It is pure.
func nextMethod(rows []*Notification, now time.Time) (next *Notification, waiting bool) {
	for _, n := range rows {
		if n.Status != StatusPending || n.Attempts > 0 || n.PassedOn {
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

// goesOn reports whether any of the rows is sent or will be.
func goesOn(rows []*Notification) bool {
	return slices.ContainsFunc(rows, func(n *Notification) bool { return n.Status != StatusFailed && n.Status != StatusCancelled })
}

// addWays adds to each page the first of the person's ways that it has not used. pages are the rows of each.
func (s *Service) addWays(tx *db.Tx, org int64, stuck []*Notification, pages map[string][]*Notification) error {
	var added []*Notification
	for urgency, list := range byUrgency(stuck) {
		people, err := s.reach(tx, org, userIDsOf(list), urgency)
		if err != nil {
			return err
		}
		for _, n := range list {
			ways := people[n.UserID].everyWay
			if n.WantedUntil == WantedForAnHour {
				ways = people[n.UserID].ownWays
			}
			row := s.instead(tx, *n, ways(s.Channels, urgency), pages[n.PageKey])
			added, pages[n.PageKey] = append(added, row...), append(pages[n.PageKey], row...)
		}
	}
	return s.insert(tx, org, added)
}

// instead is a new row for the first of the ways that the page has not used, or none.
func (s *Service) instead(tx *db.Tx, n Notification, ways []Route, rows []*Notification) []*Notification {
	for _, way := range ways {
		if slices.ContainsFunc(rows, func(r *Notification) bool { return r.DedupKey == dedupKey(n.PageKey, way) }) {
			continue
		}
		metadata := map[string]any{"instead_of": fmt.Sprint(n.ID)}
		if via, ok := n.Metadata["via"]; ok {
			metadata["via"] = via
		}
		fresh := Notification{
			OrgID: n.OrgID, UserID: n.UserID, IncidentID: n.IncidentID, Episode: n.Episode, EventID: n.EventID, Title: n.Title,
			Message: n.Message, Urgency: n.Urgency, Action: n.Action, WantedUntil: n.WantedUntil, PageKey: n.PageKey, Metadata: metadata,
		}
		way.Delay = 0
		return s.spread(tx, fresh, []Route{way}, 0)
	}
	return nil
}

func byUrgency(list []*Notification) map[incident.Urgency][]*Notification {
	sorted := map[incident.Urgency][]*Notification{}
	for _, n := range list {
		sorted[incident.Urgency(n.Urgency)] = append(sorted[incident.Urgency(n.Urgency)], n)
	}
	return sorted
}

func userIDsOf(list []*Notification) []int64 {
	var ids []int64
	for _, n := range list {
		if n.UserID != 0 {
			ids = append(ids, n.UserID)
		}
	}
	return ids
}
