package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// press is a commit that a test holds shut and opens batch by batch.
type press struct {
	mu      sync.Mutex
	batches [][]string
	open    chan []error // what the next batch answers
}

func newPress() *press { return &press{open: make(chan []error)} }

func (p *press) commit(_ context.Context, _ int64, batch []string) []error {
	p.mu.Lock()
	p.batches = append(p.batches, slices.Clone(batch))
	p.mu.Unlock()
	return <-p.open
}

func (p *press) seen() [][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.batches)
}

// bring starts a request and returns where its answer will come.
func bring(ctx context.Context, b *batcher[string], org int64, item string, signals int) chan error {
	answer := make(chan error, 1)
	go func() { answer <- b.do(ctx, org, item, load{signals: signals, bytes: 1}) }()
	synctest.Wait()
	return answer
}

func TestWhatComesDuringACommitSharesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := newBatcher(p.commit, 1)
		answers := []chan error{bring(t.Context(), b, 1, "a", 1)}
		if len(p.seen()) != 1 {
			t.Fatal("a lone request waits")
		}
		for _, item := range []string{"b", "c", "d"} {
			answers = append(answers, bring(t.Context(), b, 1, item, 1))
		}
		other := bring(t.Context(), b, 2, "x", 1) // Another organisation does not wait for this one.
		p.open <- nil
		p.open <- nil
		synctest.Wait()
		p.open <- []error{nil, errors.New("c is bad"), nil}
		want := [][]string{{"a"}, {"x"}, {"b", "c", "d"}}
		if got := p.seen(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("batches %v, want %v", got, want)
		}
		for i, answer := range append(answers, other) {
			if err := <-answer; (err != nil) != (i == 2) {
				t.Errorf("answer %d: %v", i, err)
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.lanes) != 0 || b.waiting != (load{}) {
			t.Errorf("left over: %v, %v", b.lanes, b.waiting)
		}
	})
}

func TestABatchHasABoundAndABigMessageHasOneToItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := newBatcher(p.commit, 1)
		for _, item := range []string{"first", "half", "other half", "too much", "huge", "last"} {
			signals := map[string]int{"half": maxBatch / 2, "other half": maxBatch / 2, "huge": 3 * maxBatch}[item]
			bring(t.Context(), b, 1, item, max(signals, 1))
		}
		for range 4 {
			p.open <- nil
			synctest.Wait()
		}
		want := [][]string{{"first"}, {"half", "other half"}, {"too much"}, {"huge"}, {"last"}}
		if got := p.seen(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("batches %v, want %v", got, want)
		}
		p.open <- nil
	})
}

func TestOnlySoManyBatchesAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := newBatcher(p.commit, 2)
		for n := range 5 {
			bring(t.Context(), b, 1, fmt.Sprint(n), 1)
		}
		if got := len(p.seen()); got != 2 {
			t.Errorf("%d batches of one organisation are under way, want 2", got)
		}
		for org := range int64(10) {
			bring(t.Context(), b, 10+org, "x", 1)
		}
		if got := len(p.seen()); got != maxSlots {
			t.Errorf("%d batches of all organisations are under way, want %d", got, maxSlots)
		}
		for range 13 {
			p.open <- nil
			synctest.Wait()
		}
	})
}

func TestARequestThatGivesUpIsDroppedUnlessItsBatchHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := newBatcher(p.commit, 1)
		ctx, cancel := context.WithCancel(t.Context())
		begun := bring(ctx, b, 1, "begun", 1)
		queued := bring(ctx, b, 1, "queued", 1)
		stays := bring(t.Context(), b, 1, "stays", 1)
		cancel()
		for _, answer := range []chan error{begun, queued} {
			if err := <-answer; !fault.Is(err, fault.Timeout) {
				t.Errorf("a request that gave up: %v", err)
			}
		}
		p.open <- nil
		p.open <- nil
		if err := <-stays; err != nil {
			t.Errorf("its neighbour: %v", err)
		}
		if got := fmt.Sprint(p.seen()); got != "[[begun] [stays]]" {
			t.Errorf("batches %v", got)
		}
		if b.waiting != (load{}) {
			t.Errorf("%v is still counted as waiting", b.waiting)
		}
	})
}

func TestTooMuchIsTurnedAwayAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := newBatcher(p.commit, 1)
		bring(t.Context(), b, 1, "under way", 1)
		waits := bring(t.Context(), b, 1, "waits", maxWaiting)
		refused := <-bring(t.Context(), b, 2, "refused", 1)
		if f := fault.From(refused); f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
			t.Errorf("beyond the bound: %v", refused)
		}
		p.open <- nil
		p.open <- nil
		if err := <-waits; err != nil {
			t.Errorf("what waited: %v", err)
		}
		later := bring(t.Context(), b, 2, "later", 2*maxWaiting) // A lone message is taken whatever its size.
		p.open <- nil
		if err := <-later; err != nil {
			t.Errorf("later: %v", err)
		}
		bytes := load{signals: 1, bytes: maxWaitingBytes}
		go func() { _ = b.do(t.Context(), 1, "a", bytes) }()
		synctest.Wait()
		go func() { _ = b.do(t.Context(), 1, "b", bytes) }()
		synctest.Wait()
		if err := b.do(t.Context(), 1, "c", bytes); !fault.Is(err, fault.Unavailable) {
			t.Errorf("beyond the bound in bytes: %v", err)
		}
		p.open <- nil
		p.open <- nil
	})
}

func TestAPanicInACommitIsAnErrorForItsBatch(t *testing.T) {
	b := newBatcher(func(context.Context, int64, []string) []error { panic("a mistake") }, 1)
	if err := b.do(t.Context(), 1, "a", load{signals: 1}); !fault.Is(err, fault.Internal) {
		t.Errorf("the answer: %v", err)
	}
}

// Every item is committed exactly once and every request gets its own answer, however they meet.
func TestManyRequestsAtOnceEachGetTheirOwnAnswer(t *testing.T) {
	defer goleak.VerifyNone(t)
	var mu sync.Mutex
	committed := map[int]int{}
	b := newBatcher(func(_ context.Context, _ int64, batch []int) []error {
		mu.Lock()
		defer mu.Unlock()
		errs := make([]error, len(batch))
		for i, n := range batch {
			committed[n]++
			if n%7 == 0 {
				errs[i] = fmt.Errorf("%d", n)
			}
		}
		return errs
	}, 3)
	var wg sync.WaitGroup
	for n := 1; n <= 2000; n++ {
		wg.Go(func() {
			ctx := context.Background()
			if n%11 == 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, time.Duration(n)*time.Microsecond)
				defer cancel()
			}
			err := b.do(ctx, int64(n%3+1), n, load{signals: 1})
			switch {
			case n%11 == 0 && fault.Is(err, fault.Timeout):
			case n%7 == 0 && (err == nil || err.Error() != fmt.Sprint(n)), n%7 != 0 && err != nil:
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	for n := 1; n <= 2000; n++ {
		if committed[n] > 1 || (committed[n] == 0 && n%11 != 0) {
			t.Errorf("%d was committed %d times", n, committed[n])
		}
	}
}
