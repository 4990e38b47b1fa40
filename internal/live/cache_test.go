package live_test

import (
	"context"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/live"
)

func newCache(t *testing.T) (*live.Cache[string, int], *live.Hub, *db.DB, *clock.Fake) {
	t.Helper()
	d, clk := dbtest.SQLite(t)
	hub := live.New(d, "node")
	return live.NewCache[string, int](hub, clk, 3, live.TopicConfig), hub, d, clk
}

func keep(c *live.Cache[string, int], org int64, key string, value int) {
	_, mark, _ := c.Get(org, key)
	c.Put(org, key, value, mark)
}

func TestACacheForgetsWhatCommittedChangesTouch(t *testing.T) {
	cache, hub, d, _ := newCache(t)
	keep(cache, 1, "a", 10)
	keep(cache, 2, "a", 20)
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		hub.Publish(tx, live.Notice{Org: 1, Topic: live.TopicConfig})
		if _, _, ok := cache.Get(1, "a"); !ok {
			t.Error("it forgot before the commit")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := cache.Get(1, "a"); ok {
		t.Error("a changed organisation's value is still kept")
	}
	if value, _, ok := cache.Get(2, "a"); !ok || value != 20 {
		t.Errorf("another organisation's value is %d, %v", value, ok)
	}
	hub.Announce(live.Notice{Topic: live.TopicReload})
	if _, _, ok := cache.Get(2, "a"); ok {
		t.Error("after lost notices a value is still kept")
	}
}

func TestACacheForgetsWithTime(t *testing.T) {
	cache, _, _, clk := newCache(t)
	keep(cache, 1, "a", 10)
	clk.Advance(live.CacheFor - time.Second)
	if _, _, ok := cache.Get(1, "a"); !ok {
		t.Error("it forgot too early")
	}
	clk.Advance(time.Second)
	if _, _, ok := cache.Get(1, "a"); ok {
		t.Error("an old value is still kept")
	}
}

// A reader that began before a change must not put back what the change has made stale.
func TestACacheRefusesWhatWasReadBeforeAChange(t *testing.T) {
	cache, hub, _, _ := newCache(t)
	_, mark, _ := cache.Get(1, "a")
	hub.Announce(live.Notice{Org: 1, Topic: live.TopicConfig})
	cache.Put(1, "a", 10, mark)
	if _, _, ok := cache.Get(1, "a"); ok {
		t.Error("a value read before the change is kept")
	}
	_, mark, _ = cache.Get(1, "b")
	cache.Forget(1)
	cache.Put(1, "b", 10, mark)
	if _, _, ok := cache.Get(1, "b"); ok {
		t.Error("a value read before Forget is kept")
	}
}

func TestACacheIsBounded(t *testing.T) {
	cache, _, _, _ := newCache(t)
	for i, key := range []string{"a", "b", "c", "d"} {
		keep(cache, 1, key, i)
	}
	if _, _, ok := cache.Get(1, "a"); ok {
		t.Error("the oldest of four is kept by a cache of three")
	}
}
