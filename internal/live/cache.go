package live

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// CacheFor is how long what was read is believed without a notice, for notices can be lost between nodes.
const CacheFor = 10 * time.Second

// Cache keeps what was read from the database until a notice says that the organisation's things changed, at most for
// CacheFor. It drains its notices when it is asked, so it needs no goroutine: whoever has committed a change on this node
// sees it at the next look. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	clock clock.Clock
	sub   *Subscription
	mu    sync.Mutex
	items *simplelru.LRU[orgKey[K], cached[V]]
	orgs  map[int64]uint64 // how often an organisation's things changed
	all   uint64           // how often anything may have changed
}

type orgKey[K comparable] struct {
	org int64
	key K
}

type cached[V any] struct {
	value V
	at    time.Time
	mark  Mark
}

// Mark says as of when something is going to be read; see Cache.Put.
type Mark struct{ org, all uint64 }

// NewCache makes a cache of at most size entries that forgets when a notice of one of the topics comes.
func NewCache[K comparable, V any](hub *Hub, clk clock.Clock, size int, topics ...string) *Cache[K, V] {
	items, err := simplelru.NewLRU[orgKey[K], cached[V]](size, nil)
	if err != nil { // A size below one is a mistake of the program.
		panic("live: " + err.Error())
	}
	return &Cache[K, V]{clock: clk, sub: hub.Subscribe(topics...), items: items, orgs: map[int64]uint64{}}
}

// Get returns what is kept of the organisation under the key. Take the mark before reading what Get did not have.
func (c *Cache[K, V]) Get(org int64, key K) (value V, mark Mark, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain()
	mark = Mark{org: c.orgs[org], all: c.all}
	entry, ok := c.items.Get(orgKey[K]{org, key})
	if !ok || entry.mark != mark || c.clock.Now().Sub(entry.at) >= CacheFor {
		return value, mark, false
	}
	return entry.value, mark, true
}

// Put keeps a value that was read after Get gave the mark. A change in between makes it stale already: then it is not kept.
func (c *Cache[K, V]) Put(org int64, key K, value V, mark Mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain()
	if mark == (Mark{org: c.orgs[org], all: c.all}) {
		c.items.Add(orgKey[K]{org, key}, cached[V]{value: value, at: c.clock.Now(), mark: mark})
	}
}

// Forget makes everything of an organisation be read anew.
func (c *Cache[K, V]) Forget(org int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orgs[org]++
}

func (c *Cache[K, V]) drain() {
	for {
		select {
		case n := <-c.sub.C:
			if n.Topic == TopicReload || n.Org == 0 {
				c.all++
				clear(c.orgs)
				continue
			}
			c.orgs[n.Org]++
		default:
			return
		}
	}
}
