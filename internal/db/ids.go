package db

import "fmt"

// NextIDs reserves n ids of a table, in ascending order. They come from the database, never from memory, for other
// processes may be writing; on SQLite they are part of the transaction.
func (tx *Tx) NextIDs(table string, n int) ([]int64, error) {
	if n == 0 {
		return nil, nil
	}
	if tx.db.pg {
		return List(tx, Value[int64], "SELECT nextval(?) FROM generate_series(1, ?)", table+"_id_seq", n)
	}
	last, found, err := One(tx, Value[int64], "UPDATE sequences SET value = value + ? WHERE name = ? RETURNING value", n, table)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("table %s has no sequence", table)
	}
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = last - int64(n-1-i)
	}
	return ids, nil
}

// NextID reserves one id of a table.
func (tx *Tx) NextID(table string) (int64, error) {
	ids, err := tx.NextIDs(table, 1)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}
