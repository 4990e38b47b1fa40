package intake

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/live"
)

const (
	// maxRings bounds the organisations whose keys are remembered.
	maxRings = 1000
	// missPause is how often an organisation's keys are read again because a key is not among them: it may have been made
	// on another node a moment ago, or somebody is guessing.
	missPause = time.Second
	// ringReaders is how many organisations' keys are read at once: guesses must not take all connections.
	ringReaders = 2
)

// keyring remembers the keys of the organisations that senders use. Right and wrong keys take the same steps: a hash, a look
// into the same map and a comparison in constant time.
type keyring struct {
	db     *db.DB
	clock  clock.Clock
	rings  *live.Cache[struct{}, *ring]
	flight singleflight.Group
	gate   chan struct{}
}

// ring holds an organisation's working keys by their hash.
type ring struct {
	loaded time.Time
	byHash map[string]held
}

// held is an integration as one of its keys opens it.
type held struct {
	*Integration
	hash string
	old  bool // the key from before the rotation
}

func newKeyring(d *db.DB, clk clock.Clock, hub *live.Hub) *keyring {
	return &keyring{
		db: d, clock: clk, rings: live.NewCache[struct{}, *ring](hub, clk, maxRings, live.TopicConfig),
		gate: make(chan struct{}, ringReaders),
	}
}

// find is the integration that a key opens. Faults: Unauthenticated; Unavailable when the database is away.
func (k *keyring) find(ctx context.Context, key string) (held, error) {
	org := orgOfKey(key)
	if org == 0 {
		return held{}, unknownKey()
	}
	hash := hashKey(key)
	keys, err := k.ring(ctx, org)
	if err != nil {
		return held{}, err
	}
	found, ok := keys.find(hash)
	if !ok && k.clock.Now().Sub(keys.loaded) >= missPause {
		k.rings.Forget(org)
		if keys, err = k.ring(ctx, org); err != nil {
			return held{}, err
		}
		found, ok = keys.find(hash)
	}
	if !ok || (found.old && !k.clock.Now().Before(*found.OldKeyUntil)) {
		return held{}, unknownKey()
	}
	return found, nil
}

// nobody is compared with when no key has the hash, so that both cases compare once.
var nobody = held{hash: hashKey("")}

func (r *ring) find(hash string) (held, bool) {
	found, ok := r.byHash[hash]
	if !ok {
		found = nobody
	}
	return found, subtle.ConstantTimeCompare([]byte(found.hash), []byte(hash)) == 1 && ok
}

// ring is an organisation's keys, from memory or from the database; concurrent askers share one reading.
func (k *keyring) ring(ctx context.Context, org int64) (*ring, error) {
	keys, mark, ok := k.rings.Get(org, struct{}{})
	if ok {
		return keys, nil
	}
	// The first asker's context would fail the others; the reading is short and bounded by the gate.
	shared := context.WithoutCancel(ctx)
	loading := k.flight.DoChan(flightKey(org, mark), func() (any, error) {
		k.gate <- struct{}{}
		defer func() { <-k.gate }()
		return k.load(shared, org, mark)
	})
	select {
	case result := <-loading:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*ring), nil
	case <-ctx.Done():
		return nil, gaveUp(ctx.Err())
	}
}

func (k *keyring) load(ctx context.Context, org int64, mark live.Mark) (*ring, error) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	keys := &ring{loaded: k.clock.Now(), byHash: map[string]held{}}
	err := k.db.Read(ctx, func(tx *db.Tx) error {
		list, err := heldKeys(tx, org)
		for _, h := range list {
			keys.byHash[h.hash] = h
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	k.rings.Put(org, struct{}{}, keys, mark)
	return keys, nil
}

// flightKey names a reading that may be shared: one begun before a change is not shared by those who come after it.
func flightKey(org int64, mark live.Mark) string { return fmt.Sprintf("%d %v", org, mark) }
