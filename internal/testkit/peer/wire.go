package peer

import (
	"context"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Wire is the network before a peer. It can be cut, slowed down, and made a hole that swallows everything.
type Wire struct{ proxy *toxiproxy.Proxy }

// NewWire lays a wire to the host:port. It is there until the test ends.
func NewWire(t testing.TB, to string) *Wire {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &Wire{toxiproxy.NewProxy(server, to, "127.0.0.1:0", to)}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Stop)
	return w
}

// Address is where the peer is found at the near end.
func (w *Wire) Address() string { return w.proxy.Listen }

// Cut ends every connection and lets no new one come.
func (w *Wire) Cut() error {
	w.proxy.Stop()
	return nil
}

// Slow delays every answer by a tenth of a second or somewhat less.
func (w *Wire) Slow() error {
	return w.add(`{"name": "slow", "type": "latency", "stream": "downstream", "attributes": {"latency": 80, "jitter": 20}}`)
}

// Blackhole swallows what is sent in either direction. Connections stand and new ones are taken, but nothing ever comes.
func (w *Wire) Blackhole() error {
	err := w.add(`{"name": "hole-up", "type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`)
	if err != nil {
		return err
	}
	return w.add(`{"name": "hole-down", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`)
}

// Mend ends whatever ails the wire. Connections that a hole has swallowed from are closed.
func (w *Wire) Mend() error {
	w.proxy.Toxics.ResetToxics(context.Background())
	if w.proxy.Enabled {
		return nil
	}
	return w.proxy.Start()
}

func (w *Wire) add(toxic string) error {
	_, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	return err
}
