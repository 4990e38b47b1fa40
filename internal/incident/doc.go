// Package incident owns what people work on: incidents with their episodes, alerts, assignments, comments and timeline.
//
// The status machine and the folding of alerts into incidents are pure; Apply and Receive run them inside a transaction,
// write what changed, and hand every change to the followers, which page and stop paging in the same transaction.
// It does not own how messages are parsed (package source) and routed (package intake), or who is told (packages escalation
// and notify).
//
//	         ┌────────── reopen, expire (a new episode) ─────────┐
//	         ▼                                                   │
//	──► open ──acknowledge──► acknowledged ──resolve──► resolved ┘
//	      │ ▲                    │ ▲                       ▲
//	      │ └─unsnooze┐   snooze │ │ unsnooze (was acked)  │
//	      └──snooze──► snoozed ◄─┘─┘ ───────resolve────────┘
package incident
