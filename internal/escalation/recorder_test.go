package escalation

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// recorder stands in for the notifications: it keeps the pages of committed transactions and can be told that nobody is
// reachable or that no provider takes anything.
type recorder struct {
	mu       sync.Mutex
	pages    []recorded
	posts    []notify.Post
	keys     map[string]bool
	faults   []string // pages enqueued twice
	unknown  map[int64]bool
	down     bool // no provider accepts
	accepted int
	refuse   func(incidentID int64) bool // pages that cannot be written
	queries  int                         // how often something was asked
}

type recorded struct {
	notify.Page
	at time.Time
}

func newRecorder() *recorder { return &recorder{keys: map[string]bool{}, unknown: map[int64]bool{}} }

// Routes gives everybody who is reachable one way.
func (r *recorder) Routes(_ *db.Tx, _ int64, userIDs []int64, _ incident.Urgency, channels []string) (map[int64][]notify.Route, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries++
	channel := "email"
	if len(channels) > 0 {
		channel = channels[0]
	}
	found := map[int64][]notify.Route{}
	for _, id := range userIDs {
		if !r.unknown[id] {
			found[id] = []notify.Route{{ContactMethodID: id, Channel: channel, Address: fmt.Sprint("address of ", id)}}
		}
	}
	return found, nil
}

// Enqueue keeps pages once their transaction is committed. A key that comes again is a page sent twice.
func (r *recorder) Enqueue(tx *db.Tx, _ int64, pages []notify.Page) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, page := range pages {
		if r.refuse != nil && r.refuse(page.IncidentID) {
			return errors.New("the page cannot be written")
		}
	}
	kept, at := slices.Clone(pages), tx.Now()
	tx.AfterCommit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, page := range kept {
			if r.keys[page.Key] {
				r.faults = append(r.faults, page.Key)
			}
			r.keys[page.Key] = true
			r.pages = append(r.pages, recorded{page, at})
		}
	})
	return nil
}

// PagedSince answers from what is committed.
func (r *recorder) PagedSince(_ *db.Tx, _, incidentID int64, episode int, since time.Time) ([]notify.Paged, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries++
	var found []notify.Paged
	for _, p := range r.pages {
		if p.IncidentID == incidentID && p.Episode == episode && p.EventID != nil && !p.at.Before(since) {
			found = append(found, notify.Paged{UserID: p.UserID, EventID: *p.EventID})
		}
	}
	return found, nil
}

// take has the providers accept what was sent since the last call, unless they are down.
func (r *recorder) take() (settled []notify.Settlement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil
	}
	for _, p := range r.pages[r.accepted:] {
		if p.EventID != nil {
			settled = append(settled, notify.Settlement{EventID: *p.EventID, Accepted: true})
		}
	}
	r.accepted = len(r.pages)
	return settled
}

// since returns the pages after the mark and moves it to the end.
func (r *recorder) since(mark *int) []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.pages[*mark:])
	*mark = len(r.pages)
	return list
}

// EnqueuePosts keeps posts once their transaction is committed.
func (r *recorder) EnqueuePosts(tx *db.Tx, _ int64, posts []notify.Post) error {
	kept := slices.Clone(posts)
	tx.AfterCommit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts = append(r.posts, kept...)
	})
	return nil
}
