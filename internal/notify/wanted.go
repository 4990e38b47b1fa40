package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// noticeLife is how long a notice that asks for nothing is worth sending.
const noticeLife = time.Hour

// Why a notification was cancelled.
const (
	reasonAcknowledged = "acknowledged"  // Somebody has taken the incident.
	reasonAnswered     = "answered"      // The person has answered.
	reasonSnoozed      = "snoozed"       // The incident sleeps.
	reasonResolved     = "resolved"      // It is over.
	reasonEpisode      = "new_episode"   // The incident opened anew, and pages are sent anew.
	reasonGone         = "deleted"       // There is no such incident any more.
	reasonInactive     = "inactive"      // The person's account is not active.
	reasonUnreachable  = "unreachable"   // The destination is not the person's any more.
	reasonPaged        = "already_paged" // A page tells the person more.
	reasonSuperseded   = "superseded"    // A later page says the same at the same destination.
)

// Why a notification failed.
const (
	reasonRefused = "refused"  // The provider will never take it.
	reasonExpired = "given_up" // It could not be sent while it was worth sending.
)

// circumstances are what decides whether a notification is still wanted.
type circumstances struct {
	now         time.Time
	active      bool               // The person's account is, or there is no person.
	unreachable bool               // The destination is not the person's any more.
	incident    *incident.Incident // nil: there is none (any more)
	answered    *time.Time         // when the person last acknowledged this episode; asking for a step that pages oneself is no answer to it
	paged       bool               // A page for this episode goes to the person, or went.
}

// unwanted says why the notification must not be sent any more, or nothing when it is wanted. It is pure.
func unwanted(n Notification, c circumstances) string {
	if !c.active {
		return reasonInactive
	}
	if n.WantedUntil == WantedForAnHour {
		return unwantedNotice(n, c)
	}
	i := c.incident
	switch {
	case i == nil:
		return reasonGone
	case i.Status == incident.StatusResolved && !tellsOfEnd(n, *i):
		return reasonResolved
	case i.Episode != n.Episode:
		return reasonEpisode
	case n.WantedUntil == WantedUntilOwnAcknowledgement && c.answered != nil && c.answered.After(n.CreatedAt):
		return reasonAnswered
	case n.WantedUntil == WantedUntilAcknowledged && i.Status == incident.StatusAcknowledged:
		return reasonAcknowledged
	case n.WantedUntil == WantedUntilAcknowledged && i.Status == incident.StatusSnoozed:
		return reasonSnoozed
	case c.unreachable:
		return reasonUnreachable
	}
	return ""
}

func unwantedNotice(n Notification, c circumstances) string {
	over := c.incident != nil && c.incident.Status == incident.StatusResolved
	switch n.Action {
	case ActionAssigned, ActionAcknowledged: // What came of it is told apart.
		if over {
			return reasonResolved
		}
		if n.Action == ActionAssigned && c.paged {
			return reasonPaged
		}
	}
	if c.unreachable {
		return reasonUnreachable
	}
	return ""
}

// tellsOfEnd reports whether a post was asked for when the incident had been resolved already: by the step that resolved it.
func tellsOfEnd(n Notification, i incident.Incident) bool {
	return n.WantedUntil == WantedForADay && i.ResolvedAt != nil && !n.CreatedAt.Before(*i.ResolvedAt)
}

// expired reports whether what asks for nothing has become too old to be worth sending.
func expired(n Notification, now time.Time) bool {
	life := n.WantedUntil.life()
	return life > 0 && now.After(n.FirstDueAt.Add(life))
}

// pauses are the times between attempts: quick at first, for most failures are short.
var pauses = []time.Duration{
	2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
}

const longestPause = 10 * time.Minute

// pause is how long to wait after so many failed attempts; asked is what the provider wishes, jitter from 0 to 1 spreads those
// that failed together over a fifth of the time.
func pause(failed int, asked time.Duration, jitter float64) time.Duration {
	d := longestPause
	if failed <= len(pauses) {
		d = pauses[max(failed, 1)-1]
	}
	d = max(d-time.Duration(jitter*float64(d)/5), asked)
	return min(d, longestPause)
}
