package notify

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// brokenPause is how long a notification waits that cannot even be begun: somebody has to mend it.
const brokenPause = time.Minute

// beginAny is begin, one by one where all together fail for a reason of one of them, so that it stops no other.
func (s *Service) beginAny(ctx context.Context, org int64, taken []candidate) (began []*flight, ended int, err error) {
	began, ended, err = s.begin(ctx, org, taken)
	if err == nil || isAway(err) || ctx.Err() != nil {
		return began, ended, err
	}
	began, ended = nil, 0
	for _, c := range taken {
		alone, n, err := s.begin(ctx, org, []candidate{c})
		if err != nil && !isAway(err) && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "a notification cannot be sent", "notification", c.id, "error", err, "again_in", brokenPause)
			n, err = 1, s.DB.WriteUrgent(ctx, func(tx *db.Tx) error { return putOff(tx, org, c.id, tx.Now().Add(brokenPause)) })
		}
		if err != nil {
			return began, ended, nil // What has begun is to be sent; the rest is found in the next pass.
		}
		began, ended = append(began, alone...), ended+n
	}
	return began, ended, nil
}

// begin begins an attempt for each candidate that is still due and wanted, in one transaction: the incidents are locked first,
// so that after an acknowledgement has committed none begins. ended are those that it put aside, because nobody wants them any
// more or somebody else was here. What another transaction holds is left for the next pass.
func (s *Service) begin(ctx context.Context, org int64, taken []candidate) (began []*flight, ended int, err error) {
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		t := &takeoff{Service: s, tx: tx, org: org, links: map[int64][]incident.Link{}}
		if err := t.load(taken); err != nil {
			return err
		}
		began, err = t.decide()
		ended = len(t.rows) - len(began)
		return err
	})
	return began, ended, err
}

// takeoff is the work of one begin.
type takeoff struct {
	*Service
	tx        *db.Tx
	org       int64
	rows      []*Notification
	incidents map[int64]incident.Incident
	users     map[int64]account.User
	answers   map[answerKey]time.Time
	paged     map[answerKey]bool
	teams     map[int64]string
	links     map[int64][]incident.Link
}

// answerKey is a person and an episode of an incident.
type answerKey struct {
	incidentID, userID int64
	episode            int
}

func (t *takeoff) load(taken []candidate) (err error) {
	var incidentIDs []int64
	for _, c := range taken {
		if c.incidentID != 0 {
			incidentIDs = append(incidentIDs, c.incidentID)
		}
	}
	// Deleted incidents are not found, like those that another transaction holds; ByID below tells them apart.
	if t.incidents, err = t.Incidents.LockFree(t.tx, t.org, incidentIDs); err != nil {
		return err
	}
	present, err := t.Incidents.ByID(t.tx, t.org, incidentIDs)
	if err != nil {
		return err
	}
	var ids []int64
	for _, c := range taken {
		_, free := t.incidents[c.incidentID]
		_, exists := present[c.incidentID]
		if c.incidentID == 0 || free || !exists {
			ids = append(ids, c.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if t.rows, err = lockNotifications(t.tx, t.org, ids); err != nil {
		return err
	}
	return t.loadPeople()
}

func (t *takeoff) loadPeople() (err error) {
	var userIDs, own, assigned []int64
	teamIDs := map[int64]bool{}
	for _, n := range t.rows {
		userIDs = append(userIDs, n.UserID)
		if n.IncidentID == nil {
			continue
		}
		if n.WantedUntil == WantedUntilOwnAcknowledgement {
			own = append(own, *n.IncidentID)
		}
		if n.Action == ActionAssigned {
			assigned = append(assigned, *n.IncidentID)
		}
		if inc, ok := t.incidents[*n.IncidentID]; ok && inc.TeamID != nil {
			teamIDs[*inc.TeamID] = true
		}
	}
	if t.users, err = t.People.UsersByID(t.tx, t.org, userIDs); err != nil {
		return err
	}
	t.teams = map[int64]string{}
	for id := range teamIDs {
		team, _, err := t.People.TeamByID(t.tx, t.org, id)
		if err != nil {
			return err
		}
		t.teams[id] = team.Name
	}
	if t.answers, err = t.answersTo(own); err != nil {
		return err
	}
	t.paged, err = pagedFor(t.tx, t.org, assigned)
	return err
}

func (t *takeoff) answersTo(incidentIDs []int64) (map[answerKey]time.Time, error) {
	list, err := t.Incidents.AcknowledgementsOf(t.tx, t.org, incidentIDs)
	answers := map[answerKey]time.Time{}
	for _, a := range list {
		answers[answerKey{a.IncidentID, a.UserID, a.Episode}] = a.At
	}
	return answers, err
}

// decide cancels what is not wanted any more and begins the rest.
func (t *takeoff) decide() (began []*flight, err error) {
	now := t.tx.Now()
	var changed []*Notification
	var attempts []Attempt
	for _, n := range t.rows {
		if n.Status != StatusPending || n.NextAttemptAt == nil || n.NextAttemptAt.After(now) {
			continue // Another node, or a cancellation, was here since the look.
		}
		changed = append(changed, n)
		n.NextAttemptAt = nil
		if reason := unwanted(*n, t.circumstances(n)); reason != "" {
			n.Status, n.Reason = StatusCancelled, reason
			continue
		}
		if expired(*n, now) {
			n.Status, n.Reason = StatusFailed, reasonExpired
			continue
		}
		until := now.Add(t.timeout(n.Channel) + leaseMargin)
		n.Status, n.LockedUntil = StatusSending, &until
		n.Attempts++
		attempts = append(attempts, Attempt{NotificationID: n.ID, Number: n.Attempts, Node: t.Node, StartedAt: now, Result: AttemptUnderWay})
		known, err := t.facts(n)
		if err != nil {
			return nil, err
		}
		began = append(began, &flight{n: *n, facts: known})
	}
	if err := saveNotifications(t.tx, changed); err != nil {
		return nil, err
	}
	t.announce(t.tx, t.org, changed)
	return began, insertAttempts(t.tx, t.org, attempts)
}

// timeout is how long the channel may take for one message.
func (s *Service) timeout(channel string) time.Duration {
	if ch := s.Channels[channel]; ch != nil && ch.Describe().Timeout > 0 {
		return ch.Describe().Timeout
	}
	return defaultTimeout
}

const defaultTimeout = 15 * time.Second

func (t *takeoff) circumstances(n *Notification) circumstances {
	c := circumstances{now: t.tx.Now(), active: t.users[n.UserID].IsActive}
	if n.IncidentID == nil {
		return c
	}
	if inc, ok := t.incidents[*n.IncidentID]; ok {
		c.incident = &inc
	}
	key := answerKey{*n.IncidentID, n.UserID, n.Episode}
	if at, ok := t.answers[key]; ok {
		c.answered = &at
	}
	c.paged = t.paged[key]
	return c
}

func (t *takeoff) facts(n *Notification) (f facts, err error) {
	f = facts{user: t.users[n.UserID], attempt: n.Attempts, now: t.tx.Now()}
	if n.IncidentID == nil {
		return f, nil
	}
	inc, ok := t.incidents[*n.IncidentID]
	if !ok {
		return f, nil
	}
	f.incident = &inc
	if inc.TeamID != nil {
		f.team = t.teams[*inc.TeamID]
	}
	known := false
	if f.links, known = t.links[inc.ID]; !known {
		if f.links, err = t.Incidents.LinksOf(t.tx, t.org, inc.ID); err != nil {
			return f, err
		}
		t.links[inc.ID] = f.links
	}
	return f, nil
}
