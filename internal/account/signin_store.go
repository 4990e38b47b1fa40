package account

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// refreshToken is a row of refresh_tokens.
type refreshToken struct {
	id, userID int64
	family     string
	expiresAt  time.Time
	rotatedAt  *time.Time
	revokedAt  *time.Time
}

func scanRefreshToken(row db.Scanner) (refreshToken, error) {
	var r refreshToken
	err := row.Scan(&r.id, &r.userID, &r.family, db.ScanTime(&r.expiresAt), db.ScanNullTime(&r.rotatedAt), db.ScanNullTime(&r.revokedAt))
	return r, err
}

// lockRefreshToken reads a token and holds its row: of two that use it at the same time one sees the other's rotation.
func lockRefreshToken(tx *db.Tx, org int64, token string) (refreshToken, bool, error) {
	return db.One(tx, scanRefreshToken, `SELECT id, user_id, family, expires_at, rotated_at, revoked_at FROM refresh_tokens
		WHERE org_id = ? AND token_hash = ?`+tx.Lock(), org, hashToken(token))
}

func insertRefreshToken(tx *db.Tx, u User, token, family string, expires time.Time) error {
	id, err := tx.NextID("refresh_tokens")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO refresh_tokens (org_id, id, user_id, token_hash, family, created_at, expires_at) VALUES `+db.In(7),
		u.OrgID, id, u.ID, hashToken(token), family, tx.Now(), expires)
	return err
}

func markRotated(tx *db.Tx, org, id int64) error {
	_, err := tx.Exec(`UPDATE refresh_tokens SET rotated_at = ? WHERE org_id = ? AND id = ?`, tx.Now(), org, id)
	return err
}

func revokeFamily(tx *db.Tx, org int64, family string) error {
	_, err := tx.Exec(`UPDATE refresh_tokens SET revoked_at = ? WHERE org_id = ? AND family = ? AND revoked_at IS NULL`,
		tx.Now(), org, family)
	return err
}

// bearer is a user as an access token names it, and whether the token's family still lives.
type bearer struct {
	User
	familyLives bool
}

func bearerByID(tx *db.Tx, org, id int64, family string) (bearer, bool, error) {
	scan := func(row db.Scanner) (bearer, error) {
		var b bearer
		err := row.Scan(append(userTargets(&b.User), &b.familyLives)...)
		return b, err
	}
	return db.One(tx, scan, `SELECT `+userColumns+`, EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.org_id = u.org_id
		AND r.family = ? AND r.user_id = u.id AND r.revoked_at IS NULL) FROM users u WHERE u.org_id = ? AND u.id = ?`, family, org, id)
}

const sessionColumns = `s.id, s.address, s.user_agent, s.created_at, s.seen_at, s.expires_at`

func sessionTargets(s *Session) []any {
	return []any{&s.ID, &s.Address, &s.UserAgent, db.ScanTime(&s.CreatedAt), db.ScanTime(&s.SeenAt), db.ScanTime(&s.ExpiresAt)}
}

// visitor is a session with its user.
type visitor struct {
	User
	session Session
}

func visitorByToken(tx *db.Tx, org int64, token string) (visitor, bool, error) {
	scan := func(row db.Scanner) (visitor, error) {
		var v visitor
		err := row.Scan(append(userTargets(&v.User), sessionTargets(&v.session)...)...)
		return v, err
	}
	return db.One(tx, scan, `SELECT `+userColumns+`, `+sessionColumns+` FROM sessions s
		JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id WHERE s.org_id = ? AND s.token_hash = ?`, org, hashToken(token))
}

func insertSession(tx *db.Tx, u User, token string, s Session) error {
	id, err := tx.NextID("sessions")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO sessions (org_id, id, user_id, token_hash, address, user_agent, created_at, seen_at, expires_at)
		VALUES `+db.In(9), u.OrgID, id, u.ID, hashToken(token), s.Address, s.UserAgent, s.CreatedAt, s.SeenAt, s.ExpiresAt)
	return err
}

func touchSession(tx *db.Tx, org int64, s Session) error {
	_, err := tx.Exec(`UPDATE sessions SET seen_at = ?, expires_at = ? WHERE org_id = ? AND id = ?`, s.SeenAt, s.ExpiresAt, org, s.ID)
	return err
}

func listSessions(tx *db.Tx, org, userID int64) ([]Session, error) {
	scan := func(row db.Scanner) (Session, error) {
		var s Session
		err := row.Scan(sessionTargets(&s)...)
		return s, err
	}
	return db.List(tx, scan, `SELECT `+sessionColumns+` FROM sessions s WHERE s.org_id = ? AND s.user_id = ? AND s.expires_at > ?
		ORDER BY s.id DESC`, org, userID, tx.Now())
}

func deleteSessionByToken(tx *db.Tx, org int64, token string) error {
	_, err := tx.Exec(`DELETE FROM sessions WHERE org_id = ? AND token_hash = ?`, org, hashToken(token))
	return err
}

func deleteSession(tx *db.Tx, org, userID, id int64) (found bool, err error) {
	n, err := tx.Exec(`DELETE FROM sessions WHERE org_id = ? AND user_id = ? AND id = ?`, org, userID, id)
	return n > 0, err
}

// endSignIns ends every session and refresh family of a user but the ones named; 0 and "" name none.
func endSignIns(tx *db.Tx, org, userID, exceptSession int64, exceptFamily string) error {
	_, err := tx.Exec(`DELETE FROM sessions WHERE org_id = ? AND user_id = ? AND id <> ?`, org, userID, exceptSession)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE refresh_tokens SET revoked_at = ? WHERE org_id = ? AND user_id = ? AND family <> ? AND revoked_at IS NULL`,
		tx.Now(), org, userID, exceptFamily)
	return err
}

// deleteSignIns removes every session and refresh token of a user who is being removed.
func deleteSignIns(tx *db.Tx, org, userID int64) error {
	if _, err := tx.Exec(`DELETE FROM sessions WHERE org_id = ? AND user_id = ?`, org, userID); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM refresh_tokens WHERE org_id = ? AND user_id = ?`, org, userID)
	return err
}

// sweepSignIns removes what has expired of a user; a rotated token stays until then, for its reuse must be noticed.
func sweepSignIns(tx *db.Tx, u User) error {
	if _, err := tx.Exec(`DELETE FROM sessions WHERE org_id = ? AND user_id = ? AND expires_at <= ?`, u.OrgID, u.ID, tx.Now()); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM refresh_tokens WHERE org_id = ? AND user_id = ? AND expires_at <= ?`, u.OrgID, u.ID, tx.Now())
	return err
}
