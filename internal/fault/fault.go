package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal an error is; the doors map it to a status code.
type Kind int

// The kinds, in the order of the table in docs/ARCHITECTURE.md.
const (
	Malformed       Kind = iota + 1 // The request cannot be read.
	Unauthenticated                 // Nobody proved who is asking.
	Forbidden                       // The one who asks may not do this.
	NotFound                        // No such thing, or not visible to the one who asks.
	Duplicate                       // It exists already.
	Conflict                        // The state machine refuses.
	Stale                           // The object has changed since it was read.
	TooLarge                        // More than is accepted.
	Invalid                         // One or more fields are wrong.
	RateLimited                     // Too many requests; RetryAfter says when to come back.
	Internal                        // A fault of ours; the text is for the log only.
	Unavailable                     // Something needed is away; RetryAfter says when to come back.
	Timeout                         // It took too long.
)

var kindNames = map[Kind]string{
	Malformed: "malformed", Unauthenticated: "unauthenticated", Forbidden: "forbidden", NotFound: "not_found",
	Duplicate: "duplicate", Conflict: "conflict", Stale: "stale", TooLarge: "too_large", Invalid: "invalid",
	RateLimited: "rate_limited", Internal: "internal", Unavailable: "unavailable", Timeout: "timeout",
}

// String is the kind as a word for logs and problem documents.
func (k Kind) String() string { return kindNames[k] }

// Field is one thing wrong in a request: where ("body.title", "query.limit", "path.id") and what would be right.
type Field struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error is a refusal. Detail is a sentence for the caller; Err is the cause, for the log only.
type Error struct {
	Kind       Kind
	Code       string
	Detail     string
	Fields     []Field
	RetryAfter time.Duration
	Err        error
}

// Error is the detail, with the fields and the cause when there are any.
func (e *Error) Error() string {
	text := e.Detail
	for _, f := range e.Fields {
		text += "; " + f.Location + ": " + f.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a stable code and a sentence.
func New(kind Kind, code, format string, args ...any) *Error {
	detail := format
	if len(args) > 0 {
		detail = fmt.Sprintf(format, args...)
	}
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Wrap makes an error of a kind that keeps its cause for the log.
func Wrap(err error, kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail, Err: err}
}

// NotFoundf says that a thing does not exist or is not visible: "Incident not found".
func NotFoundf(what string) *Error {
	return New(NotFound, "not_found", "%s not found", what)
}

// From finds the *Error in err's chain; an untyped error becomes Internal. From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Detail: "Something went wrong on our side.", Err: err}
}

// KindOf is the kind of err: Internal for an untyped error, 0 for nil.
func KindOf(err error) Kind {
	if err == nil {
		return 0
	}
	return From(err).Kind
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return KindOf(err) == kind }

// Checks collects every wrong field of a request, so that one answer names them all. The zero value is ready.
type Checks struct{ fields []Field }

// Add notes one wrong field.
func (c *Checks) Add(location, format string, args ...any) {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	c.fields = append(c.fields, Field{Location: location, Message: message})
}

// Empty reports whether nothing was wrong.
func (c *Checks) Empty() bool { return len(c.fields) == 0 }

// Err is one Invalid error naming every field, or nil when there is none.
func (c *Checks) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	detail := "The request is not valid: "
	for i, f := range c.fields {
		if i > 0 {
			detail += "; "
		}
		detail += f.Location + " " + f.Message
	}
	return &Error{Kind: Invalid, Code: "invalid", Detail: detail + ".", Fields: c.fields}
}
