package intake

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Incidents takes what was reported and answers each report, in one transaction.
type Incidents interface {
	Receive(tx *db.Tx, org int64, reports []incident.Report) ([]incident.Receipt, error)
}

// Teams knows the teams that messages name.
type Teams interface {
	TeamByID(tx *db.Tx, org, id int64) (account.Team, bool, error)
	TeamByName(tx *db.Tx, org int64, name string) (account.Team, bool, error)
}

// Deps are what a Service needs.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Hub       *live.Hub
	Logger    *slog.Logger
	Incidents Incidents
	Teams     Teams
	Catalog   *catalog.Catalog
	Sources   map[string]Source
}

// Service is the way in for other tools' messages. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	clock     clock.Clock
	hub       *live.Hub
	logger    *slog.Logger
	incidents Incidents
	sources   map[string]Source
	keys      *keyring
	router    *router
	batcher   *batcher[*message]
	touchMu   sync.Mutex
	touched   map[int64]*touched
}

// New makes the service.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, hub: d.Hub, logger: d.Logger, incidents: d.Incidents, sources: d.Sources,
		keys: newKeyring(d.DB, d.Clock, d.Hub), router: newRouter(d), touched: map[int64]*touched{},
	}
	s.batcher = newBatcher(s.commit, inFlight(d.DB))
	return s
}

// Kinds are the names of the sources, in order.
func (s *Service) Kinds() []string { return slices.Sorted(maps.Keys(s.sources)) }

// Setup is text to copy into the configuration of a sender of the kind; "" when there is no such kind.
func (s *Service) Setup(kind, url string) string {
	if source, known := s.sources[kind]; known {
		return source.Setup(url)
	}
	return ""
}

// Answer is what a sender of the kind expects to hear about its message: a status code and a JSON body.
func (s *Service) Answer(kind string, result Result) (status int, body any) {
	if answerer, ok := s.sources[kind].(Answerer); ok {
		return answerer.Answer(result)
	}
	return DefaultAnswer(result)
}

// Receive takes a message by an integration's key and answers when all of it is on disk. kind is the dialect it came in; it
// need not be the integration's own. What cannot be read is kept, see Result.
// Faults: Unauthenticated for a key that opens nothing; Unavailable with RetryAfter when it cannot be stored now; Timeout
// when ctx ends first (it may be stored all the same).
func (s *Service) Receive(ctx context.Context, kind, key string, r Request) (Result, error) {
	opened, err := s.keys.find(ctx, key)
	if err != nil {
		return Result{}, err
	}
	m := s.newMessage(origin{integration: opened.Integration, kind: kind}, r)
	m.oldKey = opened.old
	if opened.old {
		m.warn("This key was replaced and stops working at " + opened.OldKeyUntil.Format(time.RFC3339) + ".")
	}
	s.dialect(m)
	s.parse(ctx, m)
	return s.submit(ctx, m)
}

// Opens says whether a key opens anything, for senders that look before they deliver.
// Faults: Unauthenticated; Unavailable when the database is away.
func (s *Service) Opens(ctx context.Context, key string) error {
	_, err := s.keys.find(ctx, key)
	return err
}

// ReceiveAs takes a message from a signed-in person's client. It is not kept: what cannot be read is refused.
// Faults: Forbidden; NotFound for an unknown kind; Malformed; Unavailable and Timeout as for Receive.
func (s *Service) ReceiveAs(ctx context.Context, actor account.Actor, kind string, r Request) (Result, error) {
	if !actor.Can(account.ReportIncident) {
		return Result{}, account.Forbid("report incidents")
	}
	if s.sources[kind] == nil {
		return Result{}, fault.NotFoundf("Kind of source")
	}
	m := s.newMessage(origin{org: actor.Org, kind: kind}, r)
	if actor.Kind == account.ActorUser {
		m.from.reportedBy = &actor.UserID
	}
	s.parse(ctx, m)
	if m.unreadable != "" {
		return Result{}, fault.New(fault.Malformed, "unreadable", "%s", m.unreadable)
	}
	return s.submit(ctx, m)
}

// dialect settles which source reads the message: the one it was sent to, else the integration's own.
func (s *Service) dialect(m *message) {
	own := m.from.integration.Kind
	switch {
	case m.from.kind == own:
	case s.sources[m.from.kind] == nil:
		m.warn(fmt.Sprintf("There is no kind of source %q; the message was read as %q.", clip(m.from.kind), own))
		m.from.kind = own
	default:
		m.warn(fmt.Sprintf("The key belongs to an integration of kind %q; the message was read as %q.", own, m.from.kind))
	}
}

// parse turns the body into signals, or notes why it cannot be read.
func (s *Service) parse(ctx context.Context, m *message) {
	if m.request.Truncated {
		m.warn("The message was too large; only its head was kept.")
	}
	source, known := s.sources[m.from.kind]
	if !known {
		m.unreadable = fmt.Sprintf("There is no kind of source %q.", m.from.kind)
		return
	}
	signals, err := parseSafely(source, m.request)
	switch {
	case err != nil:
		m.unreadable = fault.From(err).Detail
		if fault.Is(err, fault.Internal) {
			m.unreadable = "The message cannot be read."
			s.logger.ErrorContext(ctx, "a source failed", "kind", m.from.kind, "error", err)
		}
	case len(signals) == 0:
		m.unreadable = "The message holds no alert."
	default:
		m.signals = signals
	}
}

// parseSafely keeps a mistake in one source from losing a message, or the process.
func parseSafely(source Source, r Request) (signals []Signal, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			signals, err = nil, fmt.Errorf("parse panicked: %v", cause)
		}
	}()
	return source.Parse(r)
}

// submit routes a message and has it committed together with those that wait beside it.
func (s *Service) submit(ctx context.Context, m *message) (Result, error) {
	if err := s.router.route(ctx, m); err != nil {
		return Result{}, err
	}
	if err := s.batcher.do(ctx, m.from.org, m, load{signals: len(m.reports), bytes: len(m.request.Body)}); err != nil {
		return Result{}, err
	}
	return m.result(), nil
}

// gaveUp is the fault of a request that ended before its answer.
func gaveUp(err error) error {
	return fault.Wrap(err, fault.Timeout, "timeout", "The request was given up before its message was stored.")
}
