package intake

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	// maxBatch is how many signals one transaction takes; a message with more has one to itself.
	maxBatch = 500
	// maxWaiting and maxWaitingBytes bound what waits for a transaction, over all organisations.
	maxWaiting      = 20_000
	maxWaitingBytes = 128 << 20
	// maxSlots is how many batches of all organisations are under way at once, so that intake leaves connections to others.
	maxSlots = 6
	// commitTimeout ends a batch whose database does not answer.
	commitTimeout = 30 * time.Second
	// comeBack is when a sender that was turned away should try again.
	comeBack = 2 * time.Second
)

// inFlight is how many batches of one organisation are under way at once: SQLite has one writer; PostgreSQL fills the time
// of one commit's disk write with the next one's work.
func inFlight(d *db.DB) int {
	if d.Postgres() {
		return 3
	}
	return 1
}

// load is how much of the queue an item takes.
type load struct{ signals, bytes int }

// batcher joins what concurrent requests bring into one commit per organisation: a batch takes whatever waits when it
// begins, and what comes meanwhile waits for the next. A lone request is never delayed by a timer.
type batcher[T any] struct {
	// commit stores a batch of one organisation. It returns one error per item, or nil when all went well.
	commit   func(ctx context.Context, org int64, batch []T) []error
	inFlight int
	slots    chan struct{}
	onQueued atomic.Pointer[func()] // for tests that need to know; nil otherwise

	mu      sync.Mutex
	lanes   map[int64]*lane[T]
	waiting load
}

// lane is one organisation's queue. It exists while something waits or is under way.
type lane[T any] struct {
	queue   []*entry[T]
	running int
}

// entry is an item with the request that waits for it. Its fields are guarded by the batcher's lock until done is closed.
type entry[T any] struct {
	item    T
	load    load
	taken   bool // It is in a batch, and will be committed whoever still waits.
	dropped bool // Nobody waits for it any more.
	err     error
	done    chan struct{}
}

func newBatcher[T any](commit func(ctx context.Context, org int64, batch []T) []error, inFlight int) *batcher[T] {
	return &batcher[T]{commit: commit, inFlight: inFlight, slots: make(chan struct{}, maxSlots), lanes: map[int64]*lane[T]{}}
}

// do has an item committed and returns the item's own error. A ctx that ends while the item waits takes it out again; once
// it is in a batch it is committed all the same. Faults: Unavailable when too much waits; Timeout; the commit's.
func (b *batcher[T]) do(ctx context.Context, org int64, item T, l load) error {
	e := &entry[T]{item: item, load: l, done: make(chan struct{})}
	if err := b.enqueue(ctx, org, e); err != nil {
		return err
	}
	if told := b.onQueued.Load(); told != nil {
		(*told)()
	}
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		b.drop(e)
		return gaveUp(ctx.Err())
	}
}

func (b *batcher[T]) enqueue(ctx context.Context, org int64, e *entry[T]) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting.signals > 0 &&
		(b.waiting.signals+e.load.signals > maxWaiting || b.waiting.bytes+e.load.bytes > maxWaitingBytes) {
		refused := fault.New(fault.Unavailable, "overloaded", "More messages wait than can be stored now. Try again shortly.")
		refused.RetryAfter = comeBack
		return refused
	}
	b.waiting.signals += e.load.signals
	b.waiting.bytes += e.load.bytes
	l := b.lanes[org]
	if l == nil {
		l = &lane[T]{}
		b.lanes[org] = l
	}
	l.queue = append(l.queue, e)
	if l.running < b.inFlight {
		l.running++
		go b.run(context.WithoutCancel(ctx), org, l)
	}
	return nil
}

// drop takes an item out of the queue's count; the queue skips it when its turn comes.
func (b *batcher[T]) drop(e *entry[T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !e.taken {
		e.dropped = true
		b.leave(e)
	}
}

func (b *batcher[T]) leave(e *entry[T]) {
	b.waiting.signals -= e.load.signals
	b.waiting.bytes -= e.load.bytes
}

// run commits batches of a lane until nothing waits.
func (b *batcher[T]) run(ctx context.Context, org int64, l *lane[T]) {
	for {
		b.slots <- struct{}{} // What comes while it waits here joins the batch.
		batch := b.take(org, l)
		if batch == nil {
			<-b.slots
			return
		}
		b.settle(ctx, org, batch)
		<-b.slots
	}
}

// take is the lane's next batch; nil when nothing waits, and then the caller's run is over.
func (b *batcher[T]) take(org int64, l *lane[T]) (batch []*entry[T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	signals, next := 0, 0
	for ; next < len(l.queue); next++ {
		e := l.queue[next]
		if e.dropped {
			continue
		}
		if len(batch) > 0 && signals+e.load.signals > maxBatch {
			break
		}
		e.taken = true
		b.leave(e)
		signals += e.load.signals
		batch = append(batch, e)
	}
	clear(l.queue[:next])
	l.queue = l.queue[next:]
	if batch == nil {
		l.running--
		if l.running == 0 {
			delete(b.lanes, org)
		}
	}
	return batch
}

// settle commits a batch and lets those who wait go on.
func (b *batcher[T]) settle(ctx context.Context, org int64, batch []*entry[T]) {
	items := make([]T, len(batch))
	for i, e := range batch {
		items[i] = e.item
	}
	errs := b.commitSafely(ctx, org, items)
	for i, e := range batch {
		if errs != nil {
			e.err = errs[i]
		}
		close(e.done)
	}
}

// commitSafely keeps a mistake from taking the process down with everybody who waits.
func (b *batcher[T]) commitSafely(ctx context.Context, org int64, items []T) (errs []error) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			errs = make([]error, len(items))
			for i := range errs {
				errs[i] = fmt.Errorf("commit panicked: %v", cause)
			}
		}
	}()
	return b.commit(ctx, org, items)
}
