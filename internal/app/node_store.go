package app

import (
	"crypto/subtle"
	"database/sql"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// keepKeyCheck compares the check value of this node's secret with the database's, which the first node writes. Fault: Conflict
// when they differ: with another secret every token, session and link would be refused, one node in doubt with the next.
func keepKeyCheck(tx *db.Tx, value string) error {
	if _, err := tx.Exec("UPDATE schema_info SET key_check = ? WHERE id = 1 AND key_check IS NULL", value); err != nil {
		return err
	}
	kept, _, err := db.One(tx, db.Value[sql.NullString], "SELECT key_check FROM schema_info WHERE id = 1")
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(kept.String), []byte(value)) != 1 {
		return fault.New(fault.Conflict, "wrong_secret", "The secret key is not the one this database was set up with. "+
			"On SQLite it stands in the .key file beside the database; on PostgreSQL it is TOCSIN_SECRET_KEY.")
	}
	return nil
}

// A node that has not been seen for this long is forgotten.
const nodeForgotten = 24 * time.Hour

// beat notes that the node lives. It is the server's smallest write, so it also shows whether the database can be written.
func beat(tx *db.Tx, name, version string, started time.Time, lag time.Duration) error {
	now := tx.Now()
	if _, err := tx.Exec(`INSERT INTO nodes (name, version, started_at, seen_at, lag_ms) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version, started_at = excluded.started_at,
			seen_at = excluded.seen_at, lag_ms = excluded.lag_ms`,
		name, version, started, now, lag.Milliseconds()); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM nodes WHERE seen_at < ?", now.Add(-nodeForgotten))
	return err
}

// leave takes a node that stops in good order off the list, and what it alone did is free for others.
func leave(tx *db.Tx, name string) error {
	if err := tx.ReleaseLeases(name); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM nodes WHERE name = ?", name)
	return err
}
