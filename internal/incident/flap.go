package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

const (
	// flapsWithin is within which time an incident that has been opened again twice by its source flaps.
	flapsWithin = time.Hour
	// quietFor is how long nothing may fire until such an incident counts as over.
	quietFor = 15 * time.Minute
)

// refired notes that the incident fires again soon after its source had resolved it.
func refired(inc Incident, now time.Time) Incident {
	inc.RefiredBeforeAt, inc.RefiredAt = inc.RefiredAt, &now
	return inc
}

// flaps reports whether the incident comes and goes so often that a resolve of its source is not believed at once. It is pure.
func (i Incident) flaps(now time.Time) bool {
	return i.RefiredBeforeAt != nil && now.Sub(*i.RefiredBeforeAt) < flapsWithin
}

// over ends an incident of which nothing fires any more or, when it flaps, lets it be over once it has been quiet for a while. It
// reports whether it is over now.
func (b *board) over(inc *Incident, r Report) bool {
	if inc.flaps(b.now) {
		at := b.now.Add(quietFor)
		inc.QuietAt = &at
		b.note(inc, "quiet", "Nothing fires any more. It has come back twice within an hour, so that it counts as over at "+
			at.Format(time.RFC3339)+", unless it fires before.", map[string]any{"source": r.Source, "quiet_at": at})
		return false
	}
	*inc, _, _ = resolve(*inc, Command{Verb: Resolve, Actor: SourceActor(inc.OrgID)}, b.now) // Resolving is never refused.
	delete(b.open, inc.GroupKey)
	b.last[inc.GroupKey] = inc.ID
	b.note(inc, "resolved", "Resolved by "+r.Source+": nothing fires any more.", map[string]any{"source": r.Source})
	return true
}

// SourceActor is who acts when what an incident comes from resolves it.
func SourceActor(org int64) account.Actor {
	return account.Actor{Kind: account.ActorIntegration, Org: org}
}
