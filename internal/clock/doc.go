// Package clock owns the time of day: nothing else in the product reads the wall clock.
//
// System is the machine's clock; Fake is one that a test moves. Every time is UTC with microseconds, as the databases keep it.
package clock
