package door

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/live"
)

const (
	reconnectAfter  = 2 * time.Second  // what browsers are told to wait before they come back
	heartbeat       = 15 * time.Second // proxies cut connections that are silent for longer
	watcherPatience = 10 * time.Second // a watcher that takes no byte for so long is gone
)

// resetEvent tells the browser to load everything anew: something may have been missed.
const resetEvent = "reset"

// ServeSSE streams notices as server-sent events (WHATWG HTML, 9.2) until the watcher leaves or the server stops, and closes
// sub. encode makes an event of a notice; ok false leaves the notice out, as it must for what the watcher may not see.
//
// Nothing is kept of past events, so whoever comes back with a Last-Event-ID gets a reset first; so does a watcher that was
// too slow for its queue. The publisher never waits for a watcher: sub's queue is between them.
func (d *Door) ServeSSE(
	w http.ResponseWriter, r *http.Request, sub *live.Subscription, encode func(live.Notice) (event, data string, ok bool),
) {
	defer sub.Close()
	left := gone(r)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	s := stream{w: w, connection: http.NewResponseController(w), name: d.name}
	s.text("retry: " + strconv.FormatInt(reconnectAfter.Milliseconds(), 10) + "\n")
	// The first event gives the browser an id to come back with, even if nothing happens meanwhile.
	if s.event("hello", "{}"); r.Header.Get("Last-Event-ID") != "" {
		s.event(resetEvent, "{}")
	}
	beat := d.clock.NewTimer(heartbeat)
	defer beat.Stop()
	for s.send() {
		select {
		case <-left:
			return
		case <-beat.C():
			s.text(": beat\n\n")
		case notice, open := <-sub.C:
			if !open {
				return
			}
			if notice.Topic == live.TopicReload {
				s.event(resetEvent, "{}")
			} else if event, data, ok := encode(notice); ok {
				s.event(event, data)
			}
		}
		beat.Reset(heartbeat)
	}
}

// gone is closed when the client leaves or the server stops, whatever the deadline of the request.
func gone(r *http.Request) <-chan struct{} {
	if x := exchangeFrom(r.Context()); x != nil {
		return x.connection.Done()
	}
	return r.Context().Done()
}

// stream collects text and sends it in one piece.
type stream struct {
	w          http.ResponseWriter
	connection *http.ResponseController
	name       string
	count      int
	pending    strings.Builder
}

func (s *stream) text(text string) { s.pending.WriteString(text) }

func (s *stream) event(event, data string) {
	s.count++
	s.text("id: " + s.name + "-" + strconv.Itoa(s.count) + "\nevent: " + event + "\n")
	for line := range strings.SplitSeq(data, "\n") {
		s.text("data: " + line + "\n")
	}
	s.text("\n")
}

// send reports whether the watcher is still there.
func (s *stream) send() bool {
	if s.pending.Len() == 0 {
		return true
	}
	_ = s.connection.SetWriteDeadline(socketDeadline(watcherPatience))
	if _, err := s.w.Write([]byte(s.pending.String())); err != nil {
		return false
	}
	s.pending.Reset()
	return s.connection.Flush() == nil
}
