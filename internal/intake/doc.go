// Package intake owns how messages of other tools become alerts: integrations with their keys, the messages they sent, and
// the way of a signal to its service, team and severity.
//
// It does not own the tools' formats (package source), the state of alerts and incidents (package incident) or what is done
// about them (package escalation).
//
// The way of one message:
//
//	Request ── Source.Parse ──► []Signal ── route ──► []incident.Report ──► batcher ──► one transaction ──► answer
//	                │ cannot be read                                          ▲
//	                └────────────► kept, and one low-urgency incident ────────┘
//
// What was answered with a 2xx is on disk. Only an unknown key is refused: wrong values, unknown teams and over-long texts
// become warnings.
package intake
