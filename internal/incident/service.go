package incident

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// People is what incidents ask of the accounts.
type People interface {
	UsersByID(tx *db.Tx, org int64, ids []int64) (map[int64]account.User, error)
	TeamByID(tx *db.Tx, org, id int64) (account.Team, bool, error)
}

// Deps are what the service needs. All are needed but ServiceOwner and OnDuty, without which an incident has only the team it
// is given and nobody is assigned at its creation.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Hub    *live.Hub
	Logger *slog.Logger
	People People
	// ServiceOwner finds the service of that name or alias and the team that owns it, nil when unknown.
	ServiceOwner func(tx *db.Tx, org int64, name string) (serviceID, teamID *int64, err error)
	// OnDuty lists who is on call for a team now, those first who should be asked first.
	OnDuty func(tx *db.Tx, org, teamID int64) ([]int64, error)
}

// Service is the incidents' use cases.
type Service struct {
	Deps
	followers []Follower
	holds     Holds
}

// New makes the service. Introduce the followers before the first change.
func New(d Deps) *Service { return &Service{Deps: d} }

// AddFollower introduces who acts on every change, in the order of introduction.
func (s *Service) AddFollower(f Follower) { s.followers = append(s.followers, f) }

func (s *Service) publish(tx *db.Tx, org int64, ids []int64) {
	if len(ids) > 0 {
		s.Hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicIncident, IDs: ids})
	}
}

// Acknowledge takes the incident: nobody is paged for it any more. The one who acts is assigned.
// Faults: NotFound, Forbidden, Conflict on a resolved one.
func (s *Service) Acknowledge(ctx context.Context, actor account.Actor, id int64) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Acknowledge, Actor: actor})
}

// Resolve ends the incident. The one who acts is assigned. Faults: NotFound, Forbidden.
func (s *Service) Resolve(ctx context.Context, actor account.Actor, id int64) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Resolve, Actor: actor})
}

// Reopen begins a new episode. Faults: NotFound, Forbidden, Conflict when another open incident took its place.
func (s *Service) Reopen(ctx context.Context, actor account.Actor, id int64) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Reopen, Actor: actor})
}

// Snooze puts the incident to sleep until an instant, at most 30 days ahead. Faults: NotFound, Forbidden, Invalid, Conflict.
func (s *Service) Snooze(ctx context.Context, actor account.Actor, id int64, until time.Time) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Snooze, Actor: actor, Until: until})
}

// Unsnooze wakes the incident. Faults: NotFound, Forbidden, Conflict on a resolved one.
func (s *Service) Unsnooze(ctx context.Context, actor account.Actor, id int64) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Unsnooze, Actor: actor})
}

// Assign has the user work on the incident; it is idempotent. Faults: NotFound, Forbidden, Invalid for an unknown or
// inactive user.
func (s *Service) Assign(ctx context.Context, actor account.Actor, id, userID int64, role string) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Assign, Actor: actor, UserID: userID, Role: role})
}

// Unassign takes the user off the incident. Faults: NotFound also for a user who is not assigned, Forbidden.
func (s *Service) Unassign(ctx context.Context, actor account.Actor, id, userID int64) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Unassign, Actor: actor, UserID: userID})
}

// Edit changes fields of the incident; a status goes through the status machine. Faults: NotFound, Forbidden, Invalid, Conflict.
func (s *Service) Edit(ctx context.Context, actor account.Actor, id int64, e Edit) (Incident, error) {
	return s.act(ctx, Command{IncidentID: id, Verb: Update, Actor: actor, Edit: &e})
}

// Comment writes under the incident; also on a resolved one. Faults: NotFound, Forbidden, Invalid.
func (s *Service) Comment(ctx context.Context, actor account.Actor, id int64, text string) (Comment, error) {
	result, err := s.run(ctx, Command{IncidentID: id, Verb: AddComment, Actor: actor, Text: text})
	if err != nil {
		return Comment{}, err
	}
	return *result.Comment, nil
}

// Delete resolves the incident and hides it; only administrators may. Faults: NotFound, Forbidden.
func (s *Service) Delete(ctx context.Context, actor account.Actor, id int64) error {
	_, err := s.run(ctx, Command{IncidentID: id, Verb: Delete, Actor: actor})
	return err
}

func (s *Service) act(ctx context.Context, c Command) (Incident, error) {
	result, err := s.run(ctx, c)
	return result.Incident, err
}

// run does one command for a person, who must see the incident and be allowed to act on it.
func (s *Service) run(ctx context.Context, c Command) (result Result, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if _, err := s.MayAct(tx, c.Actor, c.IncidentID, c.Verb); err != nil {
			return err
		}
		results, err := s.Apply(tx, c.Actor.Org, []Command{c})
		if err != nil {
			return err
		}
		result = results[0]
		result.Incident, err = s.asStored(tx, result.Incident)
		return err
	})
	return result, err
}

// asStored is an incident that was just written, with what the followers have noted on it.
func (s *Service) asStored(tx *db.Tx, inc Incident) (Incident, error) {
	found, err := s.ByID(tx, inc.OrgID, []int64{inc.ID})
	if stored, ok := found[inc.ID]; ok { // A deleted one is not found.
		inc = stored
	}
	return inc, err
}

// MayAct locks an incident and refuses an actor who may not act on it so. Faults: NotFound when it does not exist or is not
// visible to the actor, Forbidden.
func (s *Service) MayAct(tx *db.Tx, actor account.Actor, id int64, verb Verb) (Incident, error) {
	locked, err := s.LockForUpdate(tx, actor.Org, []int64{id})
	if err != nil {
		return Incident{}, err
	}
	inc, found := locked[id]
	if !found {
		return Incident{}, fault.NotFoundf("Incident")
	}
	assigned, err := isAssigned(tx, actor.Org, id, actor.UserID)
	if err != nil {
		return Incident{}, err
	}
	if !canSee(actor, inc, assigned) {
		return Incident{}, fault.NotFoundf("Incident")
	}
	if verb == Delete && !actor.Can(account.Admin) {
		return Incident{}, account.Forbid("delete incidents")
	}
	if !canAct(actor, inc, assigned) {
		return Incident{}, account.Forbid("act on this incident")
	}
	return inc, nil
}
