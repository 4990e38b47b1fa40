package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const methodColumns = `id, org_id, user_id, channel, address, label, of_account, verified, enabled, code_serial, code_tries,
	code_sent_at, created_at, updated_at`

func scanMethod(row db.Scanner) (m ContactMethod, err error) {
	err = row.Scan(&m.ID, &m.OrgID, &m.UserID, &m.Channel, &m.Address, &m.Label, &m.OfAccount, &m.Verified, &m.Enabled,
		&m.code.serial, &m.code.tries, db.ScanNullTime(&m.code.sentAt), db.ScanTime(&m.CreatedAt), db.ScanTime(&m.UpdatedAt))
	return m, err
}

// methodsOf are the contact methods of people, each person's in the order in which they were made.
func methodsOf(tx *db.Tx, org int64, userIDs []int64) (map[int64][]ContactMethod, error) {
	in, args := db.InList(userIDs)
	list, err := db.List(tx, scanMethod, `SELECT `+methodColumns+` FROM contact_methods
		WHERE org_id = ? AND user_id IN `+in+` AND deleted_at IS NULL ORDER BY id`, append([]any{org}, args...)...)
	methods := map[int64][]ContactMethod{}
	for _, m := range list {
		methods[m.UserID] = append(methods[m.UserID], m)
	}
	return methods, err
}

func methodByID(tx *db.Tx, org, id int64) (ContactMethod, bool, error) {
	return db.One(tx, scanMethod, `SELECT `+methodColumns+` FROM contact_methods
		WHERE org_id = ? AND id = ? AND deleted_at IS NULL`, org, id)
}

// methodsByID are the contact methods with these ids that are there still.
func methodsByID(tx *db.Tx, org int64, ids []int64) (map[int64]ContactMethod, error) {
	in, args := db.InList(ids)
	list, err := db.List(tx, scanMethod, "SELECT "+methodColumns+" FROM contact_methods WHERE org_id = ? AND deleted_at IS NULL AND id IN "+in,
		append([]any{org}, args...)...)
	methods := make(map[int64]ContactMethod, len(list))
	for _, m := range list {
		methods[m.ID] = m
	}
	return methods, err
}

// insertMethod writes a new method and gives it its id and times.
func insertMethod(tx *db.Tx, m ContactMethod) (ContactMethod, error) {
	id, err := tx.NextID("contact_methods")
	if err != nil {
		return ContactMethod{}, err
	}
	m.ID, m.CreatedAt, m.UpdatedAt = id, tx.Now(), tx.Now()
	return m, tx.Insert("contact_methods", []string{
		"org_id", "id", "user_id", "channel", "address", "label", "of_account", "verified", "enabled", "code_serial", "code_tries",
		"code_sent_at", "created_at", "updated_at",
	}, [][]any{{
		m.OrgID, m.ID, m.UserID, m.Channel, m.Address, m.Label, m.OfAccount, m.Verified, m.Enabled, m.code.serial, m.code.tries,
		m.code.sentAt, m.CreatedAt, m.UpdatedAt,
	}}, "")
}

// saveMethod writes what can change of a method.
func saveMethod(tx *db.Tx, m ContactMethod) error {
	_, err := tx.Exec(`UPDATE contact_methods SET label = ?, verified = ?, enabled = ?, code_serial = ?, code_tries = ?, code_sent_at = ?,
		updated_at = ? WHERE org_id = ? AND id = ?`,
		m.Label, m.Verified, m.Enabled, m.code.serial, m.code.tries, m.code.sentAt, m.UpdatedAt, m.OrgID, m.ID)
	return err
}

// deleteMethod takes a method away. Its row stays for the notifications that name it, without the address, which may be a secret.
func deleteMethod(tx *db.Tx, m ContactMethod) error {
	_, err := tx.Exec("UPDATE contact_methods SET address = '', deleted_at = ?, updated_at = ? WHERE org_id = ? AND id = ?",
		tx.Now(), tx.Now(), m.OrgID, m.ID)
	return err
}

// lockReach locks the method of a person's account, which stands for all that says how they are reached: it is there from the
// start and is never deleted while they are.
func lockReach(tx *db.Tx, org, userID int64) error {
	_, err := db.List(tx, db.Value[int64], "SELECT id FROM contact_methods WHERE org_id = ? AND user_id = ? AND of_account"+tx.Lock(),
		org, userID)
	return err
}

// codesSince tells how many codes were sent to a person's methods, deleted ones too, and when the first of those methods was sent its
// last one. A method that had a code since the instant counts with all it ever had, which errs on the careful side.
func codesSince(tx *db.Tx, org, userID int64, since time.Time) (sent int, first time.Time, err error) {
	codes, err := db.List(tx, func(row db.Scanner) (c code, err error) { return c, row.Scan(&c.serial, db.ScanNullTime(&c.sentAt)) },
		"SELECT code_serial, code_sent_at FROM contact_methods WHERE org_id = ? AND user_id = ? AND code_sent_at > ? ORDER BY code_sent_at",
		org, userID, since)
	for i, c := range codes {
		sent += c.serial
		if i == 0 {
			first = *c.sentAt
		}
	}
	return sent, first, err
}

// deleteReach removes all that says how a person is reached, and how much of it.
func deleteReach(tx *db.Tx, org, userID int64) error {
	for _, statement := range []string{
		"DELETE FROM notification_rules WHERE org_id = ? AND user_id = ?",
		"DELETE FROM notification_preferences WHERE org_id = ? AND user_id = ?",
		"DELETE FROM notice_preferences WHERE org_id = ? AND user_id = ?",
		"DELETE FROM contact_methods WHERE org_id = ? AND user_id = ?",
		"DELETE FROM delivery_limits WHERE org_id = ? AND user_id = ?",
	} {
		if _, err := tx.Exec(statement, org, userID); err != nil {
			return err
		}
	}
	return nil
}
