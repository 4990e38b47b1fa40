package live_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// lines hands over what is logged.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestANodeNoticesThatItHearsNobodyAnyMore(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Postgres(t)
	u, err := url.Parse(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	wire := peer.NewWire(t, u.Host)
	u.Host = wire.Address()
	hub, logged := live.New(d, "far"), make(lines, 100)
	watcher := hub.Subscribe(live.TopicIncident)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx, u.String(), slog.New(slog.NewTextHandler(logged, nil)))
	}()
	defer func() { cancel(); <-done }()
	await(t, watcher.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })
	if err := wire.Blackhole(); err != nil {
		t.Fatal(err)
	}
	select {
	case line := <-logged:
		if !strings.Contains(line, "notices between nodes are interrupted") {
			t.Error(line)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("nothing is heard, and nobody has noticed")
	}
	if err := wire.Mend(); err != nil {
		t.Fatal(err)
	}
	await(t, watcher.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })
}
