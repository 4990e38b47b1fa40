package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// gate lets one writer in at a time, first come first served, those in a hurry before the others. It stands before SQLite's
// only writing connection, where the engine's own lock would be neither fair nor cancellable.
type gate struct {
	mu     sync.Mutex
	busy   bool
	urgent []chan struct{}
	normal []chan struct{}
	shut   bool
	empty  chan struct{} // closed when the last one has left a gate that is shut
}

// errShut is what a writer hears at a gate that is shut.
var errShut = fmt.Errorf("the database has been closed: %w", sql.ErrConnDone)

// close lets nobody in any more and returns when the one inside has left.
func (g *gate) close() {
	g.mu.Lock()
	if g.shut || !g.busy {
		g.shut = true
		g.mu.Unlock()
		return
	}
	empty := make(chan struct{}) // The field is cleared by whoever leaves last, perhaps before we look again.
	g.shut, g.empty = true, empty
	g.mu.Unlock()
	<-empty
}

func (g *gate) enter(ctx context.Context, urgent bool) error {
	g.mu.Lock()
	if g.shut {
		g.mu.Unlock()
		return errShut
	}
	if !g.busy {
		g.busy = true
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	if urgent {
		g.urgent = append(g.urgent, turn)
	} else {
		g.normal = append(g.normal, turn)
	}
	g.mu.Unlock()
	select {
	case <-turn:
		return g.admit()
	case <-ctx.Done():
		g.giveUp(turn)
		return ctx.Err()
	}
}

// admit sends away whose turn came only because the gate has been shut.
func (g *gate) admit() error {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if !shut {
		return nil
	}
	g.leave()
	return errShut
}

// giveUp takes turn out of the queue. The turn may have come in the same instant; then it is passed on.
func (g *gate) giveUp(turn chan struct{}) {
	g.mu.Lock()
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.normal} {
		for i, waiting := range *queue {
			if waiting == turn {
				*queue = append((*queue)[:i], (*queue)[i+1:]...)
				g.mu.Unlock()
				return
			}
		}
	}
	g.mu.Unlock()
	g.leave()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.normal} {
		if len(*queue) > 0 {
			turn := (*queue)[0]
			*queue = (*queue)[1:]
			close(turn)
			return
		}
	}
	g.busy = false
	if g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}
