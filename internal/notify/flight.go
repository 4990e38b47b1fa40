package notify

import (
	"context"
	"fmt"
	"time"
)

// mustFollow is how soon after its commit an attempt's message must be on its way. A process that was stopped in between must
// not send late: much may have happened.
const mustFollow = time.Second

// flight is an attempt that has begun here.
type flight struct {
	n      Notification
	facts  facts
	stop   context.CancelFunc
	landed bool // Its outcome is known here, and is to be noted.
}

// landing is a flight with its outcome.
type landing struct {
	*flight
	outcome Outcome
	notSent bool // Nothing was given to the provider.
}

// launch sends in a goroutine of its own. The flight ends with ctx, when it is stopped, or after its channel's timeout.
func (s *Service) launch(ctx context.Context, f *flight) {
	flightCtx, stop := context.WithTimeout(ctx, s.timeout(f.n.Channel))
	f.stop = stop
	d := &s.sending
	d.mu.Lock()
	d.flights[f.n.ID] = f
	if d.quiet == nil {
		d.quiet = make(chan struct{})
	}
	d.mu.Unlock()
	go func() {
		defer stop()
		s.land(ctx, s.fly(flightCtx, f))
	}()
}

// fly renders and sends one message.
func (s *Service) fly(ctx context.Context, f *flight) (l landing) {
	l = landing{flight: f}
	defer func() {
		if cause := recover(); cause != nil {
			l.outcome = Outcome{Result: Retry, Detail: "the channel failed"}
			s.Logger.ErrorContext(ctx, "a channel panicked", "channel", f.n.Channel, "notification", f.n.ID, "cause", fmt.Sprint(cause))
		}
	}()
	ch := s.Channels[f.n.Channel]
	if ch == nil {
		l.outcome = Outcome{Result: Permanent, Detail: "there is no channel " + f.n.Channel}
		return l
	}
	message := s.compose(f.n, f.facts)
	switch late := s.DB.Now().Sub(f.facts.now); {
	case ctx.Err() != nil:
		l.notSent, l.outcome = true, Outcome{Result: Retry, Detail: "stopped before it was sent"}
		return l
	case late > mustFollow:
		l.notSent, l.outcome = true, Outcome{Result: Retry, Detail: "held up for " + late.String() + " before it was sent"}
		return l
	}
	l.outcome = ch.Send(ctx, message)
	return l
}

// land hands a flight's outcome over to be noted, together with those that land meanwhile.
func (s *Service) land(ctx context.Context, l landing) {
	d := &s.sending
	d.mu.Lock()
	l.landed = true
	d.landed = append(d.landed, l)
	alone := !d.noting
	d.noting = true
	d.mu.Unlock()
	if alone {
		s.note(ctx)
	}
}

// note writes what has landed until nothing more has. While the database is away it tries again, until ctx ends; then the lease
// ends, and another sender takes the notification over.
func (s *Service) note(ctx context.Context) {
	d := &s.sending
	for {
		d.mu.Lock()
		batch := d.landed
		d.landed = nil
		if len(batch) == 0 {
			d.noting = false
			if len(d.flights) == 0 && d.quiet != nil {
				close(d.quiet)
				d.quiet = nil
			}
			d.mu.Unlock()
			return
		}
		d.mu.Unlock()
		s.noteBatch(ctx, batch)
		d.mu.Lock()
		for _, l := range batch {
			if d.flights[l.n.ID] == l.flight {
				delete(d.flights, l.n.ID)
			}
			d.leave(lane{l.n.Channel, l.n.Provider})
		}
		wake := d.wake
		d.mu.Unlock()
		if wake != nil {
			wake()
		}
	}
}

const (
	firstNoteWait = 50 * time.Millisecond
	lastNoteWait  = 2 * time.Second
)

func (s *Service) noteBatch(ctx context.Context, batch []landing) {
	for wait := firstNoteWait; ; wait = min(2*wait, lastNoteWait) {
		left, err := s.finish(ctx, batch)
		if len(left) == 0 || ctx.Err() != nil {
			return
		}
		batch = left
		s.Logger.ErrorContext(ctx, "the outcome of a message could not be noted", "messages", len(batch), "error", err, "again_in", wait)
		timer := s.Clock.NewTimer(wait)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
