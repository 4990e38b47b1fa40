package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// mustFollow is how soon after its commit an attempt's message must be on its way. A process that was stopped in between must
// not send late: much may have happened.
const mustFollow = time.Second

// flight is the attempt of one message that has begun here.
type flight struct {
	load    []passenger // the notifications that the message tells; the first carries the others
	charged bool        // It counts against the person's limit.
	at      time.Time   // when it began
	stop    context.CancelFunc
	note    string         // what is to be noted of the message's words
	words   *Template      // the organisation's own for a bundle, nil for the built-in ones
	over    map[int64]bool // which of the load are no longer wanted
	landed  bool           // Its outcome is known here, and is to be noted.
}

// passenger is a notification with what its words are made from.
type passenger struct {
	n     Notification
	facts facts
}

func (f *flight) carrier() Notification { return f.load[0].n }

func (f *flight) lane() lane { return lane{f.carrier().Channel, f.carrier().Provider} }

func (f *flight) destination() destination {
	return destination{f.carrier().Channel, f.carrier().Recipient}
}

// tries is how often the message was tried, by that of its notifications which was tried least: a new one is not made to wait for
// an old one's long pause.
func (f *flight) tries() int {
	tries := f.load[0].n.Attempts
	for _, p := range f.load {
		tries = min(tries, p.n.Attempts)
	}
	return tries
}

// unwanted notes that one of the load is no longer wanted, and cuts the flight off when none is.
func (f *flight) unwanted(id int64) {
	if f.over == nil {
		f.over = map[int64]bool{}
	}
	f.over[id] = true
	if len(f.over) == len(f.load) {
		f.stop()
	}
}

// landing is a flight with its outcome.
type landing struct {
	*flight
	outcome Outcome
	notSent bool // Nothing was given to the provider.
}

// launch sends in a goroutine of its own. The flight ends with ctx, when it is stopped, or after its channel's timeout.
func (s *Service) launch(ctx context.Context, f *flight) {
	flightCtx, stop := context.WithTimeout(ctx, s.timeout(f.carrier().Channel))
	f.stop = stop
	d := &s.sending
	d.mu.Lock()
	for _, p := range f.load {
		d.flights[p.n.ID] = f
	}
	d.launched(s.Channels, f.lane(), s.DB.Now())
	if d.quiet == nil {
		d.quiet = make(chan struct{})
	}
	d.mu.Unlock()
	go func() {
		defer stop()
		l := s.fly(flightCtx, f)
		s.heard(ctx, l, errors.Is(flightCtx.Err(), context.Canceled))
		s.land(ctx, l)
	}()
}

// fly renders and sends one message.
func (s *Service) fly(ctx context.Context, f *flight) (l landing) {
	l = landing{flight: f}
	n := f.carrier()
	defer func() {
		if cause := recover(); cause != nil {
			l.outcome = Outcome{Result: Retry, Detail: "the channel failed"}
			s.Logger.ErrorContext(ctx, "a channel panicked", "channel", n.Channel, "notification", n.ID, "cause", fmt.Sprint(cause))
		}
	}()
	ch := s.Channels[n.Channel]
	if ch == nil {
		l.outcome = Outcome{Result: Permanent, Detail: "there is no channel " + n.Channel}
		return l
	}
	var message Message
	message, f.note = s.messageOf(ctx, f)
	switch late := s.DB.Now().Sub(f.at); {
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

// heard has the provider's breaker learn how a message ended. What was cut off here says nothing of the provider.
func (s *Service) heard(ctx context.Context, l landing, cutOff bool) {
	if l.notSent || cutOff && !l.outcome.Accepted() || s.Channels[l.carrier().Channel] == nil {
		return
	}
	d, now := &s.sending, s.DB.Now()
	d.mu.Lock()
	b := &d.provider(s.Channels, l.lane()).breaker
	before := b.standing(l.carrier().Recipient, now)
	b.note(l.carrier().Recipient, l.outcome.Result, now)
	after, failures, until := b.standing(l.carrier().Recipient, now), b.failures, b.until
	d.mu.Unlock()
	switch {
	case after == BreakerOpen && before != BreakerOpen:
		s.Logger.WarnContext(ctx, "a provider fails again and again; people are reached by other methods until it is tried again",
			"channel", l.lane().channel, "provider", l.lane().provider, "failures", failures, "again_at", until)
	case after == BreakerClosed && before != BreakerClosed:
		s.Logger.InfoContext(ctx, "a provider works again", "channel", l.lane().channel, "provider", l.lane().provider)
	}
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
			for _, p := range l.load {
				if d.flights[p.n.ID] == l.flight {
					delete(d.flights, p.n.ID)
				}
			}
			d.leave(l.lane(), l.destination())
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
