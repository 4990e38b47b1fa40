// Package notify owns telling people: how each person is reached, what is still to be told, and every attempt with its outcome.
//
// It owns contact methods, personal rules, preferences, notifications (the outbox), their attempts, the texts, the signed links
// and the dispatcher. It does not decide who is told (escalation does) nor speak to a provider (package channel does).
//
//	pending ──► sending ──► sent ──► delivered
//	   │  ▲        │
//	   │  └────────┤ failed, still wanted: tried again later
//	   │           ├──► failed     permanent, or given up
//	   └───────────┴──► cancelled  no longer wanted
//
// An attempt begins by a commit that holds the incident's lock and asks Wanted, so that none begins after the acknowledgement
// has committed; the send follows within a second, outside any transaction; it is finished only if the attempt's number still stands.
package notify
