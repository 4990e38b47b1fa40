package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// Recent reads incidents that began since the time, newest first, at most limit.
func (s *Service) Recent(tx *db.Tx, org int64, since time.Time, limit int) ([]Incident, error) {
	return db.List(tx, scanIncident, selectIncident+` WHERE org_id = ? AND created_at >= ? AND deleted_at IS NULL
		ORDER BY created_at DESC, id DESC LIMIT ?`, org, since, limit)
}
