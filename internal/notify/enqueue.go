package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

const (
	maxTitle   = 500
	maxMessage = 10_000
)

// Enqueue writes one notification for each route of each page, in the transaction of their cause; what has the same key and
// destination as one that exists already is ignored. They are sent after the commit.
func (s *Service) Enqueue(tx *db.Tx, org int64, pages []Page) error {
	var rows []*Notification
	for _, p := range pages {
		metadata := map[string]any{}
		if p.Via != "" {
			metadata["via"] = p.Via
		}
		incidentID := p.IncidentID
		n := Notification{
			OrgID: org, UserID: p.UserID, IncidentID: &incidentID, Episode: p.Episode, EventID: p.EventID, Title: p.Title,
			Message: p.Message, Urgency: string(p.Urgency), Action: p.Action, WantedUntil: p.WantedUntil, PageKey: p.Key, Metadata: metadata,
		}
		rows = append(rows, s.spread(tx, n, p.Routes, 0)...)
	}
	if err := s.insert(tx, org, rows); err != nil {
		return err
	}
	return s.supersede(tx, org, rows)
}

// supersede ends earlier pages that go on failing at the destinations of new ones: when a server that was away for three
// rounds comes back, whoever is behind it is woken once. A new page that waits for its own time replaces nothing yet.
func (s *Service) supersede(tx *db.Tx, org int64, rows []*Notification) error {
	incidents := map[int64]bool{}
	for _, n := range rows {
		if !n.FirstDueAt.After(tx.Now()) {
			incidents[*n.IncidentID] = true
		}
	}
	live, err := livePages(tx, org, slices.Sorted(maps.Keys(incidents)), tx.Now())
	if err != nil {
		return err
	}
	newest := latest(live)
	var ended []*Notification
	for _, n := range live {
		if n.Status == StatusPending && n.Attempts > 0 && newest[sameWord(n)] > n.ID {
			n.Status, n.Reason, n.NextAttemptAt = StatusCancelled, reasonSuperseded, nil
			ended = append(ended, n)
		}
	}
	return saveNotifications(tx, ended)
}

// latest is the last row of each word; see sameWord.
func latest(live []*Notification) map[string]int64 {
	newest := map[string]int64{}
	for _, n := range live {
		newest[sameWord(n)] = max(newest[sameWord(n)], n.ID)
	}
	return newest
}

// sameWord is what two pages have in common that say the same to the same person at the same destination.
func sameWord(n *Notification) string {
	return fmt.Sprint(*n.IncidentID, n.Episode, n.UserID, n.WantedUntil, n.Channel, n.Recipient)
}

// noticeWait is how long a notice waits for others to the same destination, and for a page that says more.
const noticeWait = 30 * time.Second

// enqueueNotice writes notices in the same way. Those that are gathered are due together with what waits for others already.
func (s *Service) enqueueNotice(tx *db.Tx, org int64, notices ...Notice) error {
	var rows []*Notification
	for _, note := range notices {
		n := Notification{
			OrgID: org, UserID: note.UserID, IncidentID: note.IncidentID, Episode: note.Episode, Title: note.Title, Message: note.Message,
			Urgency: string(incident.UrgencyLow), Action: note.Action, WantedUntil: WantedForAnHour, PageKey: note.Key,
			Metadata: note.Metadata,
		}
		wait := time.Duration(0)
		if note.Gathered {
			wait = noticeWait
		}
		rows = append(rows, s.spread(tx, n, note.Routes, wait)...)
	}
	if err := gather(tx, org, rows); err != nil {
		return err
	}
	return s.insert(tx, org, rows)
}

// gather has notices that wait be due when the first that waits at their destination is.
func gather(tx *db.Tx, org int64, rows []*Notification) error {
	var late []*Notification
	for _, n := range rows {
		if n.IncidentID != nil && n.FirstDueAt.After(tx.Now()) {
			late = append(late, n)
		}
	}
	if len(late) == 0 {
		return nil
	}
	waiting, err := waitingNotices(tx, org, userIDsOf(late), tx.Now(), tx.Now().Add(noticeWait))
	for _, n := range late {
		if due, ok := waiting[mailbox{n.UserID, n.Channel, n.Recipient}]; ok {
			n.FirstDueAt, n.NextAttemptAt = due, &due
		}
	}
	return err
}

// spread makes one notification of each route.
func (s *Service) spread(tx *db.Tx, n Notification, routes []Route, wait time.Duration) []*Notification {
	n.Title, n.Message = clip(n.Title, maxTitle), clip(n.Message, maxMessage)
	n.Status, n.CreatedAt = StatusPending, tx.Now()
	if n.Metadata == nil {
		n.Metadata = map[string]any{}
	}
	rows := make([]*Notification, 0, len(routes))
	for _, r := range routes {
		row := n
		due := tx.Now().Add(wait + r.Delay)
		row.FirstDueAt, row.NextAttemptAt = due, &due
		row.Channel, row.Recipient = r.Channel, r.Address
		if r.ContactMethodID != 0 {
			id := r.ContactMethodID
			row.ContactMethodID = &id
		}
		row.DedupKey = dedupKey(n.PageKey, r)
		row.Provider = s.providerOf(r.Channel, r.Address)
		rows = append(rows, &row)
	}
	return rows
}

// dedupKey tells one destination of one page from every other.
func dedupKey(page string, r Route) string {
	sum := sha256.Sum256([]byte(r.Channel + "\x00" + r.Address))
	return page + ":" + hex.EncodeToString(sum[:8])
}

// providerOf names who carries messages to the address: what fails and is slow together.
func (s *Service) providerOf(channel, address string) string {
	if provided, ok := s.Channels[channel].(Provided); ok {
		return clip(provided.Provider(address), 255)
	}
	return ""
}

func (s *Service) insert(tx *db.Tx, org int64, rows []*Notification) error {
	if len(rows) == 0 {
		return nil
	}
	if err := insertNotifications(tx, org, rows); err != nil {
		return err
	}
	s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicDue})
	s.announce(tx, org, rows)
	return nil
}

// announce tells watchers that notifications, and the pages of the incidents they are about, have changed.
func (s *Service) announce(tx *db.Tx, org int64, rows []*Notification) {
	var ids, incidents []int64
	for _, n := range rows {
		ids = append(ids, n.ID)
		if n.IncidentID != nil {
			incidents = append(incidents, *n.IncidentID)
		}
	}
	if len(ids) > 0 {
		s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicNotification, IDs: ids})
	}
	if len(incidents) > 0 {
		s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicIncident, IDs: incidents})
	}
}

// clip cuts a text to at most n characters, whole ones.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n])
	}
	return text
}
