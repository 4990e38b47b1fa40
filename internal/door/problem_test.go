package door_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestEveryKindOfFaultHasItsStatus(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Malformed: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Duplicate: 400,
		fault.Conflict: 409, fault.Stale: 412, fault.TooLarge: 413, fault.Invalid: 422, fault.RateLimited: 429,
		fault.Internal: 500, fault.Unavailable: 503, fault.Timeout: 504,
	}
	for kind := fault.Malformed; kind <= fault.Timeout; kind++ {
		if got := door.Status(kind); got != want[kind] {
			t.Errorf("%v is %d, want %d", kind, got, want[kind])
		}
		f := newFront(t, nil)
		w := serve(f.api(func(w http.ResponseWriter, r *http.Request) {
			door.WriteProblem(w, r, fault.New(kind, "some_code", "A sentence."))
		}), get("/v1/x"))
		p := problem(t, w)
		if p.Status != want[kind] || p.Code != "some_code" {
			t.Errorf("%v is answered with %+v", kind, p)
		}
		if again := w.Header().Get("Retry-After"); (again != "") != (kind == fault.RateLimited || kind == fault.Unavailable) {
			t.Errorf("%v has Retry-After %q", kind, again)
		}
		if who := w.Header().Get("WWW-Authenticate"); (who == "Bearer") != (kind == fault.Unauthenticated) {
			t.Errorf("%v has WWW-Authenticate %q", kind, who)
		}
	}
}

func TestProblemNamesEveryField(t *testing.T) {
	var c fault.Checks
	c.Add("body.title", "is required")
	c.Add("query.limit", "must be at most %d", 1000)
	f := newFront(t, nil)
	w := serve(f.api(func(w http.ResponseWriter, r *http.Request) {
		door.WriteProblem(w, r, fmt.Errorf("create: %w", c.Err()))
	}), get("/v1/x"))
	want := []fault.Field{{Location: "body.title", Message: "is required"}, {Location: "query.limit", Message: "must be at most 1000"}}
	if diff := cmp.Diff(want, problem(t, w).Errors); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestInternalTextStaysInTheLog(t *testing.T) {
	f := newFront(t, nil)
	secret := &fault.Error{Kind: fault.Internal, Code: "internal", Detail: "pq: secret", Fields: []fault.Field{{Location: "secret"}}}
	for _, err := range []error{errors.New("pq: secret table"), secret} {
		f.log.Reset()
		w := serve(f.api(func(w http.ResponseWriter, r *http.Request) { door.WriteProblem(w, r, err) }), get("/v1/x"))
		if p := problem(t, w); p.Status != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("answer %s tells what belongs in the log", w.Body)
		}
		if !strings.Contains(f.log.String(), "pq: secret") {
			t.Errorf("the log does not tell: %s", f.log)
		}
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	f := newFront(t, nil)
	err := &fault.Error{Kind: fault.Unavailable, Code: "full", Detail: "Disk full.", RetryAfter: 1200 * time.Millisecond}
	w := serve(f.api(func(w http.ResponseWriter, r *http.Request) { door.WriteProblem(w, r, err) }), get("/v1/x"))
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
}
