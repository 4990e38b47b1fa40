// Package fault owns the one error type that crosses a room's door.
//
// A room returns *Error with a kind, a stable code and a sentence for the caller; the doors turn the kind into an HTTP status
// in one place. Whatever is not a *Error is Internal: its text stays in the log. The package knows nothing of HTTP.
package fault
