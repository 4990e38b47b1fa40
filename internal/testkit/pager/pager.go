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
	mu   sync.Mutex
	sent []notify.Page
}

// Routes gives everybody an address.
func (r *Recorder) Routes(_ *db.Tx, _ int64, users []int64, _ incident.Urgency, _ []string) (map[int64][]notify.Route, error) {
	routes := make(map[int64][]notify.Route, len(users))
	for _, id := range users {
		routes[id] = []notify.Route{{ContactMethodID: id, Channel: "email", Address: "somebody@example.com"}}
	}
	return routes, nil
}

// Enqueue keeps the pages.
func (r *Recorder) Enqueue(_ *db.Tx, _ int64, pages []notify.Page) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, pages...)
	return nil
}

// PagedSince says that nobody was paged a moment ago.
func (*Recorder) PagedSince(*db.Tx, int64, int64, int, time.Time) ([]notify.Paged, error) {
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
