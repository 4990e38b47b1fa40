// Package live owns notices: word, after a commit, of what changed, to every node and every watching browser.
//
// A notice carries ids only; who wants more reads it, with its own permission. Notices may be lost (a connection breaks, a
// watcher is slow); then a reload notice says that anything may have changed. Nothing depends on a notice alone: the loops
// look for themselves each second.
//
//	Publish ── commit ──► watchers of this node
//	                 └──► NOTIFY, coalesced ──► watchers of the other nodes
package live
