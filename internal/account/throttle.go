package account

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	defaultSignInsPerMinute = 20
	// throttleEntries bounds the memory: the accounts and addresses remembered, the least recent forgotten first.
	throttleEntries = 10_000
)

// throttle slows the guessing of passwords: so many failures a minute per account and per client address.
//
// Failures alone are counted, so that an office behind one address can sign in at nine. Attempts under way count as failures
// until they end, or many at once would slip through. Anybody could lock a person out at 03:00 by failing on purpose for their
// account; so an address from which the account has signed in before is held to the limit of the address only.
type throttle struct {
	perMinute int

	mu        sync.Mutex
	accounts  *simplelru.LRU[string, *bucket]
	addresses *simplelru.LRU[string, *bucket]
	familiar  *simplelru.LRU[[2]string, struct{}]
}

// bucket is the allowance of one account or address.
type bucket struct {
	limiter  *rate.Limiter
	underway int
}

func newThrottle(perMinute int) *throttle {
	if perMinute <= 0 {
		perMinute = defaultSignInsPerMinute
	}
	return &throttle{
		perMinute: perMinute, accounts: newLRU[string, *bucket](), addresses: newLRU[string, *bucket](),
		familiar: newLRU[[2]string, struct{}](),
	}
}

func newLRU[K comparable, V any]() *simplelru.LRU[K, V] {
	lru, _ := simplelru.NewLRU[K, V](throttleEntries, nil) // It fails only for a size below 1.
	return lru
}

// attempt is one try under way; end must be called once.
type attempt struct {
	throttle         *throttle
	account, address string
	buckets          []*bucket
}

// begin lets an attempt through or refuses it (fault RateLimited, with RetryAfter).
func (t *throttle) begin(now time.Time, account, address string) (*attempt, error) {
	// The account is what somebody typed, of any length; its hash is what is kept.
	account, address = hashToken(account), addressKey(address)
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &attempt{throttle: t, account: account, address: address}
	a.buckets = append(a.buckets, t.bucket(t.addresses, address))
	if !t.familiar.Contains([2]string{account, address}) {
		a.buckets = append(a.buckets, t.bucket(t.accounts, account))
	}
	for _, b := range a.buckets {
		if left := b.limiter.TokensAt(now) - float64(b.underway); left < 1 {
			return nil, tooMany((1 - left) / float64(b.limiter.Limit()))
		}
	}
	for _, b := range a.buckets {
		b.underway++
	}
	return a, nil
}

// outcome says how an attempt went.
type outcome int

const (
	abandoned outcome = iota // It could not be decided; it counts for nothing.
	failed
	succeeded
)

// end takes an attempt off those under way and counts a failure.
func (a *attempt) end(now time.Time, how outcome) {
	a.throttle.mu.Lock()
	defer a.throttle.mu.Unlock()
	for _, b := range a.buckets {
		b.underway--
		if how == failed {
			b.limiter.AllowN(now, 1)
		}
	}
	if how == succeeded {
		a.throttle.familiar.Add([2]string{a.account, a.address}, struct{}{})
	}
}

func (t *throttle) bucket(in *simplelru.LRU[string, *bucket], key string) *bucket {
	b, found := in.Get(key)
	if !found {
		b = &bucket{limiter: rate.NewLimiter(rate.Limit(float64(t.perMinute)/60), t.perMinute)}
		in.Add(key, b)
	}
	return b
}

func tooMany(seconds float64) error {
	wait := time.Duration(math.Ceil(seconds)) * time.Second
	refusal := fault.New(fault.RateLimited, "too_many_sign_ins", "Too many failed attempts to sign in. Try again in %d seconds.", int(wait.Seconds()))
	refusal.RetryAfter = wait
	return refusal
}

// addressKey is what counts as one client: an IPv4 address, or the /64 network of an IPv6 address, for a single host has all
// of that.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
