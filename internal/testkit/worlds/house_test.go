package worlds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
)

const publicURL = "http://tocsin.test"

// house is one installation: a database file and the node that works on it, if one is alive.
type house struct {
	clock    *fuse
	sink     map[string]*sink // by kind of channel
	path     string
	node     *app.App
	news     *live.Subscription
	lives    int
	restless bool
	diary    *diary
}

func newHouse(path string, start time.Time, d *diary) *house {
	h := &house{clock: &fuse{Fake: clock.NewFake(start)}, sink: map[string]*sink{}, path: path, diary: d}
	for _, kind := range channels {
		h.sink[kind] = newSink(kind, h.clock)
	}
	return h
}

// open starts a node on the file as it is.
func (h *house) open() error {
	cfg := app.Config{
		DB: "sqlite:" + h.path, PublicURL: publicURL, SecretKey: "the secret of many worlds, long enough for the rules", AdminEmail: root.email(),
		AdminPassword: password, Signup: "closed", LogLevel: "debug", LogFormat: "text",
	}
	cfg.AuthRate.N, cfg.Rate.N, cfg.MaxConnections.N, cfg.StopTimeout.D = 1_000_000, 1_000_000, 4, 20*time.Second
	h.lives++
	cfg.Node = fmt.Sprint("life-", h.lives)
	var own []notify.Channel
	for _, kind := range channels {
		own = append(own, h.sink[kind])
	}
	ctx := context.Background()
	a, err := app.New(ctx, cfg, app.Host{
		Version: "worlds", Clock: h.clock, Logger: h.diary.logger(), Out: io.Discard, HashCost: bcrypt.MinCost, Channels: own, Unwatched: true,
	})
	if err != nil {
		return fmt.Errorf("open the node: %w", err)
	}
	a.Start(ctx)
	h.node, h.news = a, a.Hub().Subscribe()
	h.restless = true
	synctest.Wait()
	return nil
}

// close ends the node in good order.
func (h *house) close() error {
	if h.node == nil {
		return nil
	}
	node := h.node
	h.node = nil
	return node.Stop(context.Background())
}

// crash abandons the node in the middle of whatever it does. What the kernel would take back is released, no more.
func (h *house) crash() {
	node := h.node
	h.node = nil
	node.Kill()
	_ = node.Stop(context.Background()) // It complains that its database is gone.
	synctest.Wait()
}

// next is the earliest time at which a loop of the node expects something to do; zero for none.
func (h *house) next() (next time.Time) {
	if h.node == nil {
		return next
	}
	now := h.clock.Now()
	for _, l := range h.node.Loops() {
		if at := l.Next(); at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// stirred reports whether the node has announced anything since it was last asked.
func (h *house) stirred() bool {
	stirred := h.restless
	for len(h.news.C) > 0 {
		<-h.news.C
		stirred = true
	}
	h.restless = false
	return stirred
}

// call asks the node as somebody ("" token: nobody) and decodes the answer into out, unless nil. Any status but 2xx is an error.
func (h *house) call(method, path, token string, body, out any) error {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(data)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, publicURL+path, content)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.node.Handler().ServeHTTP(w, r)
	if w.Code/100 != 2 {
		return &refusal{what: method + " " + path, code: w.Code, text: w.Body.String()}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		return fmt.Errorf("%s %s: %w in %s", method, path, err, w.Body)
	}
	return nil
}

// refusal is an answer other than 2xx.
type refusal struct {
	what, text string
	code       int
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.what, r.code, r.text) }

// nursery is where files of worlds live: in memory where the machine has such a directory.
func nursery() (string, error) {
	parent := "/dev/shm"
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = ""
	}
	return os.MkdirTemp(parent, "worlds")
}

// copyTo puts the database that every world begins with where a world wants it.
func (t *template) copyTo(dir, name string) (string, error) {
	path := filepath.Join(dir, name+".db")
	return path, os.WriteFile(path, t.file, 0o600)
}

var discard = slog.New(slog.DiscardHandler)
