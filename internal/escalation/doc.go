// Package escalation owns who is paged when: policies, matching, runs, the steps they take, and the events that tell of them.
//
// Matching and Advance are pure: from a run, its policy and the world they say what happens. The engine finds runs that are
// due, asks Advance, and writes everything of a step in one transaction, so that a step is taken once, by whichever node.
// It does not own how a message reaches a person (package notify) nor what an incident is (package incident).
//
//	start (a new episode) ──► active ──last step, no repeat left──► finished (exhausted) ──► fallback run
//	                           │  ▲ └─acknowledge──► finished (acknowledged)
//	                    snooze │  │ the snooze ends
//	                           ▼  │ └─resolve──► finished (resolved)
//	                          paused  └─another run takes over──► finished (superseded)
//
// Escalate now takes a step of a run in any state but superseded; only an exhausted one of an open incident goes on from there.
package escalation
