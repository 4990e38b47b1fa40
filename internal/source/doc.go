// Package source owns the formats of the tools that speak to us: one file per kind, each turning a message into signals.
//
// It does not own integrations, keys or routing (package intake). A source knows no database, no clock and no HTTP. A new
// one is one new file, registered by its init line, with samples under testdata; nothing else names it.
package source
