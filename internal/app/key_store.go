package app

import (
	"crypto/subtle"
	"database/sql"

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
