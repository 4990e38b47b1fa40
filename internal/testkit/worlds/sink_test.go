package worlds_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// channels are the ways to reach people in the worlds.
var channels = []string{"email", "ntfy"}

// sink is a channel that keeps what it is given, and refuses everything while it is down.
type sink struct {
	kind  string
	clock clock.Clock

	mu   sync.Mutex
	down bool
	got  []receipt
}

// receipt is a message that a provider has taken.
type receipt struct {
	notify.Message
	channel string
	at      time.Time
}

func newSink(kind string, clk clock.Clock) *sink { return &sink{kind: kind, clock: clk} }

func (s *sink) Kind() string { return s.kind }

func (s *sink) Describe() notify.Info {
	return notify.Info{Title: "World " + s.kind, AddressLabel: "Address", Timeout: 10 * time.Second, Parallel: 4}
}

func (s *sink) Reaches() bool { return true }

func (s *sink) CheckAddress(address string) (string, error) {
	if strings.TrimSpace(address) == "" {
		return "", errors.New("is empty")
	}
	return address, nil
}

func (s *sink) Send(_ context.Context, m notify.Message) notify.Outcome {
	at := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return notify.Outcome{Result: notify.Retry, Detail: "451 come back later"}
	}
	s.got = append(s.got, receipt{Message: m, channel: s.kind, at: at})
	return notify.Outcome{Result: notify.Sent, Detail: "250 taken", Ref: "ref-" + m.IdempotencyKey}
}

func (s *sink) goes(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// take are the messages since the last take.
func (s *sink) take() []receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}
