// Package app puts the rooms together and runs them as one process.
//
// It owns the configuration, the secret key, the logs, the probes and metrics, the demo's data and the order in which things
// start and stop. It owns no rule of the product: every fact about incidents, people and pages lives in a room below.
//
//	New ──► built ──Start──► running ──Stop──► stopped
//	  │ fails                  │ second signal: the process exits at once
//	  └──► what was opened is closed again, last first
//
// Stopping is a stack of named steps, each bounded: first no new requests, then no new work in the loops, then the listeners
// between nodes, then the database, then the lock on its file.
package app
