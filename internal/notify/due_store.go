package notify

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// candidate is a notification that a pass may take.
type candidate struct {
	id, userID, incidentID       int64 // 0 for none
	channel, provider, recipient string
	passes                       bool // Its person is to be reached by the next method if its provider is away.
	placed                       bool // It has a place in its lane: a message of its own.
	held                         bool // Its provider is away: no attempt begins.
}

func (c candidate) lane() lane { return lane{c.channel, c.provider} }

func (c candidate) destination() destination { return destination{c.channel, c.recipient} }

const (
	passes           = "wanted_until NOT IN ('', 'day') AND NOT passed_on"
	candidateColumns = "id, user_id, incident_id, channel, provider, recipient, " + passes
)

func scanCandidate(row db.Scanner) (c candidate, err error) {
	var userID, incidentID *int64
	err = row.Scan(&c.id, &userID, &incidentID, &c.channel, &c.provider, &c.recipient, &c.passes)
	if userID != nil {
		c.userID = *userID
	}
	if incidentID != nil {
		c.incidentID = *incidentID
	}
	return c, err
}

// dueNotifications finds what is to be sent now, longest due first, leaving out what is barred.
func dueNotifications(tx *db.Tx, org int64, now time.Time, b barred, limit int) ([]candidate, error) {
	var w db.Where
	w.And("org_id = ?", org)
	w.And("status = 'pending'")
	w.And("next_attempt_at <= ?", now)
	if text, args := noneOf("provider", b.full, func(l lane) (string, string) { return l.channel, l.provider }); text != "" {
		w.And(text, args...)
	}
	to := func(d destination) (string, string) { return d.channel, d.recipient }
	if text, args := noneOf("recipient", b.fullTo, to); text != "" {
		w.And(text, args...)
	}
	if text, args := noneOf("provider", b.away, func(l lane) (string, string) { return l.channel, l.provider }); text != "" {
		w.And("("+passes+" OR "+text+")", args...)
	}
	if text, args := noneOf("recipient", b.awayTo, to); text != "" {
		w.And("("+passes+" OR "+text+")", args...)
	}
	return db.List(tx, scanCandidate, "SELECT "+candidateColumns+" FROM notifications"+w.String()+
		" ORDER BY next_attempt_at, id LIMIT ?", append(w.Args(), limit)...)
}

// noneOf says that a channel with the column is none of the list: one condition, for SQLite takes no more than a thousand.
func noneOf[T any](column string, list []T, pair func(T) (string, string)) (text string, args []any) {
	if len(list) == 0 {
		return "", nil
	}
	for _, one := range list {
		channel, other := pair(one)
		args = append(args, channel, other)
	}
	return "(channel, " + column + ") NOT IN (VALUES (?, ?)" + strings.Repeat(", (?, ?)", len(list)-1) + ")", args
}

// mailbox is a destination of one person.
type mailbox struct {
	userID             int64
	channel, recipient string
}

// waitingNotices tells when the first notice about an incident is due that waits at each destination of the people within a time.
func waitingNotices(tx *db.Tx, org int64, userIDs []int64, from, until time.Time) (map[mailbox]time.Time, error) {
	type row struct {
		mailbox
		due time.Time
	}
	in, args := db.InList(userIDs)
	list, err := db.List(tx, func(scan db.Scanner) (r row, err error) {
		return r, scan.Scan(&r.userID, &r.channel, &r.recipient, db.ScanTime(&r.due))
	}, `SELECT user_id, channel, recipient, min(next_attempt_at) FROM notifications
		WHERE org_id = ? AND status = 'pending' AND next_attempt_at > ? AND next_attempt_at <= ? AND wanted_until = ''
			AND incident_id IS NOT NULL AND attempts = 0 AND user_id IN `+in+` GROUP BY user_id, channel, recipient`,
		append([]any{org, from, until}, args...)...)
	waiting := map[mailbox]time.Time{}
	for _, r := range list {
		waiting[r.mailbox] = r.due
	}
	return waiting, err
}

// nextDue is when the next notification is due after now, or a lease ends; zero when nothing waits.
func nextDue(tx *db.Tx, org int64, now time.Time) (next time.Time, err error) {
	for _, query := range []string{
		"SELECT min(next_attempt_at) FROM notifications WHERE org_id = ? AND status = 'pending' AND next_attempt_at > ?",
		"SELECT min(locked_until) FROM notifications WHERE org_id = ? AND status = 'sending' AND locked_until > ?",
	} {
		at, _, err := db.One(tx, func(row db.Scanner) (t time.Time, err error) { return t, row.Scan(db.ScanTime(&t)) }, query, org, now)
		if err != nil {
			return time.Time{}, err
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

// lostNotifications finds attempts whose sender has not come back within its lease.
func lostNotifications(tx *db.Tx, org int64, now time.Time, limit int) ([]candidate, error) {
	return db.List(tx, scanCandidate, "SELECT "+candidateColumns+` FROM notifications
		WHERE org_id = ? AND status = 'sending' AND locked_until <= ? ORDER BY locked_until, id LIMIT ?`, org, now, limit)
}

// putOff has a notification that waits be due at another time.
func putOff(tx *db.Tx, org, id int64, at time.Time) error {
	_, err := tx.Exec("UPDATE notifications SET next_attempt_at = ? WHERE org_id = ? AND id = ? AND status = 'pending'", at, org, id)
	return err
}
