package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// worthKnowing is how many rows make statistics worth gathering.
const worthKnowing = 100

// Statistics sees that PostgreSQL knows what is in the tables that have filled up since they were made; on SQLite, which does
// well without, it does nothing. PostgreSQL itself looks after a minute or later, and until then it takes one index for as good
// as another: in the first storm of a fresh installation each look for an incident walked all of them.
// Fault: Unavailable when the database is away.
func (d *DB) Statistics(ctx context.Context) error {
	if !d.pg {
		return nil
	}
	var unknown []string
	err := d.Read(ctx, func(tx *Tx) (err error) {
		unknown, err = List(tx, Value[string], `SELECT relname FROM pg_stat_user_tables
			WHERE schemaname = current_schema() AND n_live_tup >= ? AND last_analyze IS NULL AND last_autoanalyze IS NULL
			ORDER BY relname`, worthKnowing)
		return err
	})
	for _, table := range unknown {
		if err != nil {
			break
		}
		err = d.Write(ctx, func(tx *Tx) error {
			_, err := tx.Exec("ANALYZE " + pgx.Identifier{table}.Sanitize())
			return err
		})
	}
	return err
}
