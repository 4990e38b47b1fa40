package chaos_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
)

const (
	restSignals = 4               // in a second: a steady stream, not a storm
	between     = 4 * time.Second // the restarts of two nodes
	// What a person is sent in a minute before messages wait for each other, which is no lateness.
	unlimited = 6
)

// How late one page in a hundred may arrive while node after node is restarted. Among the other tests the machine itself is slower.
func restartGoal() time.Duration {
	if alone() {
		return 2 * time.Second
	}
	return 5 * time.Second
}

// Three nodes on one PostgreSQL are stopped (SIGTERM) and started again, one after the other, as an upgrade does, while alerts come and the
// providers work: every page comes in time, none is lost and none comes twice. It is not told beside the nights of chaos, for its time counts.
func TestARollingRestartIsNoticedByNobody(t *testing.T) {
	cluster, err := pgcluster.Start(pgcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop() })
	if err := cluster.Create("rolling"); err != nil {
		t.Fatal(err)
	}
	var beats atomic.Int64
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats.Add(1) }))
	t.Cleanup(outside.Close)
	s := newScene(t)
	s.cluster = cluster
	for _, p := range []*provider{&s.mail.provider, &s.hook.provider} {
		p.easy.Store(true)
		p.slow.Store(true) // So that a node that stops is sending something.
	}
	for range 3 {
		s.addNode(cluster.URL("rolling"), "TOCSIN_HEARTBEAT_URL="+outside.URL+"/a-secret")
	}
	n, b := newNight(t, s), openBooks(t, cluster.URL("rolling"))
	ctx, cancel := context.WithCancel(t.Context())
	v, l := s.passes(ctx, n, b, restSignals, func(context.Context) {
		defer cancel()
		for _, p := range s.posts {
			<-time.After(between)
			began := time.Now()
			took := p.Stop(t)
			if out := p.Output(); strings.Contains(out, "did not stop cleanly") || strings.Contains(out, "a-secret") {
				t.Errorf("it ended badly, or told the secret:\n%s", out)
			}
			p.Start(t)
			t.Logf("a node stopped within %v and was back after %v", took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
			s.diary.write("restart", began, false)
		}
		<-time.After(between)
	})
	late(s, l, restartGoal())
	v.arrivedInTime(restartGoal())
	if lost := v.lostSenders(); v.copies > 0 || lost > 0 {
		t.Errorf("%d second copies, and %d attempts whose sender was lost: a stop waits for what it sends", v.copies, lost)
	}
	if n := beats.Load(); n < 3 {
		t.Errorf("%d heartbeats, want one of each node at least", n)
	}
	s.systemLists(3)
}

// arrivedInTime is how long after it was due a page reached its provider, where the person had not been sent much lately.
func (v *verdict) arrivedInTime(goal time.Duration) {
	var took []time.Duration
	before := map[string][]time.Time{} // what was due for the recipient within a minute
	inOrder := slices.SortedFunc(slices.Values(v.l.notifications), func(a, b notification) int { return a.due.Compare(b.due) })
	for _, n := range inOrder {
		lately := slices.DeleteFunc(before[n.recipient], func(at time.Time) bool { return n.due.Sub(at) > time.Minute })
		before[n.recipient] = append(lately, n.due)
		if times := v.received[n.id]; n.action == "page" && len(times) > 0 && len(lately) < unlimited {
			took = append(took, times[0].Sub(n.due))
		}
	}
	slices.Sort(took)
	v.t.Logf("%d pages arrived after p50 %v, p99 %v, at most %v", len(took), quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1))
	if p99 := quantile(took, 0.99); p99 > goal {
		v.t.Errorf("one page in a hundred arrived more than %v after it was due, the goal is %v", p99, goal)
	}
}

// lostSenders is how many attempts another node had to take over.
func (v *verdict) lostSenders() (n int) {
	for _, tries := range v.l.attempts {
		for _, a := range tries {
			if a.result == "lost" {
				n++
			}
		}
	}
	return n
}

// systemLists wants so many nodes on the list, all alive: those that stopped in good order are off it.
func (s *scene) systemLists(want int) {
	s.t.Helper()
	var system struct {
		Nodes []struct {
			Name string
			Gone bool
		}
	}
	node.NewClient(s.posts[0].Node).SignIn(s.t, node.AdminEmail, node.AdminPassword).Do(s.t, http.MethodGet, "/v1/system", nil, &system)
	for _, n := range system.Nodes {
		if n.Gone {
			s.t.Errorf("node %s is gone", n.Name)
		}
	}
	if len(system.Nodes) != want {
		s.t.Errorf("the system has %+v, want %d nodes", system.Nodes, want)
	}
}
