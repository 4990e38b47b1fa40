package notify

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// lane is what fails and is slow together: a channel and who carries its messages. Each takes only so many at a time, so that
// one dead server delays no other.
type lane struct{ channel, provider string }

// destination is one address on a channel. It is given half of its lane at most, so that one that is slow leaves others room.
type destination struct{ channel, recipient string }

// provider is what this process has learned of whoever carries a lane's messages.
type provider struct {
	breaker breaker
	rate    *rate.Limiter // nil when the channel states none
}

// knownProviders bounds what is remembered: webhooks have as many providers as hosts.
const knownProviders = 1024

func newProviders() *simplelru.LRU[lane, *provider] {
	known, _ := simplelru.NewLRU[lane, *provider](knownProviders, nil) // It fails for a size below one only.
	return known
}

// provider is what is known of a lane's provider; the lock is held.
func (d *dispatcher) provider(channels map[string]Channel, l lane) *provider {
	p, known := d.providers.Get(l)
	if !known {
		p = &provider{}
		if ch := channels[l.channel]; ch != nil {
			if n := ch.Describe().PerSecond; n > 0 {
				p.rate = rate.NewLimiter(rate.Limit(n), int(math.Ceil(n)))
			}
		}
		d.providers.Add(l, p)
	}
	return p
}

// capacity is how many messages a lane takes at a time. What has no channel any more is taken one by one, to be failed.
func capacity(channels map[string]Channel, l lane) int {
	if ch := channels[l.channel]; ch != nil {
		return max(1, ch.Describe().Parallel)
	}
	return 1
}

// room is how many messages more the destination may be given now, when the pass has given its lane so many already. away says that
// the provider fails again and again: then there is room for one at most, to try it. The lock is held.
func (d *dispatcher) room(channels map[string]Channel, l lane, to destination, given int, now time.Time) (n int, away bool) {
	p, all := d.provider(channels, l), capacity(channels, l)
	share := max(1, all/2)
	switch p.breaker.standing(to.recipient, now) {
	case BreakerOpen:
		return 0, true
	case BreakerHalfOpen:
		away, share = true, 1
		if p.breaker.several {
			all = 1
		}
	}
	n = min(all-d.lanes[l], share-d.going[to])
	if p.rate != nil {
		n = min(n, int(p.rate.TokensAt(now))-given)
	}
	return max(n, 0), away
}

// book takes a place for each candidate as long as there is one. It returns those that have one; those that may ride with one of
// them, for they go to the same destination; and those whose provider is away and whose person is to be reached by other methods.
func (d *dispatcher) book(due []candidate, channels map[string]Channel, now time.Time) (taken []candidate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	given := map[lane]int{}
	placed := map[destination]bool{}
	for i := range due {
		c := &due[i]
		l, to := c.lane(), c.destination()
		n, away := d.room(channels, l, to, given[l], now)
		switch {
		case n > 0:
			c.placed, placed[to] = true, true
			given[l]++
			d.lanes[l]++
			d.going[to]++
		case away && c.passes:
			c.held = true
		}
	}
	for _, c := range due {
		if c.placed || c.held || placed[c.destination()] {
			taken = append(taken, c)
		}
	}
	return taken
}

// release gives back the places that candidates took and no flight has: each keeps one at its destination, whichever of the
// notifications there it carries.
func (d *dispatcher) release(taken []candidate, began []*flight) {
	kept := map[destination]int{}
	for _, f := range began {
		kept[f.destination()]++
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range taken {
		switch to := c.destination(); {
		case !c.placed:
		case kept[to] > 0:
			kept[to]--
		default:
			d.leave(c.lane(), to)
		}
	}
}

// leave gives a place back; the lock is held.
func (d *dispatcher) leave(l lane, to destination) {
	if d.lanes[l]--; d.lanes[l] <= 0 {
		delete(d.lanes, l)
	}
	if d.going[to]--; d.going[to] <= 0 {
		delete(d.going, to)
	}
}

// barred are the lanes and destinations that take nothing now: what waits for them must not hide what others would take. Of those
// that are away, pages are found that have not been passed on to the person's next method.
type barred struct {
	full   []lane
	away   []lane
	fullTo []destination
	awayTo []destination
	again  time.Time // when one of them will take something again by itself; zero when none will
}

func (d *dispatcher) barred(channels map[string]Channel, now time.Time) (b barred) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.providers.Keys() {
		p, _ := d.providers.Peek(l)
		to := destination{l.channel, p.breaker.only}
		n, away := d.room(channels, l, to, 0, now)
		if n > 0 {
			continue
		}
		b.look(p, now)
		switch {
		case away && p.breaker.several:
			b.away = append(b.away, l)
			continue
		case away:
			b.awayTo = append(b.awayTo, to)
		}
		if d.lanes[l] >= capacity(channels, l) || p.rate != nil && p.rate.TokensAt(now) < 1 {
			b.full = append(b.full, l)
		}
	}
	for to, n := range d.going {
		if !slices.Contains(b.awayTo, to) && n >= max(1, capacity(channels, lane{channel: to.channel})/2) {
			b.fullTo = append(b.fullTo, to)
		}
	}
	return b
}

// look notes when a provider will take something again.
func (b *barred) look(p *provider, now time.Time) {
	at := p.breaker.until
	if p.rate != nil {
		if missing := 1 - p.rate.TokensAt(now); missing > 0 {
			at = now.Add(time.Duration(missing / float64(p.rate.Limit()) * float64(time.Second)))
		}
	}
	if at.After(now) && (b.again.IsZero() || at.Before(b.again)) {
		b.again = at
	}
}

// launched counts a message against its provider's rate.
func (d *dispatcher) launched(channels map[string]Channel, l lane, now time.Time) {
	if p := d.provider(channels, l); p.rate != nil {
		p.rate.AllowN(now, 1)
	}
}

// BreakerState is what this process holds of one provider.
type BreakerState struct {
	Channel, Provider string
	Standing          BreakerStanding
	Failures          int       // in a row
	Until             time.Time // while open: when it is tried again
}

// Breakers are the providers that this process has sent by, in order.
func (s *Service) Breakers() []BreakerState {
	d, now := &s.sending, s.DB.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]BreakerState, 0, d.providers.Len())
	for _, l := range d.providers.Keys() {
		p, _ := d.providers.Peek(l)
		b := &p.breaker
		state := BreakerState{Channel: l.channel, Provider: l.provider, Standing: b.standing(b.only, now), Failures: b.failures}
		if state.Standing == BreakerOpen {
			state.Until = b.until
		}
		list = append(list, state)
	}
	slices.SortFunc(list, func(a, b BreakerState) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Provider, b.Provider))
	})
	return list
}
