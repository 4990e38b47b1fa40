package app

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// gaugeCap bounds what a count may cost in one organisation: beyond it a gauge says "at least".
const gaugeCap = 10_000

// A gauge is one number of the product, summed over all organisations.
type gauge struct {
	name, help string
	rows       string // what is counted: a table with its conditions, which find their index by x.org_id = o.id
	ages       []time.Duration
}

// gauges are counted in the background. The ages are added to the present instant and bound in order.
var gauges = []gauge{
	{
		"incidents_open", "Incidents that nobody has taken.",
		"incidents x WHERE x.org_id = o.id AND x.status = 'open' AND x.deleted_at IS NULL", nil,
	}, {
		"incidents_unescalated", "Incidents that no policy pages anybody for; should be zero.",
		"incidents x WHERE x.org_id = o.id AND x.unescalated AND x.status <> 'resolved' AND x.deleted_at IS NULL", nil,
	}, {
		"runs_due", "Escalation runs whose next step is due.",
		"escalation_runs x WHERE x.org_id = o.id AND x.next_at <= ?",
		[]time.Duration{0},
	}, {
		"notifications_due", "Notifications that are to be sent now.",
		"notifications x WHERE x.org_id = o.id AND x.status = 'pending' AND x.next_attempt_at <= ?",
		[]time.Duration{0},
	},
}

// count counts one gauge.
func (g gauge) count(tx *db.Tx) (int64, error) {
	args := make([]any, 0, len(g.ages)+1)
	for _, age := range g.ages {
		args = append(args, tx.Now().Add(age))
	}
	n, _, err := db.One(tx, db.Value[int64], "SELECT coalesce(sum(n), 0) FROM (SELECT (SELECT count(*) FROM (SELECT 1 FROM "+g.rows+
		" LIMIT ?) found) AS n FROM organizations o) counted", append(args, gaugeCap)...)
	return n, err
}
