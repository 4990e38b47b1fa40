package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// RequestIDHeader carries the id of a request in and out.
const RequestIDHeader = "X-Request-Id"

type exchangeKey struct{}

// exchange is one request with its answer, as the door sees it. It belongs to the one goroutine that serves the request. It
// is the ResponseWriter at the same time, to save an allocation.
type exchange struct {
	http.ResponseWriter
	id, address string
	start       time.Time
	connection  context.Context // without the deadline of limitTime
	route       string
	status      int
	bytes       int64
	err         error // why the answer is an error, for the log

	actor      account.Actor
	actorErr   error
	asked      bool // actor and actorErr are known
	recognised bool // a credential was accepted
}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// RequestIDFrom is the id of the request that ctx belongs to, "" outside a request.
func RequestIDFrom(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.id
	}
	return ""
}

// AddressFrom is the client's address, "" when it is not known.
func AddressFrom(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.address
	}
	return ""
}

// Note keeps the error behind an answer for the access log. Whoever writes an error without WriteProblem calls it.
func Note(ctx context.Context, err error) {
	if x := exchangeFrom(ctx); x != nil {
		x.err = err
	}
}

// begin is the outermost layer: id, address, recovery from panics, access log.
func (d *Door) begin(next http.Handler, refuse Refuse, ordinary slog.Level) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{
			ResponseWriter: w, id: requestID(r), address: clientAddress(r, d.trusted),
			start: d.clock.Now(), connection: r.Context(),
		}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		w.Header()[RequestIDHeader] = []string{x.id}
		defer d.finish(x, r, ordinary)
		defer d.recover(x, r, refuse)
		next.ServeHTTP(x, r)
	})
}

// recover turns a panic into an internal error; http.ErrAbortHandler stays what it is, the wish to cut the connection.
func (d *Door) recover(x *exchange, r *http.Request, refuse Refuse) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	err := fault.From(fmt.Errorf("panic: %v", cause))
	d.log.LogAttrs(r.Context(), slog.LevelError, "a request panicked",
		slog.String("request_id", x.id), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	if x.status == 0 {
		refuse(x, r, err)
	}
	x.err = err
}

// requestID is what the client sent when it is a plain short word, else a new random one.
func requestID(r *http.Request) string {
	if sent := r.Header[RequestIDHeader]; len(sent) == 1 && saneID(sent[0]) {
		return sent[0]
	}
	return rand.Text()
}

func saneID(id string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	return !strings.ContainsFunc(id, func(c rune) bool {
		word := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !word && !strings.ContainsRune("._-", c)
	})
}

// WriteHeader remembers the first final status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= http.StatusOK {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write counts what goes out.
func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }
