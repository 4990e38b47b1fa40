package escalation

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// The statuses of an event.
const (
	EventPending   = "pending"   // Its pages are on their way.
	EventCompleted = "completed" // A page was accepted by a provider, or there was none to send.
	EventFailed    = "failed"    // Nobody was reached.
)

// Event is one step that was taken.
type Event struct {
	ID, IncidentID int64
	Episode        int
	PolicyID       *int64
	PolicyVersion  int
	RunID          int64
	Round, Step    int // from 0
	Status         string
	Metadata       map[string]any
	SettleAt       *time.Time // while pending: when it counts as unreachable
	TriggeredAt    time.Time
	CompletedAt    *time.Time
	CreatedAt      time.Time
	Incident       *IncidentRef
	Policy         *PolicyRef // nil for the fallback contacts
}

// IncidentRef is what an event shows of its incident.
type IncidentRef struct {
	ID                       int64
	Title, Service, Severity string
	Team                     *TeamRef
}

// TeamRef names a team.
type TeamRef struct {
	ID   int64
	Name string
}

// PolicyRef names a policy.
type PolicyRef struct {
	ID                int64
	Name, Description string
}

// EventFilter selects events, newest first. Cursor is what the page before returned; Limit 0 means 100.
type EventFilter struct {
	IncidentID  *int64
	Skip, Limit int
	Cursor      string
}

// EventPage is one page of events. Total is exact to 10 000.
type EventPage struct {
	Events []Event
	Total  int
	Capped bool
	Next   string
}

const (
	defaultLimit = 100
	maxLimit     = 1000
	maxTotal     = db.MaxTotal
)

// ListEvents lists the steps taken on incidents that the actor may see. Faults: NotFound for the incident, Invalid.
func (s *Service) ListEvents(ctx context.Context, actor account.Actor, f EventFilter) (page EventPage, err error) {
	at := db.IDPage{Skip: f.Skip, Limit: f.Limit, Cursor: f.Cursor}
	before, err := at.Check()
	if err != nil {
		return EventPage{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		w.And("e.org_id = ?", actor.Org)
		if f.IncidentID != nil {
			if _, err := s.Incidents.See(tx, actor, *f.IncidentID); err != nil {
				return err
			}
			w.And("e.incident_id = ?", *f.IncidentID)
		} else {
			w.And("i.deleted_at IS NULL")
			s.Incidents.Visible(w, actor, "i")
		}
		n, err := countEvents(tx, w, maxTotal+1)
		if err != nil {
			return err
		}
		page.Total, page.Capped = min(n, maxTotal), n > maxTotal
		if before != 0 {
			w.And("e.id < ?", before)
		}
		if page.Events, err = listEvents(tx, w, at.Skip, at.Limit+1); err != nil || len(page.Events) <= at.Limit {
			return err
		}
		page.Events = page.Events[:at.Limit]
		page.Next = db.IDCursor(page.Events[at.Limit-1].ID)
		return nil
	})
	return page, err
}

// PagesSettled ends the events of which a page was accepted; notify calls it in the transaction that notes the acceptance.
func (s *Service) PagesSettled(tx *db.Tx, org int64, settlements []notify.Settlement) error {
	var ids []int64
	for _, settlement := range settlements {
		if settlement.Accepted {
			ids = append(ids, settlement.EventID)
		}
	}
	_, err := settle(tx, org, ids, EventCompleted, tx.Now())
	return err
}

// outcomeSkipped is what the event of a step says whose condition did not hold.
const outcomeSkipped = "skipped"

// metadata is what an event tells of its step.
func metadata(w World, t Taken, policyName string, policyVersion int, by *account.Actor) map[string]any {
	m := map[string]any{
		"policy_name": policyName, "policy_version": policyVersion,
		"incident_age_seconds": int(w.Now.Sub(w.Incident.OpenedAt).Seconds()),
		"severity":             string(w.Incident.Severity), "service": w.Incident.Service, "triggered_by": "system",
	}
	if by != nil {
		m["triggered_by"], m["triggered_by_user"] = "user", map[string]any{"id": by.UserID, "name": by.Name, "email": by.Email}
	}
	if t.Step < len(w.Policy.Steps) {
		m["step"], m["delay_minutes"] = w.Policy.Steps[t.Step].shown(), w.Policy.Steps[t.Step].DelayMinutes
	}
	var writtenFor, missing []any
	for _, found := range w.Found {
		for _, resolution := range found {
			writtenFor = append(writtenFor, resolution.Target)
			if resolution.Why != "" {
				missing = append(missing, map[string]any{"target": resolution.Target, "why": resolution.Why})
			}
		}
	}
	m["triggered_for"], m["target_users"] = writtenFor, targetUsers(t)
	if missing != nil {
		m["missing"] = missing
	}
	switch {
	case t.Nobody:
		m["outcome"] = "nobody_to_notify"
	case t.Skipped:
		m["outcome"] = outcomeSkipped
	}
	if t.Failed != "" {
		m["condition_failed"] = t.Failed
	}
	if len(t.HandOver) > 0 {
		m["handed_over_to"] = t.HandOver[0].Name
	}
	if len(t.NoHandOver) > 0 {
		m["not_handed_over"] = t.NoHandOver
	}
	return m
}

func targetUsers(t Taken) []any {
	list := []any{}
	user := func(p Person, outcome string, channels []string) {
		list = append(list, map[string]any{
			"id": p.User.ID, "name": p.User.Name(), "email": p.User.Email, "role": string(p.User.Role), "via": p.Via,
			"channels": channels, "outcome": outcome,
		})
	}
	for _, page := range t.Pages {
		var channels []string
		for _, r := range page.Routes {
			channels = append(channels, r.Channel)
		}
		user(page.Person, "paged", channels)
	}
	for _, p := range t.AlreadyPaged {
		user(p, "already_paged", []string{})
	}
	for _, p := range t.Unreachable {
		user(p, "no_way_to_reach", []string{})
	}
	return list
}

// eventOf is the event of a step that was taken.
func eventOf(run Run, w World, t Taken) *Event {
	e := &Event{
		IncidentID: run.IncidentID, Episode: run.Episode, PolicyID: run.PolicyID, PolicyVersion: run.Version, RunID: run.ID,
		Round: t.Round, Step: t.Step, Status: EventCompleted, TriggeredAt: w.Now, CreatedAt: w.Now,
	}
	switch {
	case t.Nobody:
		e.Status, e.CompletedAt = EventFailed, &w.Now
	case len(t.Pages) > 0:
		settleAt := w.Now.Add(unreachableAfter)
		e.Status, e.SettleAt = EventPending, &settleAt
	default:
		e.CompletedAt = &w.Now
	}
	return e
}

// unreachableAfter is how long a step's pages may go unaccepted by every provider before the step counts as unreached.
const unreachableAfter = 2 * time.Minute
