package account

import (
	"log/slog"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Deps are what a Service needs.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Hub    *live.Hub
	Logger *slog.Logger
	Secret Keys
	// Signup is who may sign up where the organisation has not said otherwise; "" is SignupInvite.
	Signup string
	// SignInsPerMinute are the failures per account and per address before it is slowed; 0 is 20.
	SignInsPerMinute int
	// HashCost is the bcrypt cost of new passwords; 0 is 11. Tests take less.
	HashCost int
}

// Welcomer is told of every new user, in the same transaction. It lets the room that reaches people begin with the e-mail
// address without this room knowing of it.
type Welcomer interface {
	UserCreated(tx *db.Tx, u User) error
}

// UserRemover is what a Welcomer may also be: one who keeps things for each user. UserRemoved lets go of them for a user who
// is about to be removed. What must stay for history it leaves; the user is then deactivated instead, and nothing that was
// let go of is lost.
type UserRemover interface {
	UserRemoved(tx *db.Tx, u User) error
}

// PolicyBook knows the policies, for a team's default policy.
type PolicyBook interface {
	PolicyExists(tx *db.Tx, org, id int64) (bool, error)
}

// Service is what may be done with organisations, users and teams. It is safe for concurrent use once its ports are set.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	hub      *live.Hub
	logger   *slog.Logger
	keys     Keys
	signup   string
	hasher   *hasher
	throttle *throttle
	welcomer Welcomer
	policies PolicyBook
	mailer   Mailer
}

// New makes the service.
func New(d Deps) *Service {
	if d.Signup == "" {
		d.Signup = SignupInvite
	}
	return &Service{
		db: d.DB, clock: d.Clock, hub: d.Hub, logger: d.Logger, keys: d.Secret, signup: d.Signup,
		hasher: newHasher(d.HashCost), throttle: newThrottle(d.SignInsPerMinute),
	}
}

// SetWelcomer introduces who is told of new users; it is called before the service is used.
func (s *Service) SetWelcomer(w Welcomer) { s.welcomer = w }

// SetPolicies introduces who knows the policies; without it no team can be given a default policy.
func (s *Service) SetPolicies(p PolicyBook) { s.policies = p }

// SetMailer introduces who sends recovery mails; without it none is sent.
func (s *Service) SetMailer(m Mailer) { s.mailer = m }

// changed tells every node, once tx is committed, that what it remembers of the organisation may be stale.
func (s *Service) changed(tx *db.Tx, org int64) {
	s.hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicConfig})
}

// requireSignedIn refuses whoever is neither a signed-in person nor the server itself.
func requireSignedIn(a Actor) error {
	if a.Kind == ActorUser || a.IsSystem() {
		return nil
	}
	return notAuthenticated()
}

// require refuses an actor without the permission in the whole organisation.
func require(a Actor, p Permission, what string) error {
	if err := requireSignedIn(a); err != nil {
		return err
	}
	if !a.Can(p) {
		return Forbid(what)
	}
	return nil
}

func notAuthenticated() error {
	return fault.New(fault.Unauthenticated, "not_authenticated", "Not authenticated: sign in first.")
}
