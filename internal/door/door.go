package door

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
)

// The limits that hold where Deps says nothing else.
const (
	DefaultBodyLimit = 1 << 20          // bytes of one request body, also after decompression
	DefaultDeadline  = 30 * time.Second // of one request that is not a stream
)

// Deps is what the door is built from. Zero values of Limits, BodyLimit and Deadline mean the defaults.
type Deps struct {
	Accounts       Authenticator
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	AllowedOrigins []string       // browsers' origins that may call /v1, "https://app.example.org"; never "*"
	Limits         Limits
	BodyLimit      int64
	Deadline       time.Duration
	PublicURL      string // with "https:" cookies are Secure and browsers are told to stay on TLS
	Logger         *slog.Logger
	Clock          clock.Clock
	Observe        func(Seen) // called after each request, for metrics; may be nil
}

// Seen is one answered request, for metrics. Route is the pattern that matched, "" when none did.
type Seen struct {
	Method, Route string
	Status        int
	Took          time.Duration
}

// Door holds the shared middleware. It is safe for concurrent use.
type Door struct {
	accounts  Authenticator
	trusted   []netip.Prefix
	origins   map[string]bool
	limits    *limiter
	bodyLimit int64
	deadline  time.Duration
	secure    bool
	log       *slog.Logger
	clock     clock.Clock
	observe   func(Seen)
	name      string // tells this process's event ids from another's
}

// New builds a door.
func New(deps Deps) *Door {
	d := &Door{
		accounts:  deps.Accounts,
		trusted:   deps.TrustedProxies,
		origins:   map[string]bool{},
		limits:    newLimiter(deps.Limits, deps.Clock),
		bodyLimit: deps.BodyLimit,
		deadline:  deps.Deadline,
		secure:    strings.HasPrefix(deps.PublicURL, "https:"),
		log:       deps.Logger,
		clock:     deps.Clock,
		observe:   deps.Observe,
		name:      rand.Text()[:8],
	}
	for _, origin := range deps.AllowedOrigins {
		d.origins[strings.TrimSuffix(origin, "/")] = true
	}
	if d.bodyLimit <= 0 {
		d.bodyLimit = DefaultBodyLimit
	}
	if d.deadline <= 0 {
		d.deadline = DefaultDeadline
	}
	return d
}

// Refuse writes an error as an answer: WriteProblem for machines, a page for people.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// Classify says which rate a request counts against.
type Classify func(r *http.Request) Class

// API wraps the routes of the REST door; errors become problem documents.
func (d *Door) API(routes http.Handler, class Classify) http.Handler {
	inner := d.limitRate(d.limitBody(compress(d.limitTime(routes)), WriteProblem), class, WriteProblem)
	return d.begin(d.secureHeaders(apiHeaders, d.cors(inner)), WriteProblem, slog.LevelInfo)
}

// Pages wraps the routes of the web door; refuse renders an error as a page. The routes may replace the
// Content-Security-Policy that is set here.
func (d *Door) Pages(routes http.Handler, class Classify, refuse Refuse) http.Handler {
	inner := d.limitRate(d.limitBody(compress(d.limitTime(routes)), refuse), class, refuse)
	return d.begin(d.secureHeaders(pageHeaders, inner), refuse, slog.LevelInfo)
}

// Lane wraps a handler that must stay cheap and always answer: intake and probes. Nothing is refused, limited,
// decompressed or compressed here, and a success is logged at debug level only.
func (d *Door) Lane(next http.Handler) http.Handler {
	return d.begin(d.secureHeaders(apiHeaders, next), WriteProblem, slog.LevelDebug)
}

// limitTime gives the request's context a deadline, and a client that does not read its answer as long again. ServeSSE goes
// by the connection's own context and by deadlines of its own.
func (d *Door) limitTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d.deadline)
		defer cancel()
		connection := http.NewResponseController(w)
		_ = connection.SetWriteDeadline(socketDeadline(2 * d.deadline))
		next.ServeHTTP(w, r.WithContext(ctx))
		// The connection may serve other requests after this one.
		_ = connection.SetWriteDeadline(time.Time{})
	})
}

// socketDeadline is a deadline for the kernel, which goes by the machine's clock whatever the product's clock says. Writers
// that are no sockets take none; their refusal is of no account.
func socketDeadline(in time.Duration) time.Time { return clock.System.Now().Add(in) }
