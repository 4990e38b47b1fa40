// Package testkit is the stories' harness: the whole product on one to three real nodes, on either database, with a clock that
// moves and channels that record.
//
// A story speaks the product's words: Alert, After, IsPaged, Acknowledges. Everything goes through the doors, as it would from
// outside; nothing is looked up in the database. Time stands still until After moves it, from one due time to the next, so that
// a day of escalation takes a moment and every step is taken at its own instant.
//
// Package peer beside it starts real mail servers, Alertmanagers and browsers.
package testkit
