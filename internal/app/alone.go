package app

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/work"
)

// leaseTerm is how long a node has a job to itself before another may take it over.
const leaseTerm = 30 * time.Second

// alone has one node at a time run a pass. What it does must bear a second runner all the same, for a node that was stopped does not
// know that its lease has ended; a pass is given up well before.
func (a *App) alone(job string, pass work.Pass) work.Pass {
	return func(ctx context.Context) (next time.Time, more bool, err error) {
		var held bool
		if err := a.db.Write(ctx, func(tx *db.Tx) (err error) {
			held, err = tx.Lease(job, a.name, leaseTerm)
			return err
		}); err != nil || !held {
			return time.Time{}, false, err
		}
		ctx, cancel := context.WithTimeout(ctx, leaseTerm/2)
		defer cancel()
		return pass(ctx)
	}
}
