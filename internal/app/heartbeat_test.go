package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/channel"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// trip answers in place of the network.
type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// ward is an outside that counts the heartbeats, and an auditor that is content or not.
type ward struct {
	*heartbeat
	log     bytes.Buffer
	calls   atomic.Int64
	how     atomic.Int32 // 0 takes it, 1 answers 503, 2 is away, 3 never answers
	finding atomic.Bool
	blind   atomic.Bool // The auditor has not looked yet.
}

// watched runs the heartbeat in the bubble.
func watched(t *testing.T) *ward {
	t.Helper()
	w := &ward{}
	answer := trip(func(r *http.Request) (*http.Response, error) {
		w.calls.Add(1)
		status := http.StatusOK
		switch w.how.Load() {
		case 1:
			status = http.StatusServiceUnavailable
		case 2:
			return nil, errors.New("no route to host")
		case 3:
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return &http.Response{StatusCode: status, Status: "it is so", Body: io.NopCloser(strings.NewReader("ok"))}, nil
	})
	w.heartbeat = &heartbeat{
		url: "https://beats.example/hunter2", client: &http.Client{Transport: answer}, clock: clock.System, now: time.Now,
		logger: slog.New(slog.NewTextHandler(&w.log, nil)),
		picture: func() watch.Picture {
			p := watch.Picture{At: time.Now(), First: time.Now().Add(-time.Hour)}
			if w.blind.Load() {
				p.At = time.Time{}
			}
			if w.finding.Load() {
				p.Findings = []watch.Finding{{Since: time.Now().Add(-time.Hour)}}
			}
			return p
		},
	}
	return w
}

func (w *ward) runs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); synctest.Wait() })
	go w.loop().Run(ctx)
	synctest.Wait()
}

func TestTheHeartbeatIsCalledEachMinuteWhileTheAuditorIsContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watched(t)
		w.blind.Store(true)
		w.runs(t)
		is := func(when string, calls int64) {
			t.Helper()
			synctest.Wait()
			if n := w.calls.Load(); n != calls {
				t.Errorf("%s it was called %d times, want %d", when, n, calls)
			}
		}
		is("before the auditor has looked", 0)
		w.blind.Store(false)
		time.Sleep(2 * time.Second)
		is("as soon as it has", 1)
		time.Sleep(10 * time.Minute)
		is("after ten minutes", 11)
		w.finding.Store(true)
		time.Sleep(10 * time.Minute)
		is("while something lasts", 11)
		if c := w.check(); c.Status != statusWarning || !strings.Contains(c.Detail, "auditor") {
			t.Errorf("its health: %+v", c)
		}
		w.finding.Store(false)
		time.Sleep(11 * time.Second)
		is("as soon as all is well", 12)
		if w.sent.Load() != 12 || w.failed.Load() != 0 || w.lastCalled() == 0 || w.check().Status != statusOK {
			t.Errorf("sent %d, failed %d, last %v, %+v", w.sent.Load(), w.failed.Load(), w.lastCalled(), w.check())
		}
		synctest.Wait()
		if n := strings.Count(w.log.String(), "\n"); n != 3 { // heard, withheld, heard
			t.Errorf("the log:\n%s", w.log.String())
		}
	})
}

func TestAHeartbeatThatIsNotTakenIsCountedAndToldOnce(t *testing.T) {
	for how, name := range map[int32]string{1: "503", 2: "away", 3: "silent"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watched(t)
				w.how.Store(how)
				w.runs(t)
				time.Sleep(10 * time.Minute)
				if n := w.failed.Load(); n < 40 || w.calls.Load()-n > 1 {
					t.Errorf("%d failures of %d calls", n, w.calls.Load())
				}
				if c := w.check(); c.Status != statusWarning || strings.Contains(c.Detail, "beats.example") {
					t.Errorf("its health: %+v", c)
				}
				w.how.Store(0)
				time.Sleep(time.Minute)
				synctest.Wait()
				if log := w.log.String(); strings.Count(log, "not heard") != 1 || strings.Count(log, "is heard") != 1 || strings.Contains(log, "hunter2") {
					t.Errorf("the log:\n%s", log)
				}
			})
		})
	}
}

func TestAStopCutsTheHeartbeatOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watched(t)
		w.how.Store(3)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.loop().Run(ctx) }()
		synctest.Wait()
		begun := time.Now()
		cancel()
		<-ended
		if took := time.Since(begun); took != 0 || w.failed.Load() != 0 {
			t.Errorf("it took %s and counted %d failures", took, w.failed.Load())
		}
	})
}

// It goes by the client that other addresses of the operator go by.
func TestTheHeartbeatFollowsNoRedirectAndAsksNoMetadata(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/taken", http.StatusFound)
		}
	}))
	defer server.Close()
	call := func(url string) error {
		return (&heartbeat{url: url, client: channel.NewHTTPClient(heartbeatBound)}).call(t.Context())
	}
	if err := call(server.URL + "/taken"); err != nil || asked.Load() != 1 {
		t.Errorf("an address of one's own network: %v", err)
	}
	if err := call(server.URL + "/away"); err == nil || asked.Load() != 2 {
		t.Errorf("a redirect: %v", err)
	}
	if err := call("http://169.254.169.254/hunter2"); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "internal network") {
		t.Errorf("an address of the cloud: %v", err)
	}
}
