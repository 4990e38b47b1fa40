// Package oncall owns who covers a team at an instant.
//
// It does not own who belongs to a team (account) or what is done with whoever is on call (incident, escalation). A team without a
// schedule is covered by its active members with the role oncall_engineer, all at once and always.
package oncall
