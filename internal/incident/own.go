package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// SourceOwn is the source of what Tocsin reports of itself. Such incidents match no policy: who reports them sees to it that people
// are paged, whatever is wrong with the rest.
const SourceOwn = "tocsin"

// OwnAlert is something that Tocsin has reported of itself and that still fires.
type OwnAlert struct {
	IncidentID int64
	LastAt     time.Time // when it was last reported
}

// OwnAlerts tells which of the keys, as they were reported without an integration, still fire.
func (s *Service) OwnAlerts(tx *db.Tx, org int64, keys []string) (map[string]OwnAlert, error) {
	hashes, names := make([]string, len(keys)), map[string]string{}
	for i, key := range keys {
		hashes[i] = Report{Key: key}.alertKey()
		names[hashes[i]] = key
	}
	firing, err := firingAlerts(tx, org, hashes)
	found := map[string]OwnAlert{}
	for _, a := range firing {
		found[names[a.Key]] = OwnAlert{a.IncidentID, a.LastAt}
	}
	return found, err
}
