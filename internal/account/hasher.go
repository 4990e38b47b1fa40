package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	defaultHashCost = 11
	maxHashing      = 2  // Hashes worked out at once.
	maxHashQueue    = 32 // Callers that wait for their turn; at 150 ms a hash the last waits a few seconds.
	hashRetryAfter  = 2 * time.Second

	// hashScheme marks how the bcrypt hash behind it was made, so that hashes of another kind can be told apart.
	hashScheme = "sha256:"
)

// hasher makes and checks password hashes: bcrypt over base64 of SHA-256, for bcrypt alone stops at 72 bytes.
//
// Hashing is the one thing here that burns processor time on behalf of strangers. It passes a gate of two, never more than
// half of the processors, so that pages, probes and intake go on under a flood of sign-ins; behind the gate waits a bounded
// queue, and who comes later is sent away at once.
type hasher struct {
	cost  int
	slots chan struct{}
	// present counts the callers inside and waiting.
	present atomic.Int64
	decoy   string
}

func newHasher(cost int) *hasher {
	if cost == 0 {
		cost = defaultHashCost
	}
	return &hasher{
		cost:  cost,
		slots: make(chan struct{}, max(1, min(maxHashing, runtime.GOMAXPROCS(0)/2))),
		// Some hash of the right cost: comparing with it takes as long as with a real one and never succeeds.
		decoy: fmt.Sprintf("%s$2a$%02d$%s", hashScheme, cost, "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"),
	}
}

// hash makes the hash of a password. Faults: Unavailable when too many wait, Timeout when ctx ends first.
func (h *hasher) hash(ctx context.Context, password string) (hash string, err error) {
	err = h.pass(ctx, func() error {
		sum, err := bcrypt.GenerateFromPassword(condense(password), h.cost)
		hash = hashScheme + string(sum)
		return err
	})
	return hash, err
}

// matches reports whether the password is the hash's. An empty hash (no such user, or one without a password) costs the same
// time and never matches. Faults: those of hash.
func (h *hasher) matches(ctx context.Context, hash, password string) (ok bool, err error) {
	bare, known := strings.CutPrefix(hash, hashScheme)
	if !known {
		bare, _ = strings.CutPrefix(h.decoy, hashScheme)
	}
	err = h.pass(ctx, func() error {
		err := bcrypt.CompareHashAndPassword([]byte(bare), condense(password))
		ok = err == nil && known
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return nil
		}
		return err
	})
	return ok, err
}

// pass runs work inside the gate.
func (h *hasher) pass(ctx context.Context, work func() error) error {
	defer h.present.Add(-1)
	if h.present.Add(1) > int64(cap(h.slots)+maxHashQueue) {
		busy := fault.New(fault.Unavailable, "sign_in_busy", "Too many people are signing in at this moment. Try again shortly.")
		busy.RetryAfter = hashRetryAfter
		return busy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return work()
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Timeout, "timeout", "The request was given up before the password could be checked.")
	}
}

// condense makes a password of any length fit for bcrypt: 44 characters without NUL.
func condense(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return base64.StdEncoding.AppendEncode(nil, sum[:])
}
