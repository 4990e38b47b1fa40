package account

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestAPasswordMatchesItsHashOnly(t *testing.T) {
	h := newHasher(bcrypt.MinCost)
	long := strings.Repeat("x", 100)
	for _, password := range []string{"testpass123", "pässwörter und ☃", long} {
		hash, err := h.hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := h.matches(t.Context(), hash, password); err != nil || !ok {
			t.Errorf("%q does not match its own hash: %v", password, err)
		}
		// Bcrypt alone would take a long password with another end for the same.
		if ok, err := h.matches(t.Context(), hash, password+"y"); err != nil || ok {
			t.Errorf("%q matches with more behind it: %v", password, err)
		}
		if strings.Contains(hash, password) || len(hash) > 255 {
			t.Errorf("unfit to be stored: %q", hash)
		}
	}
}

func TestNothingMatchesWhereThereIsNoPassword(t *testing.T) {
	h := newHasher(bcrypt.MinCost)
	for _, hash := range []string{"", "$2a$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"} {
		for _, password := range []string{"", "testpass123"} {
			if ok, err := h.matches(t.Context(), hash, password); err != nil || ok {
				t.Errorf("%q matches %q: %v", password, hash, err)
			}
		}
	}
}

// An unknown e-mail address must take as long to refuse as a wrong password: the decoy has to ask bcrypt for the same work.
func TestTheDecoyCostsWhatARealHashCosts(t *testing.T) {
	for _, cost := range []int{bcrypt.MinCost, defaultHashCost} {
		decoy, _ := strings.CutPrefix(newHasher(cost).decoy, hashScheme)
		if got, err := bcrypt.Cost([]byte(decoy)); err != nil || got != cost {
			t.Errorf("cost %d, %v; want %d", got, err, cost)
		}
	}
	if h := newHasher(0); h.cost != 11 {
		t.Errorf("cost by default %d", h.cost)
	}
}

func TestTheGateLetsFewInAndSendsAwayWhoWouldWaitTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(bcrypt.MinCost)
		release := make(chan struct{})
		inside := make(chan struct{}, 100)
		total := cap(h.slots) + maxHashQueue
		results := make(chan error, total)
		for range total {
			go func() {
				results <- h.pass(t.Context(), func() error { inside <- struct{}{}; <-release; return nil })
			}()
		}
		synctest.Wait()
		if len(inside) != cap(h.slots) || cap(h.slots) > maxHashing {
			t.Errorf("%d hash at once, the gate is %d", len(inside), cap(h.slots))
		}
		refused := fault.From(h.pass(t.Context(), func() error { t.Error("passed a full queue"); return nil }))
		if refused == nil || refused.Kind != fault.Unavailable || refused.RetryAfter <= 0 {
			t.Errorf("a full queue answers %v", refused)
		}
		close(release)
		for range total {
			if err := <-results; err != nil {
				t.Errorf("who waited got %v", err)
			}
		}
		if err := h.pass(t.Context(), func() error { return nil }); err != nil {
			t.Errorf("the gate does not open again: %v", err)
		}
	})
}

func TestWhoGivesUpWaitingLeavesTheQueue(t *testing.T) {
	h := newHasher(bcrypt.MinCost)
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(gone, "testpass123"); !fault.Is(err, fault.Timeout) {
		t.Errorf("got %v", err)
	}
	if h.present.Load() != 0 {
		t.Error("it still counts as waiting")
	}
}
