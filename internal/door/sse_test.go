package door_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/live"
)

// watched is a server with a live stream that shows organisation 1's incidents.
func watched(t *testing.T, change func(*door.Deps)) (*front, *live.Hub, *httptest.Server) {
	t.Helper()
	f := newFront(t, change)
	d, _ := dbtest.SQLite(t)
	hub := live.New(d, "node")
	server := httptest.NewServer(f.api(func(w http.ResponseWriter, r *http.Request) {
		f.ServeSSE(w, r, hub.Subscribe(live.TopicIncident), func(n live.Notice) (string, string, bool) {
			return n.Topic, "line one\nline two", n.Org == 1
		})
	}))
	t.Cleanup(server.Close)
	return f, hub, server
}

// watch opens the stream and returns its lines, and a way to leave.
func watch(t *testing.T, server *httptest.Server, headers ...string) (lines <-chan string, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" || answer.Header.Get("Content-Encoding") != "" {
		t.Fatalf("answer has headers %v", answer.Header)
	}
	out := make(chan string, 1000)
	go func() {
		defer close(out)
		for scanner := bufio.NewScanner(answer.Body); scanner.Scan(); {
			out <- scanner.Text()
		}
	}()
	return out, cancel
}

// next returns the lines up to the next empty one.
func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	var block []string
	for {
		select {
		case line, open := <-lines:
			if !open || line == "" {
				return strings.Join(block, "\n")
			}
			block = append(block, line)
		case <-time.After(10 * time.Second):
			t.Fatalf("the stream is silent after %q", block)
		}
	}
}

func TestStreamTellsWhatTheWatcherMaySee(t *testing.T) {
	_, hub, server := watched(t, nil)
	lines, _ := watch(t, server, "Accept-Encoding", "gzip")
	if first := next(t, lines); !strings.HasPrefix(first, "retry: 2000\nid: ") || !strings.Contains(first, "event: hello") {
		t.Fatalf("the stream begins with %q", first)
	}
	hub.Announce(live.Notice{Org: 2, Topic: live.TopicIncident, IDs: []int64{1}})
	hub.Announce(live.Notice{Org: 1, Topic: live.TopicIncident, IDs: []int64{2}})
	if got := next(t, lines); !strings.HasSuffix(got, "-2\nevent: incident\ndata: line one\ndata: line two") {
		t.Errorf("the watcher is told %q", got)
	}
	hub.Announce(live.Notice{Topic: live.TopicReload})
	if got := next(t, lines); !strings.Contains(got, "event: reset\ndata: {}") {
		t.Errorf("after a loss the watcher is told %q", got)
	}
}

func TestWhoComesBackIsReset(t *testing.T) {
	_, _, server := watched(t, nil)
	lines, _ := watch(t, server, "Last-Event-ID", "elsewhere-77")
	next(t, lines)
	if got := next(t, lines); !strings.Contains(got, "event: reset") {
		t.Errorf("whoever comes back is told %q", got)
	}
}

func TestHeartbeatAndNoDeadline(t *testing.T) {
	// A stream outlives the deadline of ordinary requests.
	f, hub, server := watched(t, func(d *door.Deps) { d.Deadline = time.Millisecond })
	lines, _ := watch(t, server)
	next(t, lines)
	beats := make(chan string)
	go func() { beats <- next(t, lines) }()
	for waiting := true; waiting; {
		// The timer is made after the first flush, so the clock is moved until it fires.
		f.clock.Advance(15 * time.Second)
		select {
		case got := <-beats:
			if got != ": beat" {
				t.Errorf("the heartbeat is %q", got)
			}
			waiting = false
		case <-time.After(time.Millisecond):
		}
	}
	hub.Announce(live.Notice{Org: 1, Topic: live.TopicIncident})
	for got := next(t, lines); !strings.Contains(got, "event: incident"); got = next(t, lines) {
		if got != ": beat" {
			t.Fatalf("after the heartbeat comes %q", got)
		}
	}
}

func TestStreamEndsWithTheWatcherAndWithTheServer(t *testing.T) {
	f := newFront(t, nil)
	d, _ := dbtest.SQLite(t)
	hub := live.New(d, "node")
	ended := make(chan struct{}, 2)
	base, stop := context.WithCancel(t.Context())
	server := httptest.NewUnstartedServer(f.api(func(w http.ResponseWriter, r *http.Request) {
		f.ServeSSE(w, r, hub.Subscribe(), func(live.Notice) (string, string, bool) { return "", "", false })
		ended <- struct{}{}
	}))
	server.Config.BaseContext = func(net.Listener) context.Context { return base }
	server.Start()
	defer server.Close()
	lines, leave := watch(t, server)
	next(t, lines)
	leave()
	<-ended
	lines, _ = watch(t, server)
	next(t, lines)
	stop()
	<-ended
}
