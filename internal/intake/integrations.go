package intake

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Create makes an integration and returns its key, which is shown this once.
// Faults: Forbidden; Invalid, also for an unknown kind or team; Duplicate for a name that is taken.
func (s *Service) Create(ctx context.Context, actor account.Actor, n NewIntegration) (in Integration, key string, err error) {
	if !mayManage(actor, n.TeamID) {
		return Integration{}, "", account.Forbid("manage the integrations of this team")
	}
	wanted := Integration{OrgID: actor.Org, Kind: n.Kind, ReopenWindow: defaultReopenWindow, IsActive: true}
	var checks fault.Checks
	n.asPatch().apply(&checks, &wanted)
	if s.sources[n.Kind] == nil {
		checks.Add("body.kind", "must be one of %s", strings.Join(s.Kinds(), ", "))
	}
	if err := checks.Err(); err != nil {
		return Integration{}, "", err
	}
	if actor.Kind == account.ActorUser {
		wanted.CreatedBy = &actor.UserID
	}
	key = newKey(actor.Org)
	wanted.KeyPrefix = prefixOf(key)
	err = s.change(ctx, actor.Org, func(tx *db.Tx) error {
		in = wanted
		if in.ID, err = tx.NextID("integrations"); err != nil {
			return err
		}
		in.CreatedAt, in.UpdatedAt = tx.Now(), tx.Now()
		return insertIntegration(tx, in, hashKey(key))
	})
	if err != nil {
		return Integration{}, "", err
	}
	return in, key, nil
}

// List returns the integrations that the actor may see, by name: all, or those of the actor's teams.
func (s *Service) List(ctx context.Context, actor account.Actor) (list []Integration, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		teams := slices.Collect(maps.Keys(actor.Teams))
		list, err = listIntegrations(tx, actor.Org, actor.Can(account.ManageAllObjects), teams)
		return err
	})
	return list, err
}

// Get returns one integration. Fault: NotFound, also for one that the actor may not see.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (in Integration, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		in, err = seen(tx, actor, id, "")
		return err
	})
	return in, err
}

// Update changes an integration. Faults: NotFound, Forbidden, Invalid, Duplicate.
func (s *Service) Update(ctx context.Context, actor account.Actor, id int64, p IntegrationPatch) (in Integration, err error) {
	err = s.change(ctx, actor.Org, func(tx *db.Tx) error {
		if in, err = managed(tx, actor, id, tx.Lock()); err != nil {
			return err
		}
		var checks fault.Checks
		p.apply(&checks, &in)
		if err := checks.Err(); err != nil {
			return err
		}
		if !mayManage(actor, in.TeamID) {
			return account.Forbid("give integrations to this team")
		}
		in.UpdatedAt = tx.Now()
		return updateIntegration(tx, in)
	})
	return in, err
}

// Delete ends an integration: its key opens nothing any more. What it brought in stays. Faults: NotFound, Forbidden.
func (s *Service) Delete(ctx context.Context, actor account.Actor, id int64) error {
	return s.change(ctx, actor.Org, func(tx *db.Tx) error {
		in, err := managed(tx, actor, id, tx.Lock())
		if err != nil {
			return err
		}
		return deleteIntegration(tx, in)
	})
}

// Rotate gives an integration a new key, shown this once. The one before works for another day, and its use is reported;
// one that was rotated out earlier ends now. Faults: NotFound, Forbidden.
func (s *Service) Rotate(ctx context.Context, actor account.Actor, id int64) (in Integration, key string, err error) {
	key = newKey(actor.Org)
	err = s.change(ctx, actor.Org, func(tx *db.Tx) error {
		if in, err = managed(tx, actor, id, tx.Lock()); err != nil {
			return err
		}
		until := tx.Now().Add(oldKeyLife)
		in.KeyPrefix, in.OldKeyUntil, in.OldKeyUsedAt, in.UpdatedAt = prefixOf(key), &until, nil, tx.Now()
		return rotateKey(tx, in, hashKey(key))
	})
	if err != nil {
		return Integration{}, "", err
	}
	return in, key, nil
}

// maxMessages is how many of an integration's messages are shown.
const maxMessages = 20

// Messages are the last messages of an integration and what was made of them, newest first. Fault: NotFound, also for an
// integration that the actor may not see.
func (s *Service) Messages(ctx context.Context, actor account.Actor, id int64) (list []InboundMessage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := seen(tx, actor, id, ""); err != nil {
			return err
		}
		list, err = lastMessages(tx, actor.Org, id, maxMessages)
		return err
	})
	return list, err
}

// SendTest sends a test alert through an integration, the whole way of a real one, at low severity. Sending it again
// refreshes the same incident until somebody resolves it. Faults: NotFound, Forbidden, Unavailable, Timeout.
func (s *Service) SendTest(ctx context.Context, actor account.Actor, id int64) (Result, error) {
	var in Integration
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		in, err = managed(tx, actor, id, "")
		return err
	})
	if err != nil {
		return Result{}, err
	}
	text := "Test alert of " + in.Name + ", sent by " + actor.Name
	m := s.newMessage(origin{integration: &in, kind: in.Kind}, Request{})
	m.own = true
	m.signals = []Signal{{
		Key: "tocsin:test", Status: incident.AlertFiring, Title: text, Severity: string(incident.SeverityLow),
		Description: "Nothing is wrong. Resolve it when you have seen that it arrived where it should.",
	}}
	return s.submit(ctx, m)
}

// change runs a change of integrations and tells every node of it.
func (s *Service) change(ctx context.Context, org int64, fn func(tx *db.Tx) error) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		s.hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicConfig})
		return nil
	})
	switch {
	case db.IsUnique(err, "integrations_name"):
		return fault.New(fault.Duplicate, "duplicate_integration", "An integration with this name exists already.")
	case db.IsForeignKey(err):
		var checks fault.Checks
		checks.Add("body.team_id", "is not a team of this organisation")
		return checks.Err()
	}
	return err
}

// mayManage reports whether the actor may change the integrations of the team; nil is no team.
func mayManage(actor account.Actor, teamID *int64) bool {
	return actor.CanIn(account.ManageTeamObjects, teamID)
}

// seen is an integration that the actor may see: one of the actor's teams, or any with the right to manage it.
func seen(tx *db.Tx, actor account.Actor, id int64, lock string) (Integration, error) {
	in, found, err := integrationByID(tx, actor.Org, id, lock)
	if err != nil {
		return Integration{}, err
	}
	if !found || (!mayManage(actor, in.TeamID) && !actor.MemberOf(in.TeamID)) {
		return Integration{}, fault.NotFoundf("Integration")
	}
	return in, nil
}

// managed is an integration that the actor may change.
func managed(tx *db.Tx, actor account.Actor, id int64, lock string) (Integration, error) {
	in, err := seen(tx, actor, id, lock)
	if err == nil && !mayManage(actor, in.TeamID) {
		err = account.Forbid("manage the integrations of this team")
	}
	return in, err
}
