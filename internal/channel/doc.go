// Package channel owns the ways to reach a person: one file for each, and nothing outside that file names it.
//
// A channel checks its addresses, speaks to its provider once and says what came of it. It does not decide who is told, in which
// words, when again, or whether it is still wanted: that is package notify. A new channel is a new file with one registration line.
package channel
