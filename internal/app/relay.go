package app

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/work"
)

// wakeUp says which loops a topic concerns.
type wakeUp struct {
	topic string
	loops []*work.Loop
}

// relay turns notices into work until ctx ends: loops look at once, and sends that are no longer wanted are cut off. What is lost
// on the way the loops find by themselves within their safety look.
func (a *App) relay(ctx context.Context) {
	sub := a.hub.Subscribe(live.TopicDue, live.TopicCancel)
	defer sub.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-sub.C:
			if n.Topic == live.TopicCancel {
				a.notifications.CutOff(n.IDs)
			}
			for _, w := range a.wakes {
				if w.topic == n.Topic || n.Topic == live.TopicReload {
					for _, l := range w.loops {
						l.Wake()
					}
				}
			}
		}
	}
}
