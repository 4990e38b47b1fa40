package chaos_test

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
)

const (
	// A dead sender's lease ends after 20 s, and what the mail server refused is tried again at growing distances.
	settleLimit = 90 * time.Second
	settleLook  = 200 * time.Millisecond
)

// books is the server's database, read past the server.
type books struct {
	t *testing.T
	d *db.DB
}

func openBooks(t *testing.T, database string) books {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database, Clock: clock.System, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return books{t, d}
}

// settle returns when no notification waits or is being sent and no step is due within the minute.
func (b books) settle() {
	b.t.Helper()
	limit := time.After(settleLimit)
	tick := time.NewTicker(settleLook)
	defer tick.Stop()
	for {
		var waiting, due int64
		b.look(func(tx *db.Tx) (err error) {
			if waiting, err = number(tx, `SELECT COUNT(*) FROM notifications WHERE status IN ('pending', 'sending')`); err != nil {
				return err
			}
			due, err = number(tx, `SELECT COUNT(*) FROM escalation_runs WHERE next_at < ?`, time.Now().Add(time.Minute))
			return err
		})
		if waiting == 0 && due == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			b.t.Errorf("after %v %d notifications are not through and %d steps are due", settleLimit, waiting, due)
			return
		}
	}
}

func (b books) look(fn func(tx *db.Tx) error) {
	b.t.Helper()
	if err := b.d.Read(b.t.Context(), fn); err != nil {
		b.t.Fatalf("read the database: %v", err)
	}
}

func number(tx *db.Tx, query string, args ...any) (int64, error) {
	n, _, err := db.One(tx, db.Value[int64], query, args...)
	return n, err
}

// ledger is what the database says happened.
type ledger struct {
	alerts        map[string]alert // by the sender's key
	doubleAlerts  []string
	incidents     map[int64]incident
	answers       map[episode]time.Time // when somebody acknowledged first
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

type run struct {
	id      int64
	of      episode
	started time.Time
}

type event struct {
	id, run, round, step int64
	at                   time.Time
}

type notification struct {
	id                                         int64
	of                                         episode
	event                                      int64 // 0 when it belongs to no step
	action, recipient, status, reason, failure string
	ref, wanted                                string
	maybeTwice                                 bool
	sent                                       *time.Time
}

type attempt struct {
	notification int64
	started      time.Time
	result       string
}

func (b books) read() *ledger {
	b.t.Helper()
	l := &ledger{
		alerts: map[string]alert{}, incidents: map[int64]incident{}, answers: map[episode]time.Time{}, events: map[int64][]event{},
		attempts: map[int64][]attempt{},
	}
	b.look(func(tx *db.Tx) error {
		for _, read := range []func(tx *db.Tx) error{l.readAlerts, l.readIncidents, l.readAnswers, l.readRuns, l.readEvents, l.readNotifications, l.readAttempts} {
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
		if _, twice := l.alerts[key]; twice {
			l.doubleAlerts = append(l.doubleAlerts, key)
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

func (l *ledger) readAnswers(tx *db.Tx) error {
	return each(tx, `SELECT incident_id, episode, at FROM incident_acknowledgements`, func(row db.Scanner) error {
		var e episode
		var at time.Time
		err := row.Scan(&e.incident, &e.number, db.ScanTime(&at))
		if first, known := l.answers[e]; !known || at.Before(first) {
			l.answers[e] = at
		}
		return err
	})
}

func (l *ledger) readRuns(tx *db.Tx) error {
	return each(tx, `SELECT id, incident_id, episode, started_at FROM escalation_runs ORDER BY id`, func(row db.Scanner) error {
		var r run
		err := row.Scan(&r.id, &r.of.incident, &r.of.number, db.ScanTime(&r.started))
		l.runs = append(l.runs, r)
		return err
	})
}

func (l *ledger) readEvents(tx *db.Tx) error {
	return each(tx, `SELECT id, run_id, round, step, triggered_at FROM escalation_events ORDER BY id`, func(row db.Scanner) error {
		var e event
		err := row.Scan(&e.id, &e.run, &e.round, &e.step, db.ScanTime(&e.at))
		l.events[e.run] = append(l.events[e.run], e)
		return err
	})
}

func (l *ledger) readNotifications(tx *db.Tx) error {
	return each(tx, `SELECT id, COALESCE(incident_id, 0), episode, COALESCE(event_id, 0), action_type, recipient, status, reason, error, provider_ref,
		wanted_until, maybe_duplicate, sent_at FROM notifications ORDER BY id`, func(row db.Scanner) error {
		var n notification
		err := row.Scan(&n.id, &n.of.incident, &n.of.number, &n.event, &n.action, &n.recipient, &n.status, &n.reason, &n.failure, &n.ref,
			&n.wanted, &n.maybeTwice, db.ScanNullTime(&n.sent))
		l.notifications = append(l.notifications, n)
		return err
	})
}

func (l *ledger) readAttempts(tx *db.Tx) error {
	return each(tx, `SELECT notification_id, started_at, result FROM notification_attempts ORDER BY notification_id, number`, func(row db.Scanner) error {
		var a attempt
		err := row.Scan(&a.notification, db.ScanTime(&a.started), &a.result)
		l.attempts[a.notification] = append(l.attempts[a.notification], a)
		return err
	})
}
