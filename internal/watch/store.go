package watch

import "github.com/tocsinhq/tocsin/internal/db"

func organisationIDs(tx *db.Tx) ([]int64, error) {
	return db.List(tx, db.Value[int64], "SELECT id FROM organizations ORDER BY id")
}
