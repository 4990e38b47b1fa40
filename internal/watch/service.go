package watch

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Deps are what the service needs, all of them.
type Deps struct {
	DB            *db.DB
	Logger        *slog.Logger
	Incidents     *incident.Service
	Escalations   *escalation.Service
	Notifications *notify.Service
	Self          Node // its name, version and when it was started
}

// Service is the use cases of the room, and the auditor, the reconciler and the beat of one node.
type Service struct {
	Deps
	mu         sync.Mutex
	picture    Picture
	reconciled time.Time // when the reconciler had nothing left to do
	mended     atomic.Int64
}

// New makes the service.
func New(d Deps) *Service { return &Service{Deps: d} }
