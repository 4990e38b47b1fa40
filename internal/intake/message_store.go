package intake

import (
	"github.com/tocsinhq/tocsin/internal/db"
)

// keep writes messages down and deletes those that are no longer among the last.
func (s *Service) keep(tx *db.Tx, org int64, p *plan) error {
	ids, err := tx.NextIDs("inbound_messages", len(p.keep))
	if err != nil {
		return err
	}
	rows := make([][]any, len(p.keep))
	for i, m := range p.keep {
		body := m.request.Body
		if body == nil {
			body = []byte{}
		}
		rows[i] = []any{
			org, ids[i], m.from.integration.ID, cut(db.Clean(m.request.ContentType), maxLine), body, m.request.Truncated,
			m.unreadable == "", db.JSON(m.kept()), m.unreadable, tx.Now(),
		}
	}
	err = tx.Insert("inbound_messages", []string{
		"org_id", "id", "integration_id", "content_type", "body", "truncated", "readable", "outcome", "error", "received_at",
	}, rows, "")
	if err != nil {
		return err
	}
	for _, g := range p.integrations {
		if !g.trim {
			continue
		}
		if err := trimMessages(tx, org, g); err != nil {
			return err
		}
	}
	return nil
}

// trimMessages deletes the readable messages before the last few. It looks at no message up to the floor: these were
// trimmed before, and of what is left there, all that failed, there may be many.
func trimMessages(tx *db.Tx, org int64, g *gathered) error {
	g.newFloor = g.floor
	oldest, found, err := db.One(tx, db.Value[int64], `SELECT id FROM inbound_messages
		WHERE org_id = ? AND integration_id = ? AND id > ? AND readable ORDER BY id DESC LIMIT 1 OFFSET ?`,
		org, g.ID, g.floor, keptReadable-1)
	if err != nil || !found {
		return err
	}
	_, err = tx.Exec(`DELETE FROM inbound_messages
		WHERE org_id = ? AND integration_id = ? AND id > ? AND id < ? AND readable`, org, g.ID, g.floor, oldest)
	g.newFloor = oldest - 1
	return err
}

const messageColumns = `id, content_type, body, truncated, readable, outcome, error, received_at`

func scanMessage(row db.Scanner) (InboundMessage, error) {
	var m InboundMessage
	err := row.Scan(&m.ID, &m.ContentType, &m.Body, &m.Truncated, &m.Readable, db.ScanJSON(&m.Outcome), &m.Error,
		db.ScanTime(&m.ReceivedAt))
	return m, err
}

// lastMessages are an integration's newest messages, newest first.
func lastMessages(tx *db.Tx, org, integration int64, limit int) ([]InboundMessage, error) {
	return db.List(tx, scanMessage, `SELECT `+messageColumns+` FROM inbound_messages
		WHERE org_id = ? AND integration_id = ? ORDER BY id DESC LIMIT ?`, org, integration, limit)
}
