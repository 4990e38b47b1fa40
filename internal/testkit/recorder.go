package testkit

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// Recorder is a channel that keeps what it is sent, and fails when it is told to.
type Recorder struct {
	h    *Harness
	kind string
	loud bool

	mu     sync.Mutex
	sent   []Received
	broken map[string]notify.Outcome // by address; "" is every address
	hangs  map[string]chan struct{}  // by address
	off    bool
}

// Received is one message that the channel took.
type Received struct {
	notify.Message
	At time.Time
}

var (
	_ notify.Channel  = (*Recorder)(nil)
	_ notify.Provided = (*Recorder)(nil)
)

func newRecorder(h *Harness, kind string, loud bool) *Recorder {
	return &Recorder{h: h, kind: kind, loud: loud, broken: map[string]notify.Outcome{}, hangs: map[string]chan struct{}{}}
}

// Kind is the built-in channel whose place the recorder takes.
func (r *Recorder) Kind() string { return r.kind }

// Describe is what rules need to know.
func (r *Recorder) Describe() notify.Info {
	return notify.Info{Title: "Test " + r.kind, AddressLabel: "Address", Loud: r.loud, Timeout: 10 * time.Second, Parallel: 4}
}

// Reaches reports whether the channel is configured; see SwitchOff.
func (r *Recorder) Reaches() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.off
}

// SwitchOff makes the channel one that is not configured.
func (r *Recorder) SwitchOff() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
}

// CheckAddress takes any text.
func (r *Recorder) CheckAddress(address string) (string, error) {
	if strings.TrimSpace(address) == "" {
		return "", errors.New("is empty")
	}
	return address, nil
}

// Provider is the part of an address after its last @, so that stories can have one server fail and another work.
func (r *Recorder) Provider(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// Send keeps the message, or fails as told.
func (r *Recorder) Send(ctx context.Context, m notify.Message) notify.Outcome {
	r.mu.Lock()
	hang := r.hangs[m.To]
	r.mu.Unlock()
	if hang != nil {
		select {
		case <-ctx.Done():
			return notify.Outcome{Result: notify.Retry, Detail: "no answer"}
		case <-hang:
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range []string{m.To, ""} {
		if outcome, broken := r.broken[address]; broken {
			return outcome
		}
	}
	r.sent = append(r.sent, Received{Message: m, At: r.h.Clock.Now()})
	return notify.Outcome{Result: notify.Sent, Detail: "250 taken", Ref: "ref-" + m.IdempotencyKey}
}

// Refuses has every message to the address ("" for all) end with the outcome, until Works.
func (r *Recorder) Refuses(address string, outcome notify.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken[address] = outcome
}

// Fails is Refuses with a failure that may pass.
func (r *Recorder) Fails(address string) {
	r.Refuses(address, notify.Outcome{Result: notify.Retry, Detail: "451 try again later"})
}

// Works ends Refuses.
func (r *Recorder) Works(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.broken, address)
}

// Hangs has messages to the address get no answer until the returned function is called.
func (r *Recorder) Hangs(address string) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gate := make(chan struct{})
	r.hangs[address] = gate
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.hangs, address)
		close(gate)
	}
}

func (r *Recorder) hanging() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.hangs) > 0
}

// To are the messages that the address got, in order.
func (r *Recorder) To(address string) []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Received
	for _, m := range r.sent {
		if strings.EqualFold(m.To, address) {
			list = append(list, m)
		}
	}
	return list
}

// All are all messages, in order.
func (r *Recorder) All() []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Received(nil), r.sent...)
}
