package pager

import (
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Recorder is an escalation.Pager. Its zero value is ready and safe for concurrent use.
type Recorder struct {
	// Through is who really pages, where a test wants that as well; nil for nobody.
	Through *notify.Service

	mu   sync.Mutex
	sent []notify.Page
}

// Routes gives everybody an address, or the ways that Through knows.
func (r *Recorder) Routes(tx *db.Tx, org int64, users []int64, urgency incident.Urgency, channels []string) (map[int64][]notify.Route, error) {
	if r.Through != nil {
		return r.Through.Routes(tx, org, users, urgency, channels)
	}
	routes := make(map[int64][]notify.Route, len(users))
	for _, id := range users {
		routes[id] = []notify.Route{{ContactMethodID: id, Channel: "email", Address: "somebody@example.com"}}
	}
	return routes, nil
}

// Enqueue keeps the pages.
func (r *Recorder) Enqueue(tx *db.Tx, org int64, pages []notify.Page) error {
	r.mu.Lock()
	r.sent = append(r.sent, pages...)
	r.mu.Unlock()
	if r.Through != nil {
		return r.Through.Enqueue(tx, org, pages)
	}
	return nil
}

// PagedSince says that nobody was paged a moment ago, or who was according to Through.
func (r *Recorder) PagedSince(tx *db.Tx, org, incidentID int64, episode int, since time.Time) ([]notify.Paged, error) {
	if r.Through != nil {
		return r.Through.PagedSince(tx, org, incidentID, episode, since)
	}
	return nil, nil
}

// Paged are the ids of the people in the order in which they were paged.
func (r *Recorder) Paged() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]int64, len(r.sent))
	for i, page := range r.sent {
		ids[i] = page.UserID
	}
	return ids
}

// EnqueuePosts hands posts on; nobody is told by them.
func (r *Recorder) EnqueuePosts(tx *db.Tx, org int64, posts []notify.Post) error {
	if r.Through != nil {
		return r.Through.EnqueuePosts(tx, org, posts)
	}
	return nil
}
