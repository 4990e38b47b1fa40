package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// settleTime is how long a node is left alone before its idle memory is read.
const settleTime = 3 * time.Second

// measureNode measures the program itself: how soon it is ready on a database that exists, what it holds when it does nothing,
// and how large it is.
func (b *bench) measureNode(s *site) error {
	var ready []time.Duration
	for range b.effort.starts {
		s.server.stop()
		server, err := b.start(s.url, s.mail.address)
		if err != nil {
			return err
		}
		s.server = server
		ready = append(ready, server.ready)
	}
	slices.Sort(ready)
	b.table.add(row{
		what: "start to ready on an existing database", engine: s.engine,
		figure: fmt.Sprintf("p50 %s, worst of %d %s", span(ready[len(ready)/2]), len(ready), span(ready[len(ready)-1])), goal: "< 200 ms",
	})
	time.Sleep(settleTime)
	resident, err := s.server.resident()
	if err != nil {
		return err
	}
	b.table.add(row{what: "idle memory", engine: s.engine, figure: megabytes(resident), goal: "< 40 MB"})
	if s.engine != "sqlite" {
		return nil
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.table.add(row{what: "the binary, stripped", engine: "both", figure: megabytes(info.Size()), goal: "< 40 MB"})
	return nil
}

const manyConnections = 64

// measureNodes measures steps and intake by three nodes on one PostgreSQL beside one.
func (b *bench) measureNodes(s *site) error {
	alone, err := b.drain(s, b.effort.drained, 0)
	if err != nil {
		return err
	}
	addresses := []string{s.server.address}
	for range 2 {
		other, err := b.start(s.url, s.mail.address)
		if err != nil {
			return err
		}
		defer other.stop()
		addresses = append(addresses, other.address)
	}
	together, err := b.drain(s, b.effort.drained, 0)
	if err != nil {
		return fmt.Errorf("three nodes: %w", err)
	}
	b.table.add(row{
		what: fmt.Sprintf("%d steps due at once by three nodes, none taken twice", b.effort.drained), engine: s.engine,
		figure: perSecond(together.rate), limit: "one node " + perSecond(alone.rate), ratio: times(together.rate / alone.rate), goal: "does not fall",
	})
	post := func(addresses []string) func() (outcome, error) {
		return func() (outcome, error) { return b.post(addresses, manyConnections, genericPath(s.key), uniqueAlert) }
	}
	p, err := b.rounds(post(addresses), post(addresses[:1]))
	if err != nil {
		return err
	}
	b.table.add(row{
		what: fmt.Sprintf("intake by three nodes, unique alerts, %s", counted(manyConnections)), engine: s.engine,
		figure: figures(p.product), limit: "one node " + perSecond(p.limit.rate), ratio: times(p.ratio()), goal: "does not fall",
	})
	return nil
}
