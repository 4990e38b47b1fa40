package incident

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// courseBatch bounds one pass per organisation.
const courseBatch = 100

// Course is the pass that does what incidents do by themselves when their time comes: a snooze ends, an acknowledgement runs
// out, or is about to, one that flaps has been quiet. It returns the next such time and whether more is due already; see work.Pass.
func (s *Service) Course(ctx context.Context) (next time.Time, more bool, err error) {
	orgs, err := s.organisations(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	for _, org := range orgs {
		orgNext, orgMore, err := s.courseOf(ctx, org)
		if err != nil {
			return time.Time{}, false, err
		}
		more = more || orgMore
		if !orgNext.IsZero() && (next.IsZero() || orgNext.Before(next)) {
			next = orgNext
		}
	}
	return next, more, nil
}

func (s *Service) organisations(ctx context.Context) (orgs []int64, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		orgs, err = organisationIDs(tx)
		return err
	})
	return orgs, err
}

// courseOf works one organisation: a cheap look first, a transaction only when something is due.
func (s *Service) courseOf(ctx context.Context, org int64) (next time.Time, more bool, err error) {
	var due []dueTime
	now := s.DB.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if due, err = dueIncidents(tx, org, now); err != nil {
			return err
		}
		next, err = nextDue(tx, org)
		return err
	})
	if err != nil || len(due) == 0 {
		return next, false, err
	}
	done, err := s.doCourse(ctx, org, due)
	if err != nil || done == 0 {
		// Others hold them, or they fail: to look again at once would be in vain.
		return time.Time{}, false, err
	}
	return next, true, nil
}

// doCourse does what is due in one transaction or, when something in it fails for a reason of its own, each by itself, so that it
// holds up nothing else. It returns how many incidents it changed.
func (s *Service) doCourse(ctx context.Context, org int64, due []dueTime) (done int, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) (err error) {
		done, err = s.runCourse(tx, org, due)
		return err
	})
	switch {
	case err == nil:
		return done, nil
	case fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Timeout):
		return 0, err
	case len(due) == 1:
		s.Logger.ErrorContext(ctx, "an incident's time has come, and nothing can be done", "incident", due[0].incidentID, "error", err)
		return 0, nil
	}
	done = 0
	for i := range due {
		one, err := s.doCourse(ctx, org, due[i:i+1])
		if err != nil {
			return done, err
		}
		done += one
	}
	return done, nil
}

// runCourse looks again under the lock: another node, or a person, may have been there. What another transaction holds is
// left for the next pass.
func (s *Service) runCourse(tx *db.Tx, org int64, due []dueTime) (done int, err error) {
	ids := make([]int64, len(due))
	for i, d := range due {
		ids[i] = d.incidentID
	}
	locked, err := s.LockFree(tx, org, ids)
	if err != nil {
		return 0, err
	}
	actor := account.System(org, "clock")
	var commands []Command
	for _, id := range unique(ids) {
		inc, free := locked[id]
		switch {
		case !free:
		case inc.Status != StatusResolved && inc.QuietAt != nil && !inc.QuietAt.After(tx.Now()):
			commands = append(commands, Command{IncidentID: id, Verb: Resolve, Actor: SourceActor(org)})
		case inc.Status == StatusSnoozed && !inc.SnoozedUntil.After(tx.Now()):
			commands = append(commands, Command{IncidentID: id, Verb: Unsnooze, Actor: actor})
		case inc.Status == StatusAcknowledged && inc.AckExpiresAt != nil && !inc.AckExpiresAt.After(tx.Now()):
			commands = append(commands, Command{IncidentID: id, Verb: Expire, Actor: actor})
		case inc.Status == StatusAcknowledged && inc.AckAskAt != nil && !inc.AckAskAt.After(tx.Now()):
			commands = append(commands, Command{IncidentID: id, Verb: AskHolders, Actor: actor})
		}
	}
	_, err = s.Apply(tx, org, commands)
	return len(commands), err
}
