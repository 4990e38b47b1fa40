package live_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/live"
)

func TestANoticeFollowsTheCommitAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		hub := live.New(d, "a")
		incidents, config := hub.Subscribe(live.TopicIncident), hub.Subscribe(live.TopicConfig)
		changed := live.Notice{Org: 1, Topic: live.TopicIncident, IDs: []int64{7}}
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			hub.Publish(tx, changed)
			return errors.New("refused")
		})
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			hub.Publish(tx, changed)
			if len(incidents.C) != 0 {
				t.Error("told before the commit")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(incidents.C) != 1 || len(config.C) != 0 {
			t.Errorf("%d notices of incidents and %d of config, want 1 and 0", len(incidents.C), len(config.C))
		}
		incidents.Close()
		hub.Announce(changed)
		if n, open := <-incidents.C; open && n.Topic != live.TopicIncident {
			t.Errorf("a closed watcher got %v", n)
		}
	})
}

func TestASlowWatcherIsToldToReloadAndHoldsUpNobody(t *testing.T) {
	d, _ := dbtest.SQLite(t)
	hub := live.New(d, "a")
	slow := hub.Subscribe(live.TopicIncident)
	for i := range int64(1000) {
		hub.Announce(live.Notice{Org: 1, Topic: live.TopicIncident, IDs: []int64{i}})
	}
	reloads, last := 0, int64(0)
	for len(slow.C) > 0 {
		n := <-slow.C
		if n.Topic == live.TopicReload {
			reloads++
		} else {
			last = n.IDs[0]
		}
	}
	if reloads == 0 || last != 999 {
		t.Errorf("%d reloads and the last notice %d, want some and 999", reloads, last)
	}
}

func TestNoticesReachTheOtherNodesAlsoAfterTheirConnectionBroke(t *testing.T) {
	d, _ := dbtest.Postgres(t)
	quiet := slog.New(slog.DiscardHandler)
	one, two := live.New(d, "one"), live.New(d, "two")
	watcher := two.Subscribe(live.TopicIncident)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, hub := range []*live.Hub{one, two} {
		go func() { hub.Run(ctx, d.URL(), quiet); done <- struct{}{} }()
	}
	t.Cleanup(func() { cancel(); <-done; <-done })
	mine := one.Subscribe(live.TopicReload)
	await(t, mine.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })
	await(t, watcher.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })

	one.Announce(live.Notice{Org: 1, Topic: live.TopicIncident, IDs: []int64{41}})
	await(t, watcher.C, func(n live.Notice) bool { return slices.Contains(n.IDs, 41) })

	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	await(t, mine.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })
	await(t, watcher.C, func(n live.Notice) bool { return n.Topic == live.TopicReload })
	one.Announce(live.Notice{Org: 1, Topic: live.TopicIncident, IDs: []int64{42}})
	await(t, watcher.C, func(n live.Notice) bool { return slices.Contains(n.IDs, 42) })
}

func await(t *testing.T, c <-chan live.Notice, wanted func(live.Notice) bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case n := <-c:
			if wanted(n) {
				return
			}
		case <-limit:
			t.Fatal("the notice did not come")
		}
	}
}
