package worlds_test

import (
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// fuse is the world's clock. Every pass and every transaction looks at it, so a crash can be laid at any of these looks.
type fuse struct {
	*clock.Fake

	mu    sync.Mutex
	left  int // looks until it goes off; 0: none is laid
	blast func()
}

// lay has blast called at the looks-th look from now, from a goroutine of its own, once.
func (f *fuse) lay(looks int, blast func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.blast = looks, blast
}

// unlay takes the fuse away and reports whether it was still burning.
func (f *fuse) unlay() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	burning := f.left > 0
	f.left = 0
	return burning
}

// Now is where the clock stands.
func (f *fuse) Now() time.Time {
	f.mu.Lock()
	if f.left > 0 {
		if f.left--; f.left == 0 {
			go f.blast()
		}
	}
	f.mu.Unlock()
	return f.Fake.Now()
}
