package escalation

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/oncall"
)

// People is what escalation asks of the accounts.
type People interface {
	UsersByID(tx *db.Tx, org int64, ids []int64) (map[int64]account.User, error)
	UsersByEmail(tx *db.Tx, org int64, emails []string) (map[string]account.User, error)
	UsersWithRole(tx *db.Tx, org int64, teamID *int64, role account.Role) ([]account.User, error)
	MembersOf(tx *db.Tx, org, teamID int64) ([]account.User, error)
	Admins(tx *db.Tx, org int64) ([]account.User, error)
	TeamsByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]account.Team, error)
	TeamByID(tx *db.Tx, org, id int64) (account.Team, bool, error)
	TeamByName(tx *db.Tx, org int64, name string) (account.Team, bool, error)
	OrgSettings(tx *db.Tx, org int64) (account.Settings, error)
}

// Pager is what escalation asks of the notifications.
type Pager interface {
	Routes(tx *db.Tx, org int64, userIDs []int64, urgency incident.Urgency, channels []string) (map[int64][]notify.Route, error)
	Enqueue(tx *db.Tx, org int64, pages []notify.Page) error
	EnqueuePosts(tx *db.Tx, org int64, posts []notify.Post) error
	PagedSince(tx *db.Tx, org, incidentID int64, episode int, since time.Time) ([]notify.Paged, error)
}

// Roster is who covers a team.
type Roster interface {
	OnCall(tx *db.Tx, org, teamID int64, at time.Time) ([]oncall.Cover, error)
	// OnSchedule is who is on call by the schedule of that name or id, or who is next; found is false when there is none.
	OnSchedule(tx *db.Tx, org int64, schedule string, next bool, at time.Time) (covers []oncall.Cover, found bool, err error)
}

// Deps are what the service needs, all of them.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Hub       *live.Hub
	Logger    *slog.Logger
	Incidents *incident.Service
	People    People
	Pager     Pager
	Roster    Roster
	// Channels are the kinds of channels that policies may name.
	Channels []string
	Posts    Posts
	Services Services
}

// Posts is what webhooks and posts of policies are checked by when they are saved; the errors are sentences.
type Posts interface {
	CheckDestination(kind, destination string) (string, error)
	CheckHeaders(kind string, headers map[string]string) error
	CheckBody(ctx context.Context, kind string, headers map[string]string, body string) error
}

// Services is the catalogue of services.
type Services interface {
	ByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]catalog.Service, error)
	ResolveMany(tx *db.Tx, org int64, names []string) (map[string]catalog.Service, error)
}

// Service is escalation's use cases, follower and engine.
type Service struct {
	Deps
	policies *live.Cache[struct{}, []Policy]
	counts   struct{ steps, nobody, unreached atomic.Int64 }
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{Deps: d, policies: live.NewCache[struct{}, []Policy](d.Hub, d.Clock, maxCachedOrgs, live.TopicConfig)}
}

func (s *Service) vocabulary() vocabulary { return vocabulary{s.Channels, s.Posts} }

// maxCachedOrgs bounds how many organisations' policies are kept in memory.
const maxCachedOrgs = 1000

// Stats counts what this process has done since it started.
type Stats struct{ Steps, Nobody, Unreached int64 }

// Stats is for metrics.
func (s *Service) Stats() Stats {
	return Stats{Steps: s.counts.steps.Load(), Nobody: s.counts.nobody.Load(), Unreached: s.counts.unreached.Load()}
}

func (s *Service) count(n Stats) {
	s.counts.steps.Add(n.Steps)
	s.counts.nobody.Add(n.Nobody)
	s.counts.unreached.Add(n.Unreached)
}

func (s *Service) wake(tx *db.Tx, org int64) {
	s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicDue})
}

// actorName is how the engine appears on timelines.
const actorName = "escalation"
