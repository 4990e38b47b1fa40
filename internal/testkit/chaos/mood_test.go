package chaos_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A provider's answers, in per cent of the messages.
const (
	refusals = 3
	delays   = 20
)

// A message in so many is taken and never answered, so that the sender hears nothing until its own patience ends.
const silence = 400

// provider is what the mail server and the receiver of webhooks have in common: a record of their own, and moods.
type provider struct {
	kind string
	easy atomic.Bool // no more moods
	slow atomic.Bool // It takes its time with every message.

	mu                       sync.Mutex
	receipts                 []receipt
	refused, delayed, silent int
}

// receipt is one message that a provider took, noted before its answer.
type receipt struct {
	notification int64
	to           string
	at           time.Time
}

// refuses reports whether the provider will not have the next message.
func (p *provider) refuses() bool {
	if p.easy.Load() || rand.IntN(100) >= refusals {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused++
	return true
}

// take notes a message and then lets its sender wait for a while, or for ever: then it reports false. That is when the death of a sender
// makes a second copy.
func (p *provider) take(notification int64, to string) (answers bool) {
	p.mu.Lock()
	p.receipts = append(p.receipts, receipt{notification, to, time.Now()})
	mute := !p.easy.Load() && rand.IntN(silence) == 0
	slow := p.slow.Load() || !p.easy.Load() && rand.IntN(100) < delays
	switch {
	case mute:
		p.silent++
	case slow:
		p.delayed++
	}
	p.mu.Unlock()
	if slow && !mute {
		wait(50*time.Millisecond, 450*time.Millisecond)
	}
	return !mute
}

// record is what the provider has taken.
func (p *provider) record() []receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]receipt(nil), p.receipts...)
}
