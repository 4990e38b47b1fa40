package door

import (
	"hash/maphash"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Class is what a request is, for its rate.
type Class int

// The classes.
const (
	Unlimited Class = iota // Probes, static files.
	Ordinary               // Counted per token or session; without one, per address.
	SignIn                 // Whatever takes or resets a password: per address. The accounts slow guessing per account.
)

// Limits are requests a minute; 0 means the default, a negative number none.
type Limits struct {
	SignInPerMinute   int
	OrdinaryPerMinute int
}

// The limits that hold when none are given.
const (
	DefaultSignInPerMinute   = 20
	DefaultOrdinaryPerMinute = 600
)

// remembered bounds how many clients of one class are counted at a time, the least recent being forgotten first: about 10 MB
// when somebody floods it with made-up ones.
const remembered = 32768

// limiter counts per class and client in token buckets that hold one minute's worth.
type limiter struct {
	clock   clock.Clock
	seed    maphash.Seed
	buckets map[Class]*buckets
}

type buckets struct {
	perMinute int
	mu        sync.Mutex
	clients   *simplelru.LRU[uint64, *rate.Limiter]
}

func newLimiter(limits Limits, clk clock.Clock) *limiter {
	l := &limiter{clock: clk, seed: maphash.MakeSeed(), buckets: map[Class]*buckets{}}
	l.add(SignIn, limits.SignInPerMinute, DefaultSignInPerMinute)
	l.add(Ordinary, limits.OrdinaryPerMinute, DefaultOrdinaryPerMinute)
	return l
}

func (l *limiter) add(class Class, perMinute, otherwise int) {
	if perMinute < 0 {
		return
	}
	if perMinute == 0 {
		perMinute = otherwise
	}
	// The size is positive, so there is no error.
	clients, _ := simplelru.NewLRU[uint64, *rate.Limiter](remembered, nil)
	l.buckets[class] = &buckets{perMinute: perMinute, clients: clients}
}

// verdict is what the bucket says about one request.
type verdict struct {
	limited          bool // whether there is a limit at all
	ok               bool
	limit, remaining int
	full, next       time.Duration // until the bucket is full again, until one more request is let in
}

// take counts one request of a client.
func (l *limiter) take(class Class, client string) verdict {
	b := l.buckets[class]
	if b == nil {
		return verdict{ok: true}
	}
	now := l.clock.Now()
	key := maphash.String(l.seed, client)
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, found := b.clients.Get(key)
	if !found {
		bucket = rate.NewLimiter(rate.Limit(float64(b.perMinute)/60), b.perMinute)
		b.clients.Add(key, bucket)
	}
	v := verdict{limited: true, ok: bucket.AllowN(now, 1), limit: b.perMinute}
	tokens := bucket.TokensAt(now)
	each := time.Minute / time.Duration(b.perMinute)
	v.remaining = max(0, int(tokens))
	v.full = time.Duration((float64(b.perMinute) - tokens) * float64(each))
	if !v.ok {
		v.next = time.Duration((1 - tokens) * float64(each))
	}
	return v
}

// knows reports whether the client has a bucket.
func (l *limiter) knows(class Class, client string) bool {
	b := l.buckets[class]
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clients.Contains(maphash.String(l.seed, client))
}

func (v verdict) refusal() error {
	if v.ok {
		return nil
	}
	err := fault.New(fault.RateLimited, "rate_limited", "Too many requests: at most %d a minute. Try again in %d s.",
		v.limit, wholeSeconds(v.next))
	err.RetryAfter = v.next
	return err
}

// limitRate counts the request and says so in the RateLimit headers (draft-ietf-httpapi-ratelimit-headers-07, fields of the
// widespread form).
//
// A credential gets a bucket of its own only after it was accepted once; until then its requests count against the address.
// Made-up tokens therefore neither escape the limit nor push real clients out.
func (d *Door) limitRate(next http.Handler, classify Classify, refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		class := classify(r)
		if class == Unlimited {
			next.ServeHTTP(w, r)
			return
		}
		address := limitKey(AddressFrom(r.Context()))
		client, credential := "address "+address, ""
		if class == Ordinary {
			if credential = credentialKey(d.Identify(r)); credential != "" && d.limits.knows(class, credential) {
				client = credential
			}
		}
		v := d.limits.take(class, client)
		v.announce(w.Header())
		if err := v.refusal(); err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
		if x := exchangeFrom(r.Context()); x != nil && x.recognised && credential != "" && client != credential {
			d.limits.take(class, credential)
		}
	})
}

func (v verdict) announce(h http.Header) {
	if !v.limited {
		return
	}
	h["Ratelimit-Limit"] = []string{strconv.Itoa(v.limit)}
	h["Ratelimit-Remaining"] = []string{strconv.Itoa(v.remaining)}
	h["Ratelimit-Reset"] = []string{strconv.Itoa(wholeSeconds(v.full))}
	h["Ratelimit-Policy"] = []string{strconv.Itoa(v.limit) + ";w=60"}
}
