package live

import (
	"slices"
	"sync"

	"github.com/tocsinhq/tocsin/internal/db"
)

// The topics of notices.
const (
	TopicIncident     = "incident"     // Incidents changed.
	TopicNotification = "notification" // Notifications changed.
	TopicDue          = "due"          // Something became due: the loops should look.
	TopicCancel       = "cancel"       // Sends of these notifications must stop.
	TopicConfig       = "config"       // What is cached may be stale.
	TopicReload       = "reload"       // Notices were lost: anything may have changed.
)

// Notice says that things of one organisation changed. No ids means: any of them.
type Notice struct {
	Org   int64   `json:"org"`
	Topic string  `json:"topic"`
	IDs   []int64 `json:"ids,omitempty"`
}

// Hub hands notices to the watchers of this node and, on PostgreSQL, to the other nodes.
type Hub struct {
	node string
	mu   sync.Mutex
	subs map[*Subscription]bool
	out  []Notice // for the other nodes; nil when there are none
	wake chan struct{}
	far  bool
}

// Subscription is one watcher's queue. C is closed by Close.
type Subscription struct {
	C      <-chan Notice
	queue  chan Notice
	topics []string
	hub    *Hub
}

const queueLength = 256

// New makes the hub of a node. On PostgreSQL, Run must be running for notices to travel between nodes.
func New(d *db.DB, node string) *Hub {
	return &Hub{node: node, subs: map[*Subscription]bool{}, wake: make(chan struct{}, 1), far: d.Postgres()}
}

// Publish announces n once tx is committed.
func (h *Hub) Publish(tx *db.Tx, n Notice) {
	tx.AfterCommit(func() { h.Announce(n) })
}

// Announce tells n at once; use it for what is no part of a transaction.
func (h *Hub) Announce(n Notice) {
	h.deliver(n)
	if !h.far {
		return
	}
	h.mu.Lock()
	h.out = merge(h.out, n)
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Subscribe watches the topics; none means all. A reload notice always comes through.
func (h *Hub) Subscribe(topics ...string) *Subscription {
	queue := make(chan Notice, queueLength)
	s := &Subscription{C: queue, queue: queue, topics: topics, hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = true
	return s
}

// Close ends the watching.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.subs[s] {
		delete(s.hub.subs, s)
		close(s.queue)
	}
}

func (h *Hub) deliver(n Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		if n.Topic == TopicReload || len(s.topics) == 0 || slices.Contains(s.topics, n.Topic) {
			s.put(n)
		}
	}
}

// put never waits: a watcher that is too slow loses its queue and is told to reload.
func (s *Subscription) put(n Notice) {
	select {
	case s.queue <- n:
		return
	default:
	}
	for {
		select {
		case <-s.queue:
			continue
		default:
		}
		break
	}
	s.queue <- Notice{Topic: TopicReload} // Only the hub puts, under its lock, and the queue is empty.
}

// maxIDs bounds a notice for the other nodes; beyond it any of the organisation's things may have changed.
const maxIDs = 400

// merge adds n to the list, joining it with a notice of the same organisation and topic.
func merge(list []Notice, n Notice) []Notice {
	for i := range list {
		if list[i].Org != n.Org || list[i].Topic != n.Topic {
			continue
		}
		switch {
		case len(list[i].IDs) == 0:
		case len(n.IDs) == 0 || len(list[i].IDs)+len(n.IDs) > maxIDs:
			list[i].IDs = nil
		default:
			list[i].IDs = append(list[i].IDs, n.IDs...)
		}
		return list
	}
	n.IDs = slices.Clone(n.IDs)
	if len(n.IDs) > maxIDs {
		n.IDs = nil
	}
	return append(list, n)
}

func (h *Hub) take() []Notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.out
	h.out = nil
	return out
}
