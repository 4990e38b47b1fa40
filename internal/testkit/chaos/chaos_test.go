// Package chaos_test runs the program itself while nearly everything around it fails, and holds the books of both sides against each other:
// what senders and people were promised, what stands in the database, and what the providers were given.
//
// It takes a minute in an ordinary test run and a few seconds in a short one; TOCSIN_CHAOS_FOR says how long the trouble lasts otherwise
// (`make chaos`).
package chaos_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// Three nodes on one PostgreSQL: they are killed, stopped and cut off, and the database and the providers die.
func TestChaosLosesNoPageAndTakesNoStepTwiceOnPostgres(t *testing.T) {
	t.Parallel()
	cluster, err := pgcluster.Start(pgcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	const database = "chaos"
	if err := cluster.Create(database); err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.cluster = cluster
	for range 3 {
		s.addNode(cluster.URL(database))
	}
	s.play(cluster.URL(database))
}

// One node on SQLite, killed, stopped and started again, whose providers die.
func TestChaosLosesNoPageAndTakesNoStepTwiceOnSQLite(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "tocsin.db")
	s := newScene(t)
	s.addNode(database)
	s.play(database)
}

// scene is everything that takes part.
type scene struct {
	t       *testing.T
	mail    *sink
	hook    *hook
	cluster *pgcluster.Cluster // nil on SQLite
	posts   []*post
	diary   diary
}

// post is a node and the wires that lead from it.
type post struct {
	*node.Node
	toMail     *peer.Wire
	toDatabase *peer.Wire // nil on SQLite
}

func newScene(t *testing.T) *scene { return &scene{t: t, mail: startSink(t), hook: startHook(t)} }

// addNode starts a node on the database, with wires of its own to it and to the mail server.
func (s *scene) addNode(database string, settings ...string) {
	s.t.Helper()
	p := &post{toMail: peer.NewWire(s.t, s.mail.address)}
	if s.cluster != nil {
		u, err := url.Parse(database)
		if err != nil {
			s.t.Fatal(err)
		}
		p.toDatabase = peer.NewWire(s.t, u.Host)
		u.Host = p.toDatabase.Address()
		database = u.String()
	}
	p.Node = node.Start(s.t, database, sinkURL(p.toMail.Address()), append(settings, "TOCSIN_ALLOW_INTERNAL_WEBHOOKS=true")...)
	s.posts = append(s.posts, p)
}

// play has a night pass with its troubles, and judges it by the books of the database.
func (s *scene) play(database string) {
	s.t.Helper()
	n, b := newNight(s.t, s), openBooks(s.t, database)
	ctx, cancel := context.WithTimeout(s.t.Context(), length(s.t))
	defer cancel()
	_, l := s.passes(ctx, n, b, signalsPerSecond, newTroublemaker(s).goOn)
	late(s, l, lateGoal())
	if s.diary.happened("kill") == 0 {
		s.t.Error("nobody was killed: the test has proved nothing")
	}
}

// passes has so many signals a second come until ctx ends while something else goes on, and judges the night by the books of the database.
func (s *scene) passes(ctx context.Context, n *night, b books, signals int, goesOn func(ctx context.Context)) (*verdict, *ledger) {
	s.t.Helper()
	meanwhile := make(chan struct{})
	go func() {
		defer close(meanwhile)
		goesOn(ctx)
	}()
	n.goOn(ctx, signals)
	<-meanwhile
	s.mail.easy.Store(true)
	s.hook.easy.Store(true)
	b.settle()
	l := b.read()
	return judge(s, n, l), l
}

const lengthSetting = "TOCSIN_CHAOS_FOR"

// alone reports whether the test has the machine to itself: somebody wanted just this.
func alone() bool { return os.Getenv(lengthSetting) != "" }

// length is how long the trouble lasts.
func length(t *testing.T) time.Duration {
	t.Helper()
	if alone() {
		d, err := time.ParseDuration(os.Getenv(lengthSetting))
		if err != nil {
			t.Fatalf("%s: %v", lengthSetting, err)
		}
		return d
	}
	if testing.Short() {
		return 8 * time.Second
	}
	return time.Minute
}
