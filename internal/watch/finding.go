package watch

import "time"

// Kind names something that must be zero.
type Kind string

// The kinds of findings, in the order in which they are shown.
const (
	RunsOverdue      Kind = "runs_overdue"
	EventsUnsettled  Kind = "events_unsettled"
	PagesOverdue     Kind = "pages_overdue"
	LeasesExpired    Kind = "leases_expired"
	IncidentsUntold  Kind = "incidents_untold"
	LedgerUnbalanced Kind = "ledger_unbalanced"
)

// Check is what the auditor counts of one kind.
type Check struct {
	Kind   Kind
	Title  string // of the incident that Tocsin opens of itself
	Help   string // what is counted
	Advice string // what a person can do

	rows string // a table with its conditions, which find their index by x.org_id = o.id
	ages []time.Duration
	// incident is the column of the rows that names the incident.
	incident string
	channel  bool // The rows have a channel, which may be the one that is broken.
}

// toldOf are the notifications of an incident x and its episode by which somebody has been told of it, or will be when their own rule
// says so.
const toldOf = `notifications n WHERE n.org_id = x.org_id AND n.incident_id = x.id AND n.episode = x.episode
	AND (n.status IN ('sent', 'delivered') OR n.status = 'pending' AND n.first_due_at > ?)`

// maxOpen bounds how many open incidents are asked for, from the newest on.
const maxOpen = "10000"

// checks are what must be zero. The ages are added to the present instant and bound in order.
var checks = []Check{
	{
		Kind: RunsOverdue, Title: "Escalation steps are late", incident: "incident_id",
		Help:   "Escalation runs whose next step is late by more than 30 seconds; should be zero.",
		Advice: "See on the system page whether a node lags or the database is slow; the log names steps that fail.",
		rows:   "escalation_runs x WHERE x.org_id = o.id AND x.next_at <= ?",
		ages:   []time.Duration{-lateStep},
	}, {
		Kind: EventsUnsettled, Title: "Escalation steps stay without an outcome", incident: "incident_id",
		Help:   "Escalation steps whose outcome is late by more than 30 seconds; should be zero.",
		Advice: "See on the system page whether a node lags or the database is slow; the log names steps that fail.",
		rows:   "escalation_events x WHERE x.org_id = o.id AND x.settle_at <= ?",
		ages:   []time.Duration{-lateStep},
	}, {
		Kind: PagesOverdue, Title: "Pages are not getting out", incident: "incident_id", channel: true,
		Help:   "Pages that no provider has taken 2 minutes after they were due; should be zero.",
		Advice: "Look at the attempts of these pages: they say what the provider answers. People were told by another channel where they have one.",
		// A page that is retried waits at most ten minutes, so its next attempt is within them. One that takes the place of another is as
		// late as that. Those that tell of this finding are left out, or it would keep itself alive.
		rows: `notifications x WHERE x.org_id = o.id AND x.status = 'pending' AND x.next_attempt_at <= ? AND x.wanted_until NOT IN ('', 'day')
			AND (x.first_due_at <= ? OR EXISTS (SELECT 1 FROM notifications p WHERE p.org_id = x.org_id AND p.incident_id = x.incident_id
				AND p.episode = x.episode AND p.user_id = x.user_id AND p.channel = x.channel AND p.recipient = x.recipient
				AND p.status = 'cancelled' AND p.reason = 'superseded' AND p.first_due_at <= ?))
			AND NOT EXISTS (SELECT 1 FROM notifications a WHERE a.org_id = x.org_id
				AND a.incident_id = x.incident_id AND a.page_key = x.page_key AND a.status IN ('sent', 'delivered'))
			AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.org_id = x.org_id AND i.id = x.incident_id AND i.source = 'tocsin')`,
		ages: []time.Duration{10 * time.Minute, -lateMessage, -lateMessage},
	}, {
		Kind: LeasesExpired, Title: "Messages are stuck with senders that are gone", incident: "incident_id", channel: true,
		Help:   "Notifications whose sender has not come back within its lease; should be zero.",
		Advice: "Another node takes them over within a second; if none does, the loop that sends lags: see the system page.",
		rows:   "notifications x WHERE x.org_id = o.id AND x.status = 'sending' AND x.locked_until <= ?",
		ages:   []time.Duration{0},
	}, {
		Kind: IncidentsUntold, Title: "Nobody was told of open incidents", incident: "id",
		Help:   "Open incidents of which no provider has taken any message to anybody for two minutes; should be zero.",
		Advice: "Look at these incidents now, and at why their policies reach nobody.",
		// Those that Tocsin has opened of itself are left out, or the finding would keep itself alive.
		rows: `(SELECT i.org_id, i.id, i.episode FROM incidents i WHERE i.org_id = o.id AND i.status = 'open' AND i.deleted_at IS NULL
				AND i.opened_at <= ? AND i.severity <> 'info' AND i.source <> 'tocsin' ORDER BY i.created_at DESC, i.id DESC LIMIT ` + maxOpen + `) x
			WHERE NOT EXISTS (SELECT 1 FROM ` + toldOf + `) AND (
				NOT EXISTS (SELECT 1 FROM escalation_runs r WHERE r.org_id = x.org_id AND r.incident_id = x.id AND r.state <> 'finished')
				OR EXISTS (SELECT 1 FROM escalation_events e WHERE e.org_id = x.org_id AND e.incident_id = x.id AND e.episode = x.episode
					AND e.triggered_at <= ?))`,
		ages: []time.Duration{-lateMessage, 0, -lateMessage},
	}, {
		Kind: LedgerUnbalanced, Title: "Something that was owed has no outcome", incident: "incident_id",
		Help:   "Incidents whose ledger does not add up although it was mended where that is safe; should be zero.",
		Advice: "Read the ledgers of these incidents: they say what is unexplained.",
		// Seen twice: after an outage the first look may come before what is late has been done.
		rows: "imbalances x WHERE x.org_id = o.id AND x.checked_at > x.found_at",
	},
}

// Checks are everything that the auditor counts.
func Checks() []Check { return checks }

// Finding is one kind of which an organisation has some.
type Finding struct {
	Org       int64
	Check     Check
	Count     int // up to MaxCount
	Since     time.Time
	Channels  []string // those concerned, where the kind has channels
	Incidents []int64  // some of those concerned
}

// Lasts reports whether the finding has lasted for long enough to tell people.
func (f Finding) Lasts(now time.Time) bool { return now.Sub(f.Since) >= patience }

const (
	// MaxCount bounds what a count may cost in one organisation: beyond it the number means "at least".
	MaxCount = 10_000
	// patience is how long something may last that mends itself.
	patience    = 2 * time.Minute
	maxExamples = 5
)
