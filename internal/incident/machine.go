package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// MaxSnooze is the longest that an incident may be put to sleep.
const MaxSnooze = 30 * 24 * time.Hour

// returnGrace is how long a snoozer has, when an acknowledged incident comes back, before a new episode begins.
const returnGrace = 15 * time.Minute

// decide is the status machine: what the incident is after the command at the instant now, or why it is refused. It is pure.
// changed is false when the incident stood so already.
func decide(inc Incident, c Command, now time.Time) (next Incident, changed bool, err error) {
	switch c.Verb {
	case Acknowledge:
		return acknowledge(inc, c, now)
	case Resolve:
		return resolve(inc, c, now)
	case Reopen:
		return reopen(inc, c, now)
	case Snooze:
		return snooze(inc, c, now)
	case Unsnooze:
		return unsnooze(inc, c, now)
	case AskHolders:
		if inc.Status != StatusAcknowledged || inc.AckAskAt == nil || inc.AckAskAt.After(now) {
			return inc, false, nil
		}
		inc.AckAskAt = nil
		return inc, true, nil
	case Expire:
		if inc.Status != StatusAcknowledged || inc.AckExpiresAt == nil || inc.AckExpiresAt.After(now) {
			return inc, false, nil
		}
		return newEpisode(inc, now), true, nil
	case Delete:
		inc, _, err = resolve(inc, c, now)
		inc.DeletedAt = &now
		inc.FiringCount, inc.Firing = 0, nil // What goes on firing is somebody's next incident.
		return inc, true, err
	}
	return inc, false, nil // Assign, Unassign, AddComment and Touch leave the status alone; Update is decided by edit.
}

func acknowledge(inc Incident, c Command, now time.Time) (Incident, bool, error) {
	switch inc.Status {
	case StatusAcknowledged:
		// Whoever acknowledges again is there: what would have ended the acknowledgement does not.
		return held(inc, now), inc.AckExpiresAt != nil, nil
	case StatusResolved:
		return inc, false, refuse(inc, "acknowledged")
	}
	inc = awake(inc)
	inc.Status = StatusAcknowledged
	inc.AcknowledgedAt, inc.AcknowledgedBy = &now, person(c.Actor)
	inc.Unescalated = false
	return inc, true, nil
}

func resolve(inc Incident, c Command, now time.Time) (Incident, bool, error) {
	if inc.Status == StatusResolved {
		return inc, false, nil
	}
	inc = awake(inc)
	inc.Status = StatusResolved
	inc.ResolvedAt, inc.ResolvedBy, inc.ResolvedHow = &now, person(c.Actor), ResolvedByUser
	switch c.Actor.Kind {
	case account.ActorIntegration:
		inc.ResolvedHow = ResolvedBySource
	case account.ActorSystem:
		inc.ResolvedHow = ResolvedByPolicy
	}
	inc = unheld(inc)
	inc.Unescalated, inc.QuietAt = false, nil
	return inc, true, nil
}

func reopen(inc Incident, c Command, now time.Time) (Incident, bool, error) {
	switch inc.Status {
	case StatusOpen:
		return inc, false, nil
	case StatusSnoozed:
		if inc.StatusBeforeSnooze == StatusOpen {
			return unsnooze(inc, c, now)
		}
	}
	return newEpisode(inc, now), true, nil
}

func snooze(inc Incident, c Command, now time.Time) (Incident, bool, error) {
	if inc.Status == StatusResolved {
		return inc, false, refuse(inc, "snoozed")
	}
	if !c.Until.After(now) || c.Until.After(now.Add(MaxSnooze)) {
		var bad fault.Checks
		bad.Add("body.until", "must be in the future, at most %d days ahead", int(MaxSnooze.Hours()/24))
		return inc, false, bad.Err()
	}
	until := c.Until.UTC().Truncate(time.Microsecond)
	if inc.Status == StatusSnoozed && inc.SnoozedUntil.Equal(until) {
		return inc, false, nil
	}
	if inc.Status != StatusSnoozed {
		inc.StatusBeforeSnooze = inc.Status
	}
	inc.Status = StatusSnoozed
	inc.SnoozedUntil, inc.SnoozedBy = &until, person(c.Actor)
	return unheld(inc), true, nil
}

// unsnooze gives back the status of before. An incident that was acknowledged must be taken again soon, for those who took it
// and put it to sleep may be asleep too; unless it is one of them who wakes it.
func unsnooze(inc Incident, c Command, now time.Time) (Incident, bool, error) {
	switch inc.Status {
	case StatusSnoozed:
	case StatusResolved:
		return inc, false, refuse(inc, "woken")
	default:
		return inc, false, nil
	}
	before := inc.StatusBeforeSnooze
	theirs := isPerson(c.Actor, inc.AcknowledgedBy) || isPerson(c.Actor, inc.SnoozedBy)
	inc = awake(inc)
	inc.Status = before
	switch {
	case before == StatusAcknowledged && theirs:
		inc = held(inc, now)
	case before == StatusAcknowledged:
		expires := now.Add(returnGrace)
		inc.AckExpiresAt = &expires
	}
	return inc, true, nil
}

// newEpisode opens the incident anew; whether a policy pages anybody for it is found out anew, too. What fires may have become
// worse while the incident was resolved.
func newEpisode(inc Incident, now time.Time) Incident {
	inc = awake(inc)
	if worst := inc.worst(); inc.PersonSeverity == "" && worst.Rank() > inc.Severity.Rank() {
		inc.Severity = worst
	}
	inc.Status = StatusOpen
	inc.Episode++
	inc.OpenedAt = now
	inc.AcknowledgedAt, inc.AcknowledgedBy, inc.AckHold = nil, nil, 0
	inc = unheld(inc)
	inc.ResolvedAt, inc.ResolvedBy, inc.ResolvedHow = nil, nil, ""
	inc.Unescalated = false
	return inc
}

func awake(inc Incident) Incident {
	inc.SnoozedUntil, inc.SnoozedBy, inc.StatusBeforeSnooze = nil, nil, ""
	return inc
}

func refuse(inc Incident, what string) error {
	return fault.New(fault.Conflict, "not_possible", "Incident %d is %s and cannot be %s. Reopen it first.", inc.ID, inc.Status, what)
}

// person is the user behind an actor, nil when the server or a tool acts.
func person(actor account.Actor) *int64 {
	if actor.UserID == 0 {
		return nil
	}
	id := actor.UserID
	return &id
}

func isPerson(actor account.Actor, id *int64) bool {
	return id != nil && actor.UserID == *id
}

// edit is the incident after an Update, apart from its status, and the verb that the wished status means ("" for none).
func edit(inc Incident, e Edit) (next Incident, status Verb) {
	if e.Title != nil {
		inc.Title = *e.Title
	}
	if e.Description != nil {
		inc.Description = *e.Description
	}
	if e.Severity != nil && *e.Severity != inc.Severity {
		inc.Severity, inc.PersonSeverity = *e.Severity, *e.Severity
	}
	if e.Service != nil {
		inc.Service = *e.Service
	}
	if e.TeamID != nil {
		inc.TeamID = *e.TeamID
	}
	if e.Labels != nil {
		inc.Labels = *e.Labels
	}
	if e.Metadata != nil {
		inc.Metadata = *e.Metadata
	}
	if e.Status == nil || *e.Status == inc.Status {
		return inc, ""
	}
	return inc, map[Status]Verb{
		StatusOpen: Reopen, StatusAcknowledged: Acknowledge, StatusResolved: Resolve, StatusSnoozed: Snooze,
	}[*e.Status]
}
