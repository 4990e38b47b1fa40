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
// Besides pages there are notices, which ask for nothing: they are of low urgency, never escalated, given up after an hour, and wait
// for half a minute for others to the same destination, to go with them in one message. Each kind can be switched off by whom it
// would be told to:
//
//	assigned      whom the escalation or a schedule assigned; an assignment by another person is a page
//	commented     who is assigned
//	acknowledged  who is assigned
//	resolved      who was paged for the episode, where that was; who is assigned; who reported it
//
// Nobody is told of what they did themselves. What has become needless meanwhile is not sent: word of an assignment beside a page,
// word of an acknowledgement of what is over.
//
// An attempt begins by a commit that holds the incident's lock and asks Wanted, so that none begins after the acknowledgement
// has committed; the send follows within a second, outside any transaction; it is finished only if the attempt's number still stands.
package notify
