package view

import (
	"strconv"
	"time"
)

// System is how the installation fares.
type System struct {
	Shell
	URL               string // this page's own, to look again
	Version, Database string // of the node that answers
	Nodes             []Node
	Queues            []Queue
	Audited           *time.Time // nil before the auditor's first look
	Checks            []Check
	Breakers          []Breaker
}

// Node is one process of the server.
type Node struct {
	Name, Version string
	Look          Look
	Gone          bool
	Started, Seen time.Time
	Lag, Clock    string // in words
	Loops         string // those that lag, "" when all keep up
}

// Queue is work that waits.
type Queue struct {
	Word         string
	Waiting, Due string
	Oldest       *time.Time
}

// Check is something that must be zero.
type Check struct {
	Word      string
	Count     string
	Look      Look
	Since     *time.Time // nil when there is none
	Advice    string
	Incidents []int64
	Channels  []string
}

// Breaker is a provider that fails a node.
type Breaker struct {
	Channel  string
	Provider string // "" when it is not for the viewer
	Node     string
	Look     Look
	Failures int
	Until    *time.Time
}

// nodesCount is how many live, of how many that are known.
func (p System) nodesCount() string {
	live := 0
	for _, n := range p.Nodes {
		if !n.Gone {
			live++
		}
	}
	if live == len(p.Nodes) {
		return strconv.Itoa(live)
	}
	return strconv.Itoa(live) + " of " + strconv.Itoa(len(p.Nodes))
}
