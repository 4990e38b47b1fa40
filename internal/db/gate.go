package db

import (
	"context"
	"sync"
)

// gate lets one writer in at a time, first come first served, those in a hurry before the others. It stands before SQLite's
// only writing connection, where the engine's own lock would be neither fair nor cancellable.
type gate struct {
	mu     sync.Mutex
	busy   bool
	urgent []chan struct{}
	normal []chan struct{}
}

func (g *gate) enter(ctx context.Context, urgent bool) error {
	g.mu.Lock()
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
		return nil
	case <-ctx.Done():
		g.giveUp(turn)
		return ctx.Err()
	}
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
}
