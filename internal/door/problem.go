package door

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// Problem is an error on the wire: a problem document (RFC 9457) with a stable code, every wrong field and the request's id.
// Detail is a sentence for the caller; internal texts never stand in it.
type Problem struct {
	Type      string        `json:"type"`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail"`
	Code      string        `json:"code"`
	Errors    []fault.Field `json:"errors,omitempty"`
	RequestID string        `json:"request_id,omitempty"`

	retryAfter time.Duration
	allow      string
}

// ProblemType is the media type of a problem document.
const ProblemType = "application/problem+json"

var statuses = map[fault.Kind]int{
	fault.Malformed:       http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Duplicate:       http.StatusBadRequest,
	fault.Conflict:        http.StatusConflict,
	fault.Stale:           http.StatusPreconditionFailed,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Internal:        http.StatusInternalServerError,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Timeout:         http.StatusGatewayTimeout,
}

// Status is the HTTP status of a kind of fault.
func Status(kind fault.Kind) int {
	if status, ok := statuses[kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// unspoken is how long a client should wait when the fault does not say.
const unspoken = 5 * time.Second

// Err is err as a fault, with what the request's own end means: a deadline that passed is a Timeout, a request given up is
// Unavailable.
func Err(err error) *fault.Error {
	if _, typed := errors.AsType[*fault.Error](err); !typed {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fault.Wrap(err, fault.Timeout, "timeout", "This took too long. Try again, or ask for less.")
		case errors.Is(err, context.Canceled):
			return fault.Wrap(err, fault.Unavailable, "cancelled", "The request was given up before it was answered.")
		}
	}
	return fault.From(err)
}

// ProblemOf is the problem document of an error, without writing it. The error is kept for the access log.
func ProblemOf(ctx context.Context, err error) Problem {
	f := Err(err)
	Note(ctx, err)
	p := NewProblem(ctx, Status(f.Kind), f.Code, f.Detail)
	p.Errors = f.Fields
	p.retryAfter = f.RetryAfter
	if f.Kind == fault.Internal {
		p.Detail, p.Errors = fault.From(errors.New("")).Detail, nil
	}
	if p.retryAfter == 0 && (f.Kind == fault.Unavailable || f.Kind == fault.RateLimited) {
		p.retryAfter = unspoken
	}
	return p
}

// NewProblem is a problem document for a status that no fault stands for, such as 405 or 415.
func NewProblem(ctx context.Context, status int, code, detail string) Problem {
	return Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: code, Detail: detail, RequestID: RequestIDFrom(ctx),
	}
}

// Headers are what the answer carries besides the document: Retry-After, WWW-Authenticate, Allow.
func (p Problem) Headers() map[string]string {
	headers := map[string]string{}
	if p.retryAfter > 0 {
		headers["Retry-After"] = strconv.Itoa(wholeSeconds(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		headers["Www-Authenticate"] = "Bearer"
	}
	if p.Status == http.StatusRequestEntityTooLarge {
		headers["Connection"] = "close"
	}
	if p.allow != "" {
		headers["Allow"] = p.allow
	}
	return headers
}

// Write sends the document.
func (p Problem) Write(w http.ResponseWriter) {
	for name, value := range p.Headers() {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", ProblemType)
	w.Header().Del("Content-Length")
	w.WriteHeader(p.Status)
	// The status is out: an error now means that the client is gone.
	_ = json.NewEncoder(w).Encode(p)
}

// WriteProblem answers with the problem document of err.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	ProblemOf(r.Context(), err).Write(w)
}

// wholeSeconds rounds up, so that whoever waits that long does not come too early.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
