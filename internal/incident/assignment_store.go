package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// saveAssignments writes assignments; whoever is assigned already stays as they are.
func saveAssignments(tx *db.Tx, org int64, list []Assignment) error {
	ids, err := tx.NextIDs("incident_assignments", len(list))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{org, ids[i], a.IncidentID, a.UserID, a.Role, a.AssignedAt, a.AssignedBy}
	}
	return tx.Insert("incident_assignments",
		[]string{"org_id", "id", "incident_id", "user_id", "role", "assigned_at", "assigned_by"}, rows,
		"ON CONFLICT (org_id, incident_id, user_id) DO NOTHING")
}

// AssigneesOf lists who works on the incidents, by incident, in the order of assignment.
func (s *Service) AssigneesOf(tx *db.Tx, org int64, ids []int64) (map[int64][]Assignment, error) {
	found := map[int64][]Assignment{}
	if len(ids) == 0 {
		return found, nil
	}
	in, args := db.InList(unique(ids))
	list, err := db.List(tx, scanAssignment, `SELECT id, incident_id, user_id, role, assigned_at, assigned_by
		FROM incident_assignments WHERE org_id = ? AND incident_id IN `+in+` ORDER BY incident_id, id`, append([]any{org}, args...)...)
	for _, a := range list {
		found[a.IncidentID] = append(found[a.IncidentID], a)
	}
	return found, err
}

func scanAssignment(row db.Scanner) (a Assignment, err error) {
	err = row.Scan(&a.ID, &a.IncidentID, &a.UserID, &a.Role, db.ScanTime(&a.AssignedAt), &a.AssignedBy)
	return a, err
}

func isAssigned(tx *db.Tx, org, incidentID, userID int64) (bool, error) {
	if userID == 0 {
		return false, nil
	}
	_, found, err := db.One(tx, db.Value[int64], "SELECT id FROM incident_assignments WHERE org_id = ? AND incident_id = ? AND user_id = ?",
		org, incidentID, userID)
	return found, err
}

func deleteAssignment(tx *db.Tx, org, incidentID, userID int64) (bool, error) {
	n, err := tx.Exec("DELETE FROM incident_assignments WHERE org_id = ? AND incident_id = ? AND user_id = ?", org, incidentID, userID)
	return n > 0, err
}

// saveAcknowledgement notes when a person last acknowledged an episode.
func saveAcknowledgement(tx *db.Tx, inc Incident, userID int64, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO incident_acknowledgements (org_id, incident_id, episode, user_id, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, incident_id, episode, user_id) DO UPDATE SET at = excluded.at`, inc.OrgID, inc.ID, inc.Episode, userID, at)
	return err
}

// AcknowledgersOf lists who acknowledged the incident in its present episode.
func (s *Service) AcknowledgersOf(tx *db.Tx, inc Incident) ([]int64, error) {
	return db.List(tx, db.Value[int64], `SELECT user_id FROM incident_acknowledgements
		WHERE org_id = ? AND incident_id = ? AND episode = ? ORDER BY at, user_id`, inc.OrgID, inc.ID, inc.Episode)
}

// Acknowledgement says when a person last acknowledged an episode of an incident.
type Acknowledgement struct {
	IncidentID, UserID int64
	Episode            int
	At                 time.Time
}

// AcknowledgementsOf lists who acknowledged the incidents, in every episode.
func (s *Service) AcknowledgementsOf(tx *db.Tx, org int64, incidentIDs []int64) ([]Acknowledgement, error) {
	if len(incidentIDs) == 0 {
		return nil, nil
	}
	in, args := db.InList(unique(incidentIDs))
	return db.List(tx, func(row db.Scanner) (a Acknowledgement, err error) {
		return a, row.Scan(&a.IncidentID, &a.UserID, &a.Episode, db.ScanTime(&a.At))
	}, `SELECT incident_id, user_id, episode, at FROM incident_acknowledgements WHERE org_id = ? AND incident_id IN `+in,
		append([]any{org}, args...)...)
}

func insertComment(tx *db.Tx, org int64, c *Comment) error {
	id, err := tx.NextID("incident_comments")
	if err != nil {
		return err
	}
	c.ID = id
	_, err = tx.Exec("INSERT INTO incident_comments (org_id, id, incident_id, user_id, content, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		org, c.ID, c.IncidentID, c.UserID, c.Content, c.CreatedAt)
	return err
}

func scanComment(row db.Scanner) (c Comment, err error) {
	err = row.Scan(&c.ID, &c.IncidentID, &c.UserID, &c.Content, db.ScanTime(&c.CreatedAt))
	return c, err
}

func commentsOf(tx *db.Tx, org, incidentID int64) ([]Comment, error) {
	return db.List(tx, scanComment, `SELECT id, incident_id, user_id, content, created_at FROM incident_comments
		WHERE org_id = ? AND incident_id = ? ORDER BY id`, org, incidentID)
}
