package notify

import "github.com/tocsinhq/tocsin/internal/db"

// HasPage reports whether a page of the incident has a key that begins so.
func (s *Service) HasPage(tx *db.Tx, org, incidentID int64, prefix string) (bool, error) {
	_, found, err := db.One(tx, db.Value[int64], `SELECT id FROM notifications WHERE org_id = ? AND incident_id = ?
		AND substr(page_key, 1, ?) = ? LIMIT 1`, org, incidentID, len(prefix), prefix)
	return found, err
}
