// Package incident owns what people work on: incidents with their alerts, severity and status.
//
// It does not own how messages are parsed (package source) and routed (package intake), or who is told (packages escalation
// and notify).
package incident
