package notify

import (
	"log/slog"
	"sync/atomic"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// People is what notifications ask of the accounts.
type People interface {
	UsersByID(tx *db.Tx, org int64, ids []int64) (map[int64]account.User, error)
	TeamsByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]account.Team, error)
}

// Settler is told which escalation events had a page accepted, in the transaction that notes it.
type Settler interface {
	PagesSettled(tx *db.Tx, org int64, settlements []Settlement) error
}

// Deps are what the service needs, all of them.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Hub       *live.Hub
	Logger    *slog.Logger
	People    People
	Incidents *incident.Service
	Channels  map[string]Channel // by kind
	Secret    account.Keys       // what links are signed with
	PublicURL string             // of the server, without a slash at the end
	Node      string             // what this process is called in attempts
}

// Service is the notifications' use cases, follower and dispatcher. It is safe for concurrent use once its ports are set.
type Service struct {
	Deps
	settler    Settler
	sending    dispatcher
	counts     struct{ sent, failures, lost atomic.Int64 }
	recovering recoveries
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{Deps: d, sending: newDispatcher()}
}

// Stats counts what this process has done since it started: messages that providers took, attempts that failed, and attempts
// of lost senders that were taken over.
type Stats struct{ Sent, Failures, Lost int64 }

// Stats is for metrics.
func (s *Service) Stats() Stats {
	return Stats{Sent: s.counts.sent.Load(), Failures: s.counts.failures.Load(), Lost: s.counts.lost.Load()}
}

// SetSettler introduces who is told of accepted pages; it is called before the first pass.
func (s *Service) SetSettler(to Settler) { s.settler = to }
