// Package chaos_test runs the program itself while its processes are killed, and holds the books of both sides against each other: what
// senders were promised, what stands in the database, and what the mail server was given.
//
// It is short in an ordinary test run; TOCSIN_CHAOS_FOR says how long the trouble lasts otherwise (`make chaos`).
package chaos_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
)

// Three nodes on one PostgreSQL, one of them killed every few seconds, and one that stands still for a while.
func TestChaosLosesNoPageAndTakesNoStepTwiceOnPostgres(t *testing.T) {
	t.Parallel()
	chaos(t, dbtest.PostgresURL(t), 3)
}

// One node on SQLite, killed every few seconds and started again.
func TestChaosLosesNoPageAndTakesNoStepTwiceOnSQLite(t *testing.T) {
	t.Parallel()
	chaos(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"), 1)
}

func chaos(t *testing.T, database string, processes int) {
	t.Helper()
	mail := startSink(t)
	var nodes []*node.Node
	for range processes {
		nodes = append(nodes, node.Start(t, database, mail.url()))
	}
	n := newNight(t, nodes)
	books := openBooks(t, database)

	ctx, cancel := context.WithTimeout(t.Context(), length(t))
	defer cancel()
	quiet := make(chan struct{})
	go func() {
		defer close(quiet)
		n.goOn(ctx)
	}()
	kills := killer{t, nodes}.goOn(ctx)
	<-quiet
	mail.moody.Store(false)
	books.settle()
	judge(t, n, mail, books.read(), kills)
}

// length is how long the trouble lasts.
func length(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv("TOCSIN_CHAOS_FOR"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("TOCSIN_CHAOS_FOR: %v", err)
		}
		return d
	}
	if testing.Short() {
		return 5 * time.Second
	}
	return 10 * time.Second
}

// killer ends nodes and starts them again.
type killer struct {
	t     *testing.T
	nodes []*node.Node
}

// Nobody is killed in the last seconds: what dies then is looked after in the seconds after, which lengthens a short test for nothing.
const lastKill = 3 * time.Second

// The first one dies so early that also the shortest night has a kill.
const firstKill = time.Second

// goOn kills a node every few seconds until shortly before ctx ends. Where there are several, one is also made to stand still, for longer
// than its leases when the night is long.
func (k killer) goOn(ctx context.Context) (kills int) {
	k.t.Helper()
	end, _ := ctx.Deadline()
	began := time.Now()
	still := -1
	var goesOn <-chan time.Time
	for pause := firstKill; ; pause = time.Second + rand.N(3*time.Second) {
		select {
		case <-time.After(pause):
		case <-goesOn:
			k.nodes[still].Signal(k.t, syscall.SIGCONT)
			still, goesOn = -2, nil
			continue
		}
		left := time.Until(end)
		if left < lastKill {
			break
		}
		victim := rand.IntN(len(k.nodes))
		if victim == still {
			victim = (victim + 1) % len(k.nodes)
		}
		switch {
		case kills > 0 && still == -1 && len(k.nodes) > 1 && time.Since(began) > left/4:
			still = victim
			k.nodes[still].Signal(k.t, syscall.SIGSTOP)
			goesOn = time.After(min(left/2, 25*time.Second))
		default:
			k.nodes[victim].Kill(k.t)
			kills++
			k.nodes[victim].Start(k.t)
		}
	}
	if goesOn != nil {
		<-goesOn
		k.nodes[still].Signal(k.t, syscall.SIGCONT)
	}
	return kills
}
