package notify

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

var notificationColumns = []string{
	"org_id", "id", "user_id", "incident_id", "episode", "event_id", "contact_method_id", "title", "message", "channel", "recipient",
	"urgency", "action_type", "status", "reason", "wanted_until", "page_key", "dedup_key", "provider", "first_due_at",
	"next_attempt_at", "attempts", "locked_until", "cancel_requested", "maybe_duplicate", "provider_ref", "error", "metadata",
	"created_at", "sent_at", "delivered_at", "bundle_id", "passed_on", "post", "template_error",
	"seen_at",
}

var selectNotification = "SELECT n." + strings.Join(notificationColumns, ", n.") + " FROM notifications n"

// upsertNotifications changes what an attempt changes; the rest of a notification stays as it was written, or as its person has changed
// it meanwhile: seen_at.
const upsertNotifications = ` DO UPDATE SET status = excluded.status, reason = excluded.reason,
	next_attempt_at = excluded.next_attempt_at, attempts = excluded.attempts, locked_until = excluded.locked_until,
	cancel_requested = excluded.cancel_requested, maybe_duplicate = excluded.maybe_duplicate, provider_ref = excluded.provider_ref,
	error = excluded.error, sent_at = excluded.sent_at, delivered_at = excluded.delivered_at,
	bundle_id = excluded.bundle_id, passed_on = excluded.passed_on, template_error = excluded.template_error`

func notificationRow(n *Notification) []any {
	var userID, post any
	if n.UserID != 0 {
		userID = n.UserID
	}
	if n.Post != nil {
		post = db.JSON(n.Post)
	}
	return []any{
		n.OrgID, n.ID, userID, n.IncidentID, n.Episode, n.EventID, n.ContactMethodID, n.Title, n.Message, n.Channel, n.Recipient,
		n.Urgency, n.Action, string(n.Status), n.Reason, string(n.WantedUntil), n.PageKey, n.DedupKey, n.Provider, n.FirstDueAt,
		n.NextAttemptAt, n.Attempts, n.LockedUntil, n.CancelRequested, n.MaybeDuplicate, n.ProviderRef, n.Error, db.JSON(n.Metadata),
		n.CreatedAt, n.SentAt, n.DeliveredAt, n.BundleID, n.PassedOn, post, n.TemplateError,
		n.SeenAt,
	}
}

func scanNotification(row db.Scanner) (n Notification, err error) {
	var userID *int64
	err = row.Scan(&n.OrgID, &n.ID, &userID, &n.IncidentID, &n.Episode, &n.EventID, &n.ContactMethodID, &n.Title, &n.Message,
		&n.Channel, &n.Recipient, &n.Urgency, &n.Action, &n.Status, &n.Reason, &n.WantedUntil, &n.PageKey, &n.DedupKey, &n.Provider,
		db.ScanTime(&n.FirstDueAt), db.ScanNullTime(&n.NextAttemptAt), &n.Attempts, db.ScanNullTime(&n.LockedUntil),
		&n.CancelRequested, &n.MaybeDuplicate, &n.ProviderRef, &n.Error, db.ScanJSON(&n.Metadata), db.ScanTime(&n.CreatedAt),
		db.ScanNullTime(&n.SentAt), db.ScanNullTime(&n.DeliveredAt), &n.BundleID, &n.PassedOn, db.ScanJSON(&n.Post), &n.TemplateError,
		db.ScanNullTime(&n.SeenAt))
	if userID != nil {
		n.UserID = *userID
	}
	return n, err
}

// insertNotifications writes new notifications and gives them ids; one whose key exists already is left out.
func insertNotifications(tx *db.Tx, org int64, list []*Notification) error {
	ids, err := tx.NextIDs("notifications", len(list))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, n := range list {
		n.ID, n.OrgID = ids[i], org
		rows[i] = notificationRow(n)
	}
	return tx.Insert("notifications", notificationColumns, rows, "ON CONFLICT (org_id, dedup_key) DO NOTHING")
}

// saveNotifications writes what attempts have changed of notifications whose rows are locked.
func saveNotifications(tx *db.Tx, list []*Notification) error {
	rows := make([][]any, len(list))
	for i, n := range list {
		rows[i] = notificationRow(n)
	}
	return tx.Insert("notifications", notificationColumns, rows, tx.OnID()+upsertNotifications)
}

// lockNotifications locks rows in the order of their ids, leaving out those that another transaction holds.
func lockNotifications(tx *db.Tx, org int64, ids []int64) ([]*Notification, error) {
	return notificationsByID(tx, org, ids, tx.LockSkip())
}

// holdNotifications is lockNotifications, waiting for those that another transaction holds.
func holdNotifications(tx *db.Tx, org int64, ids []int64) ([]*Notification, error) {
	return notificationsByID(tx, org, ids, tx.Lock())
}

func notificationsByID(tx *db.Tx, org int64, ids []int64, suffix string) ([]*Notification, error) {
	in, args := db.InList(ids)
	list, err := db.List(tx, scanNotification, selectNotification+" WHERE n.org_id = ? AND n.id IN "+in+" ORDER BY n.id"+suffix,
		append([]any{org}, args...)...)
	return pointers(list), err
}

// rowsOfPages are all rows of pages of incidents, by the page's key, in order.
func rowsOfPages(tx *db.Tx, org int64, incidentIDs []int64, keys []string) (map[string][]*Notification, error) {
	in, args := db.InList(incidentIDs)
	inKeys, keyArgs := db.InList(keys)
	list, err := db.List(tx, scanNotification, selectNotification+" WHERE n.org_id = ? AND n.incident_id IN "+in+" AND n.page_key IN "+inKeys+
		" ORDER BY n.id", append(append([]any{org}, args...), keyArgs...)...)
	rows := map[string][]*Notification{}
	for i := range list {
		rows[list[i].PageKey] = append(rows[list[i].PageKey], &list[i])
	}
	return rows, err
}

// livePages are pages of incidents that are being sent, or wait to be and are due.
func livePages(tx *db.Tx, org int64, incidentIDs []int64, now time.Time) ([]*Notification, error) {
	if len(incidentIDs) == 0 {
		return nil, nil
	}
	in, args := db.InList(incidentIDs)
	list, err := db.List(tx, scanNotification, selectNotification+" WHERE n.org_id = ? AND n.incident_id IN "+in+
		" AND n.status IN ('pending', 'sending') AND n.first_due_at <= ? AND n.wanted_until NOT IN ('', 'day') ORDER BY n.id",
		append(append([]any{org}, args...), now)...)
	return pointers(list), err
}

// pagedFor tells whom a page for which episode of the incidents reaches, or did. One that came to nothing does not count.
func pagedFor(tx *db.Tx, org int64, incidentIDs []int64) (map[answerKey]bool, error) {
	paged := map[answerKey]bool{}
	if len(incidentIDs) == 0 {
		return paged, nil
	}
	in, args := db.InList(incidentIDs)
	list, err := db.List(tx, func(row db.Scanner) (k answerKey, err error) {
		return k, row.Scan(&k.incidentID, &k.userID, &k.episode)
	}, "SELECT DISTINCT incident_id, user_id, episode FROM notifications WHERE org_id = ? AND incident_id IN "+in+
		" AND action_type = ? AND status NOT IN ('failed', 'cancelled')", append(append([]any{org}, args...), ActionPage)...)
	for _, k := range list {
		paged[k] = true
	}
	return paged, err
}

// toldBy tells which page was the first to tell a person of an episode, of those that a provider took or may be taking now.
func toldBy(tx *db.Tx, org int64, incidentIDs []int64) (map[answerKey]string, error) {
	told := map[answerKey]string{}
	if len(incidentIDs) == 0 {
		return told, nil
	}
	in, args := db.InList(incidentIDs)
	type first struct {
		answerKey
		page string
	}
	list, err := db.List(tx, func(row db.Scanner) (f first, err error) {
		return f, row.Scan(&f.incidentID, &f.userID, &f.episode, &f.page)
	}, "SELECT incident_id, user_id, episode, page_key FROM notifications WHERE org_id = ? AND incident_id IN "+in+
		" AND action_type = ? AND status IN ('sent', 'delivered', 'sending') ORDER BY id DESC",
		append(append([]any{org}, args...), ActionPage)...)
	for _, f := range list {
		told[f.answerKey] = f.page
	}
	return told, err
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// endLeases makes every lease of the organisation end now.
func endLeases(tx *db.Tx, org int64) error {
	_, err := tx.Exec("UPDATE notifications SET locked_until = ? WHERE org_id = ? AND status = 'sending'", tx.Now(), org)
	return err
}

// unwantedFlights tells which of the notifications that are being sent are no longer wanted.
func unwantedFlights(tx *db.Tx, org int64, ids []int64) ([]int64, error) {
	in, args := db.InList(ids)
	return db.List(tx, db.Value[int64], "SELECT id FROM notifications WHERE org_id = ? AND cancel_requested AND id IN "+in,
		append([]any{org}, args...)...)
}

func organisationIDs(tx *db.Tx) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT id FROM organizations ORDER BY id")
}

// PagedSince tells whom events have paged for an episode since an instant.
func (s *Service) PagedSince(tx *db.Tx, org, incidentID int64, episode int, since time.Time) ([]Paged, error) {
	return db.List(tx, func(row db.Scanner) (p Paged, err error) { return p, row.Scan(&p.UserID, &p.EventID) },
		`SELECT DISTINCT user_id, event_id FROM notifications WHERE org_id = ? AND incident_id = ? AND episode = ?
			AND event_id IS NOT NULL AND action_type = ? AND created_at >= ?`, org, incidentID, episode, ActionPage, since)
}
