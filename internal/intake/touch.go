package intake

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/live"
)

const (
	// keptReadable is how many readable messages of an integration are kept; those that failed are all kept.
	keptReadable = 20
	// keepEvery is the time in which at most keptReadable readable messages of an integration are written down: in a storm each
	// would be deleted again within moments, at the price of an alert's own rows.
	keepEvery = time.Second
	// trimAfter is how many readable messages come in before the older ones are deleted, all at once.
	trimAfter = 100
	// showEvery is how often an integration's last event is written down: its row must not become what batches queue for.
	showEvery = 10 * time.Second
	// maxTouched bounds the integrations that are remembered; forgetting one costs a look at its older messages.
	maxTouched = 50_000
)

// touched is what this node remembers of an integration between batches. All of it is only a hint: another node may have
// written and trimmed as well.
type touched struct {
	since     time.Time // when the count of written began
	written   int       // readable messages that were to be written down since then
	shown     time.Time // last_event_at as this node wrote it
	oldShown  time.Time // the same for the old key
	untrimmed int       // readable messages since the last trim
	trimming  bool
	floor     int64
}

// remember is what is known of an integration; the caller holds the lock.
func (s *Service) remember(integration int64) *touched {
	t := s.touched[integration]
	if t == nil {
		if len(s.touched) >= maxTouched {
			clear(s.touched)
		}
		t = &touched{untrimmed: trimAfter} // What was written before this node started is trimmed first.
		s.touched[integration] = t
	}
	return t
}

// allow says how many of so many readable messages of an integration are written down now.
func (s *Service) allow(integration int64, readable int) int {
	now := s.clock.Now()
	s.touchMu.Lock()
	defer s.touchMu.Unlock()
	t := s.remember(integration)
	if now.Sub(t.since) >= keepEvery {
		t.since, t.written = now, 0
	}
	allowed := min(readable, keptReadable-t.written)
	t.written += allowed
	return allowed
}

// due decides what of an integration this batch writes besides the messages.
func (s *Service) due(g *gathered) {
	now := s.clock.Now()
	s.touchMu.Lock()
	defer s.touchMu.Unlock()
	t := s.remember(g.ID)
	g.showEvent = now.Sub(t.shown) >= showEvery
	g.oldKeyUsed = g.oldKeyUsed && now.Sub(t.oldShown) >= showEvery
	if t.untrimmed+g.readable >= trimAfter && !t.trimming && g.readable > 0 {
		g.trim, t.trimming, g.floor = true, true, t.floor
	}
}

// settleTouched notes what a batch has written, or that it has failed.
func (s *Service) settleTouched(p *plan, written bool) {
	now := s.clock.Now()
	s.touchMu.Lock()
	defer s.touchMu.Unlock()
	for _, g := range p.integrations {
		t := s.touched[g.ID]
		if t == nil {
			continue
		}
		if g.trim {
			t.trimming = false
		}
		if !written {
			continue
		}
		if g.showEvent {
			t.shown = now
		}
		if g.oldKeyUsed {
			t.oldShown = now
		}
		if g.trim {
			t.untrimmed, t.floor = 0, max(t.floor, g.newFloor)
		} else {
			t.untrimmed += g.readable
		}
	}
}

// touch writes what the integrations' pages show. A change between readable and not is announced, for it decides what the
// next message does.
func (s *Service) touch(tx *db.Tx, org int64, p *plan) error {
	turned := false
	for _, g := range p.integrations {
		broken := g.last.unreadable
		if broken == "" && g.Error == "" && !g.showEvent && !g.oldKeyUsed {
			continue
		}
		if err := saveSeen(tx, org, g, broken); err != nil {
			return err
		}
		turned = turned || (broken == "") != (g.Error == "")
	}
	if turned {
		s.hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicConfig})
	}
	return nil
}
