package db_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// distant opens a database behind a wire of its own.
func distant(t *testing.T, address string, patience time.Duration) (*db.DB, *peer.Wire) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	wire := peer.NewWire(t, u.Host)
	u.Host = wire.Address()
	return opened(t, db.Options{URL: u.String(), Patience: patience}), wire
}

func opened(t *testing.T, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func touch(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE organizations SET name = name WHERE id = ?", dbtest.Org)
	return err
}

func TestANodeThatStandsStillInATransactionLetsGoOfItsLocks(t *testing.T) {
	d, _ := dbtest.Postgres(t)
	other := opened(t, db.Options{URL: d.URL()})
	held, tries := make(chan struct{}), 0
	still := make(chan error, 1)
	go func() {
		still <- d.WriteUrgent(t.Context(), func(tx *db.Tx) error {
			if tries++; tries > 1 {
				return touch(tx)
			}
			if err := touch(tx); err != nil {
				return err
			}
			close(held)
			<-time.After(2500 * time.Millisecond)
			return touch(tx)
		})
	}()
	<-held
	began := time.Now()
	if err := other.WriteUrgent(t.Context(), touch); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the other node waited %v for the lock", took)
	}
	if err := <-still; err != nil || tries != 2 {
		t.Errorf("the node that stood still tried %d times: %v", tries, err)
	}
}

func TestASilentDatabaseIsAwayAndIsFoundAgain(t *testing.T) {
	base, _ := dbtest.Postgres(t)
	d, wire := distant(t, base.URL(), 500*time.Millisecond)
	write(t, d, touch)
	if err := wire.Blackhole(); err != nil {
		t.Fatal(err)
	}
	look := func(tx *db.Tx) error {
		_, _, err := db.One(tx, db.Value[int64], "SELECT id FROM organizations")
		return err
	}
	for name, do := range map[string]func() error{
		"read":         func() error { return d.Read(t.Context(), look) },
		"write":        func() error { return d.Write(t.Context(), touch) },
		"urgent write": func() error { return d.WriteUrgent(t.Context(), touch) },
		"clock":        func() error { return d.MeasureClock(t.Context()) },
	} {
		began := time.Now()
		if err := do(); !fault.Is(err, fault.Unavailable) || time.Since(began) > 2*time.Second {
			t.Errorf("a %s over a dead wire ended after %v: %v", name, time.Since(began), err)
		}
	}
	if err := wire.Mend(); err != nil {
		t.Fatal(err)
	}
	// A try has half a second, which a busy machine may need for less.
	for until := time.Now().Add(20 * time.Second); d.Write(t.Context(), touch) != nil; {
		if time.Now().After(until) {
			t.Fatal("it is not found again")
		}
	}
}

func TestASlowWireMovesNoClock(t *testing.T) {
	base, _ := dbtest.Postgres(t)
	u, err := url.Parse(base.URL())
	if err != nil {
		t.Fatal(err)
	}
	wire := peer.NewWire(t, u.Host)
	u.Host = wire.Address()
	if err := wire.Slow(); err != nil {
		t.Fatal(err)
	}
	d := opened(t, db.Options{URL: u.String()})
	if off := d.ClockOffset().Abs(); off > time.Millisecond {
		t.Errorf("on one machine the database's clock seems to be %v off", off)
	}
}
