package chaos_test

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// ledger is what the database says happened.
type ledger struct {
	alerts        map[string]alert // by the sender's key
	doubleAlerts  []string
	incidents     map[int64]incident
	done          map[int64][]deed // what happened to an incident, in order
	runs          []run
	events        map[int64][]event // by run, in order
	notifications []notification
	attempts      map[int64][]attempt // by notification, in order
}

type alert struct {
	incident int64
	firing   bool
	count    int
}

type incident struct {
	status   string
	episode  int64
	resolved *time.Time
}

type episode struct{ incident, number int64 }

// deed is a line of an incident's timeline that ends somebody's wish to be paged.
type deed struct {
	verb string
	at   time.Time
}

type run struct {
	id            int64
	of            episode
	state, reason string
	started       time.Time
	next          *time.Time
}

type event struct {
	id, run, round, step int64
	status               string
	people               []int64 // who are paged
	at                   time.Time
}

type notification struct {
	id                                         int64
	of                                         episode
	event, person, method                      int64 // The event is 0 when it belongs to no step.
	carrier                                    int64 // the notification whose message carries this one; 0 when it has its own
	action, recipient, status, reason, failure string
	ref, wanted                                string
	maybeTwice                                 bool
	created, due                               time.Time // due: when it was to go first
	sent                                       *time.Time
}

type attempt struct {
	notification int64
	started      time.Time
	result       string
	detail       string
}

func (b books) read() *ledger {
	b.t.Helper()
	l := &ledger{
		alerts: map[string]alert{}, incidents: map[int64]incident{}, done: map[int64][]deed{}, events: map[int64][]event{},
		attempts: map[int64][]attempt{},
	}
	b.look(func(tx *db.Tx) error {
		for _, read := range []func(tx *db.Tx) error{l.readAlerts, l.readIncidents, l.readDeeds, l.readRuns, l.readEvents, l.readNotifications, l.readAttempts} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return l
}

// each calls do for every row, whose columns it scans.
func each(tx *db.Tx, query string, do func(row db.Scanner) error) error {
	_, err := db.List(tx, func(row db.Scanner) (struct{}, error) { return struct{}{}, do(row) }, query)
	return err
}

func (l *ledger) readAlerts(tx *db.Tx) error {
	return each(tx, `SELECT sender_key, incident_id, status, count FROM alerts`, func(row db.Scanner) error {
		var key, status string
		var a alert
		if err := row.Scan(&key, &a.incident, &status, &a.count); err != nil {
			return err
		}
		a.firing = status == "firing"
		if before, twice := l.alerts[key]; twice {
			l.doubleAlerts = append(l.doubleAlerts, key)
			a.count += before.count
		}
		l.alerts[key] = a
		return nil
	})
}

func (l *ledger) readIncidents(tx *db.Tx) error {
	return each(tx, `SELECT id, status, episode, resolved_at FROM incidents`, func(row db.Scanner) error {
		var id int64
		var i incident
		err := row.Scan(&id, &i.status, &i.episode, db.ScanNullTime(&i.resolved))
		l.incidents[id] = i
		return err
	})
}

func (l *ledger) readDeeds(tx *db.Tx) error {
	return each(tx, `SELECT incident_id, event_type, created_at FROM timeline_events
		WHERE event_type IN ('acknowledged', 'snoozed', 'resolved') ORDER BY created_at, id`, func(row db.Scanner) error {
		var incident int64
		var d deed
		err := row.Scan(&incident, &d.verb, db.ScanTime(&d.at))
		l.done[incident] = append(l.done[incident], d)
		return err
	})
}

// readRuns leaves out the fallback contacts, who are paged besides when two steps in a row have reached nobody.
func (l *ledger) readRuns(tx *db.Tx) error {
	return each(tx, `SELECT id, incident_id, episode, state, reason, started_at, next_at FROM escalation_runs WHERE policy_id IS NOT NULL ORDER BY id`, func(row db.Scanner) error {
		var r run
		err := row.Scan(&r.id, &r.of.incident, &r.of.number, &r.state, &r.reason, db.ScanTime(&r.started), db.ScanNullTime(&r.next))
		l.runs = append(l.runs, r)
		return err
	})
}

func (l *ledger) readEvents(tx *db.Tx) error {
	return each(tx, `SELECT id, run_id, round, step, status, metadata, triggered_at FROM escalation_events ORDER BY id`, func(row db.Scanner) error {
		var e event
		var told struct {
			People []struct {
				ID      int64
				Outcome string
			} `json:"target_users"`
		}
		err := row.Scan(&e.id, &e.run, &e.round, &e.step, &e.status, db.ScanJSON(&told), db.ScanTime(&e.at))
		for _, p := range told.People {
			if p.Outcome == "paged" {
				e.people = append(e.people, p.ID)
			}
		}
		l.events[e.run] = append(l.events[e.run], e)
		return err
	})
}

func (l *ledger) readNotifications(tx *db.Tx) error {
	return each(tx, `SELECT id, COALESCE(incident_id, 0), episode, COALESCE(event_id, 0), user_id, COALESCE(contact_method_id, 0), action_type,
		recipient, status, reason, error, provider_ref, wanted_until, maybe_duplicate, created_at, first_due_at, sent_at, COALESCE(bundle_id, 0) FROM notifications ORDER BY id`, func(row db.Scanner) error {
		var n notification
		err := row.Scan(&n.id, &n.of.incident, &n.of.number, &n.event, &n.person, &n.method, &n.action,
			&n.recipient, &n.status, &n.reason, &n.failure, &n.ref, &n.wanted, &n.maybeTwice, db.ScanTime(&n.created), db.ScanTime(&n.due), db.ScanNullTime(&n.sent), &n.carrier)
		l.notifications = append(l.notifications, n)
		return err
	})
}

func (l *ledger) readAttempts(tx *db.Tx) error {
	return each(tx, `SELECT notification_id, started_at, result, detail FROM notification_attempts ORDER BY notification_id, number`, func(row db.Scanner) error {
		var a attempt
		err := row.Scan(&a.notification, db.ScanTime(&a.started), &a.result, &a.detail)
		l.attempts[a.notification] = append(l.attempts[a.notification], a)
		return err
	})
}

// did reports whether this has happened to the incident.
func (l *ledger) did(incident int64, verb string) bool {
	return slices.ContainsFunc(l.done[incident], func(d deed) bool { return d.verb == verb })
}

// endOf is what ended the wish for a notification that had been written before.
func (l *ledger) endOf(n notification) (deed, bool) {
	for _, d := range l.done[n.of.incident] {
		if !d.at.Before(n.created) && (n.wanted == "acknowledged" || d.verb == "resolved") {
			return d, true
		}
	}
	return deed{}, false
}
