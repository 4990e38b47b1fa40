package db

import "time"

// Lease gives the holder a job that one node at a time may do, or more time for one that it has already, and reports whether the
// holder has it until d from now. Who comes back after the end of its lease finds it with another.
func (tx *Tx) Lease(name, holder string, d time.Duration) (held bool, err error) {
	now := tx.Now()
	n, err := tx.Exec(`INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
		WHERE leases.holder = excluded.holder OR leases.expires_at <= ?`, name, holder, now.Add(d), now)
	return n == 1, err
}

// ReleaseLeases ends every lease of the holder, so that others need not wait for their ends.
func (tx *Tx) ReleaseLeases(holder string) error {
	_, err := tx.Exec("DELETE FROM leases WHERE holder = ?", holder)
	return err
}

// LeaseHolder is who holds a job and until when; "" when nobody does.
func (tx *Tx) LeaseHolder(name string) (holder string, until time.Time, err error) {
	type held struct {
		holder string
		until  time.Time
	}
	h, _, err := One(tx, func(row Scanner) (h held, err error) { return h, row.Scan(&h.holder, ScanTime(&h.until)) },
		"SELECT holder, expires_at FROM leases WHERE name = ? AND expires_at > ?", name, tx.Now())
	return h.holder, h.until, err
}
