package watch

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// keepNode writes what a node says of itself, and forgets those that have long been silent.
func keepNode(tx *db.Tx, n Node) error {
	if _, err := tx.Exec(`INSERT INTO nodes (name, version, started_at, seen_at, lag_ms, clock_offset_ms, report) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at,
			lag_ms = excluded.lag_ms, clock_offset_ms = excluded.clock_offset_ms, report = excluded.report`,
		n.Name, n.Version, n.StartedAt, n.SeenAt, n.Lag.Milliseconds(), n.ClockOffset.Milliseconds(), db.JSON(n.Report)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM nodes WHERE seen_at < ?", tx.Now().Add(-nodeForgotten))
	return err
}

func dropNode(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM nodes WHERE name = ?", name)
	return err
}

// nodes are those known, by name; those that live come first.
func nodes(tx *db.Tx) ([]Node, error) {
	return db.List(tx, scanNode, `SELECT name, version, started_at, seen_at, lag_ms, clock_offset_ms, report FROM nodes
		ORDER BY CASE WHEN seen_at < ? THEN 1 ELSE 0 END, name LIMIT ?`, tx.Now().Add(-nodeGone), maxNodes)
}

func scanNode(row db.Scanner) (n Node, err error) {
	var lag, offset int64
	err = row.Scan(&n.Name, &n.Version, db.ScanTime(&n.StartedAt), db.ScanTime(&n.SeenAt), &lag, &offset, db.ScanJSON(&n.Report))
	n.Lag, n.ClockOffset = time.Duration(lag)*time.Millisecond, time.Duration(offset)*time.Millisecond
	return n, err
}

// othersInTime reports whether a node but the named one lives whose clock is right.
func othersInTime(tx *db.Tx, name string) (bool, error) {
	_, found, err := db.One(tx, db.Value[int], "SELECT 1 FROM nodes WHERE name <> ? AND seen_at >= ? AND abs(clock_offset_ms) <= ? LIMIT 1",
		name, tx.Now().Add(-othersLive), ClockTolerance.Milliseconds())
	return found, err
}

// CountNodes is how many nodes live.
func CountNodes(tx *db.Tx) (int64, error) {
	n, _, err := db.One(tx, db.Value[int64], "SELECT count(*) FROM nodes WHERE seen_at >= ?", tx.Now().Add(-nodeGone))
	return n, err
}

// waits is what each queue holds of one organisation, by an index, with the column that says when it is due.
var waits = []struct{ name, rows, due string }{
	{"steps", "escalation_runs WHERE org_id = ? AND next_at IS NOT NULL", "next_at"},
	{"notifications", "notifications WHERE org_id = ? AND status = 'pending' AND next_attempt_at IS NOT NULL", "next_attempt_at"},
}

// queues are what waits in one organisation.
func queues(tx *db.Tx, org int64) ([]Queue, error) {
	list := make([]Queue, len(waits))
	for i, w := range waits {
		q := &list[i]
		q.Name = w.name
		counted := "SELECT count(*) FROM (SELECT 1 FROM " + w.rows
		var err error
		if q.Waiting, _, err = db.One(tx, db.Value[int], counted+" LIMIT ?) found", org, MaxCount); err != nil {
			return nil, err
		}
		if q.Due, _, err = db.One(tx, db.Value[int], counted+" AND "+w.due+" <= ? LIMIT ?) found", org, tx.Now(), MaxCount); err != nil {
			return nil, err
		}
		oldest := func(row db.Scanner) (at *time.Time, err error) { return at, row.Scan(db.ScanNullTime(&at)) }
		if q.Oldest, _, err = db.One(tx, oldest, "SELECT min("+w.due+") FROM "+w.rows+" AND "+w.due+" <= ?", org, tx.Now()); err != nil {
			return nil, err
		}
	}
	return list, nil
}
