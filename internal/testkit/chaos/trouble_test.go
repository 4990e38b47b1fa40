package chaos_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// No trouble begins in the last seconds: what dies then is looked after in the seconds after, which lengthens a test for nothing.
const lastTrouble = 3 * time.Second

// The first trouble comes so early that also the shortest night has some.
const firstTrouble = time.Second

// troublemaker has one thing after the other go wrong, and lets what went wrong overlap. Where there are several nodes, one is always left
// alone: what is asked of the others is that it makes no difference.
type troublemaker struct {
	*scene
	end   time.Time
	power sync.RWMutex // held to read while a node starts, which needs its database

	mu       sync.Mutex
	troubled map[*post]bool
}

// trouble is one kind of it.
type trouble struct {
	kind        string
	least, most time.Duration
	do          func(lasts time.Duration)
}

func newTroublemaker(s *scene) *troublemaker {
	return &troublemaker{scene: s, troubled: map[*post]bool{}}
}

// goOn makes trouble until ctx ends, and returns when all is well again.
func (m *troublemaker) goOn(ctx context.Context) {
	m.end, _ = ctx.Deadline()
	var going sync.WaitGroup
	defer going.Wait()
	var deck []trouble
	for pause := firstTrouble; ; pause = 500*time.Millisecond + rand.N(2*time.Second) {
		<-time.After(pause)
		left := time.Until(m.end)
		if left < lastTrouble {
			return
		}
		if len(deck) == 0 {
			deck = m.deck()
		}
		next := deck[0]
		deck = deck[1:]
		lasts := min(next.least+rand.N(next.most-next.least), left/2)
		going.Go(func() { next.do(lasts) })
	}
}

// deck is every trouble there is, some twice, shuffled; but a kill comes first and a stall second, for without them nothing is proved.
func (m *troublemaker) deck() []trouble {
	kill := trouble{"kill", 0, 2 * time.Second, m.kill}
	stall := trouble{"stall", time.Second, 25 * time.Second, m.stall}
	list := []trouble{
		kill, kill,
		{"mail server died", time.Second, 6 * time.Second, m.death("mail server died", m.mail.die, m.mail.open)},
		{"receiver of webhooks died", time.Second, 6 * time.Second, m.death("receiver of webhooks died", m.hook.die, m.hook.open)},
		{"mail cut", 0, 3 * time.Second, m.wire("mail cut", (*post).mailWire, (*peer.Wire).Cut)},
		{"mail blackhole", 2 * time.Second, 20 * time.Second, m.wire("mail blackhole", (*post).mailWire, (*peer.Wire).Blackhole)},
	}
	if m.cluster != nil {
		list = append(
			list,
			trouble{"database restart", 0, time.Second, m.restart},
			trouble{"database cut", 0, 3 * time.Second, m.wire("database cut", (*post).databaseWire, (*peer.Wire).Cut)},
			trouble{"database slow", time.Second, 6 * time.Second, m.wire("database slow", (*post).databaseWire, (*peer.Wire).Slow)},
			trouble{"database blackhole", 2 * time.Second, 25 * time.Second, m.wire("database blackhole", (*post).databaseWire, (*peer.Wire).Blackhole)},
		)
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return slices.Concat([]trouble{kill, stall}, list)
}

func (p *post) mailWire() *peer.Wire     { return p.toMail }
func (p *post) databaseWire() *peer.Wire { return p.toDatabase }

// victim finds a node without trouble, and takes it until free. There is none when only one is left alone.
func (m *troublemaker) victim() *post {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.posts)-len(m.troubled) < min(2, len(m.posts)) {
		return nil
	}
	for {
		p := m.posts[rand.IntN(len(m.posts))]
		if !m.troubled[p] {
			m.troubled[p] = true
			return p
		}
	}
}

func (m *troublemaker) free(p *post) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.troubled, p)
}

// alone reports whether what befalls a node befalls all.
func (m *troublemaker) alone() bool { return len(m.posts) == 1 }

func (m *troublemaker) kill(lasts time.Duration) {
	p := m.victim()
	if p == nil {
		return
	}
	defer m.free(p)
	began := time.Now()
	p.Kill(m.t)
	<-time.After(lasts)
	m.power.RLock()
	defer m.power.RUnlock()
	p.Start(m.t)
	m.diary.write("kill", began, m.alone())
}

func (m *troublemaker) stall(lasts time.Duration) {
	p := m.victim()
	if p == nil {
		return
	}
	defer m.free(p)
	began := time.Now()
	p.Signal(m.t, syscall.SIGSTOP)
	<-time.After(lasts)
	p.Signal(m.t, syscall.SIGCONT)
	m.diary.write("stall", began, m.alone())
}

// restart ends the database as a crash does and starts it again.
func (m *troublemaker) restart(lasts time.Duration) {
	m.power.Lock()
	defer m.power.Unlock()
	began := time.Now()
	err := m.cluster.Kill()
	<-time.After(lasts)
	if err == nil {
		err = m.cluster.Restart()
	}
	if err != nil {
		m.t.Errorf("restart the database: %v", err)
	}
	m.diary.write("database restart", began, true)
}

// death ends a provider and opens it again at the same address.
func (m *troublemaker) death(kind string, die func(), open func() error) func(time.Duration) {
	return func(lasts time.Duration) {
		began := time.Now()
		die()
		<-time.After(lasts)
		err := open()
		for tries := 0; err != nil && tries < 50; tries++ { // A connection of somebody else may have its port for a moment.
			<-time.After(200 * time.Millisecond)
			err = open()
		}
		if err != nil {
			m.t.Errorf("%s, and cannot be opened again: %v", kind, err)
		}
		m.diary.write(kind, began, false)
	}
}

// wire has something befall a wire of a node.
func (m *troublemaker) wire(kind string, of func(*post) *peer.Wire, befall func(*peer.Wire) error) func(time.Duration) {
	return func(lasts time.Duration) {
		p := m.victim()
		if p == nil {
			return
		}
		defer m.free(p)
		began := time.Now()
		err := befall(of(p))
		<-time.After(lasts)
		if err = errors.Join(err, of(p).Mend()); err != nil {
			m.t.Errorf("%s: %v", kind, err)
		}
		m.diary.write(kind, began, false)
	}
}
