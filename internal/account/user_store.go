package account

import (
	"database/sql"

	"github.com/tocsinhq/tocsin/internal/db"
)

const userColumns = `u.id, u.org_id, u.email, u.full_name, u.phone_number, u.is_active, u.is_superuser, u.team_id, u.role,
	u.timezone, u.created_at, u.updated_at, u.token_version`

// belongs is the condition that a user belongs to a team, by home or by membership; its arguments are teamArgs.
const belongs = `u.id IN (SELECT h.id FROM users h WHERE h.org_id = ? AND h.team_id = ?
	UNION SELECT b.user_id FROM team_members b WHERE b.org_id = ? AND b.team_id = ?)`

func teamArgs(org, teamID int64) []any { return []any{org, teamID, org, teamID} }

func userTargets(u *User) []any {
	return []any{
		&u.ID, &u.OrgID, &u.Email, &u.FullName, &u.PhoneNumber, &u.IsActive, &u.IsSuperuser, &u.TeamID, &u.Role,
		&u.Timezone, db.ScanTime(&u.CreatedAt), db.ScanTime(&u.UpdatedAt), &u.tokenVersion,
	}
}

func scanUser(row db.Scanner) (User, error) {
	var u User
	err := row.Scan(userTargets(&u)...)
	return u, err
}

// secretUser is a user with the stored hash of the password, "" when there is none.
type secretUser struct {
	User
	hash string
}

func scanSecretUser(row db.Scanner) (secretUser, error) {
	var u secretUser
	var hash sql.NullString
	err := row.Scan(append(userTargets(&u.User), &hash)...)
	u.hash = hash.String
	return u, err
}

// userByLogin finds who signs in with the address, in whichever organisation.
func userByLogin(tx *db.Tx, email string) (secretUser, bool, error) {
	return db.One(tx, scanSecretUser, `SELECT `+userColumns+`, u.hashed_password FROM logins l
		JOIN users u ON u.org_id = l.org_id AND u.id = l.user_id WHERE l.email = ?`, foldEmail(email))
}

func userByID(tx *db.Tx, org, id int64) (User, bool, error) {
	return db.One(tx, scanUser, `SELECT `+userColumns+` FROM users u WHERE u.org_id = ? AND u.id = ?`, org, id)
}

// secretUserByID reads a user with the hash; with tx.Lock() as lock the row is held until the transaction ends.
func secretUserByID(tx *db.Tx, org, id int64, lock string) (secretUser, bool, error) {
	return db.One(tx, scanSecretUser, `SELECT `+userColumns+`, u.hashed_password FROM users u
		WHERE u.org_id = ? AND u.id = ?`+lock, org, id)
}

func usersWhere(tx *db.Tx, where db.Where, order string, args ...any) ([]User, error) {
	return db.List(tx, scanUser, `SELECT `+userColumns+` FROM users u`+where.String()+order, append(where.Args(), args...)...)
}

// listUsers reads a page of users, and counts all of them to one more than MaxCount.
func listUsers(tx *db.Tx, where db.Where, p page) ([]User, int, error) {
	total, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 AS one FROM users u`+where.String()+` LIMIT ?) AS found`,
		append(where.Args(), MaxCount+1)...)
	if err != nil {
		return nil, 0, err
	}
	if p.before > 0 {
		where.And("u.id < ?", p.before)
	}
	users, err := usersWhere(tx, where, " ORDER BY u.id DESC LIMIT ? OFFSET ?", p.limit, p.skip)
	return users, total, err
}

func (f UserFilter) where(org int64) db.Where {
	var w db.Where
	w.And("u.org_id = ?", org)
	if f.TeamID != nil {
		w.And(belongs, teamArgs(org, *f.TeamID)...)
	}
	if f.Role != nil {
		w.And("u.role = ?", string(*f.Role))
	}
	if f.IsActive != nil {
		w.And("u.is_active = ?", *f.IsActive)
	}
	if f.Query != "" {
		pattern := likePattern(f.Query)
		w.And("(lower(u.full_name) LIKE ? ESCAPE '!' OR lower(u.email) LIKE ? ESCAPE '!')", pattern, pattern)
	}
	return w
}

func anyUser(tx *db.Tx) (bool, error) {
	_, found, err := db.One(tx, db.Value[int64], `SELECT user_id FROM logins LIMIT 1`)
	return found, err
}

// insertUser writes a user and the login. ConstraintError: a unique one when the address is taken, a foreign one when the
// team is gone.
func insertUser(tx *db.Tx, u User, hash string) error {
	_, err := tx.Exec(`INSERT INTO users (org_id, id, email, hashed_password, full_name, phone_number, role, team_id, is_active,
		is_superuser, timezone, token_version, created_at, updated_at) VALUES `+db.In(14),
		u.OrgID, u.ID, u.Email, hash, u.FullName, u.PhoneNumber, string(u.Role), u.TeamID, u.IsActive,
		u.IsSuperuser, u.Timezone, u.tokenVersion, u.CreatedAt, u.UpdatedAt)
	if err != nil {
		return err
	}
	return insertLogin(tx, u)
}

func insertLogin(tx *db.Tx, u User) error {
	_, err := tx.Exec(`INSERT INTO logins (email, org_id, user_id) VALUES (?, ?, ?)`, foldEmail(u.Email), u.OrgID, u.ID)
	return err
}

func deleteLogin(tx *db.Tx, org, id int64) error {
	_, err := tx.Exec(`DELETE FROM logins WHERE org_id = ? AND user_id = ?`, org, id)
	return err
}

// updateUser writes everything but the password.
func updateUser(tx *db.Tx, u User) error {
	_, err := tx.Exec(`UPDATE users SET email = ?, full_name = ?, phone_number = ?, role = ?, team_id = ?, is_active = ?,
		is_superuser = ?, timezone = ?, token_version = ?, updated_at = ? WHERE org_id = ? AND id = ?`,
		u.Email, u.FullName, u.PhoneNumber, string(u.Role), u.TeamID, u.IsActive,
		u.IsSuperuser, u.Timezone, u.tokenVersion, u.UpdatedAt, u.OrgID, u.ID)
	return err
}

func updatePassword(tx *db.Tx, org, id int64, hash string) error {
	_, err := tx.Exec(`UPDATE users SET hashed_password = ? WHERE org_id = ? AND id = ?`, hash, org, id)
	return err
}

// deleteUser removes a user whom nothing refers to any more.
func deleteUser(tx *db.Tx, org, id int64) error {
	if err := deleteLogin(tx, org, id); err != nil {
		return err
	}
	if err := deleteSignIns(tx, org, id); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM team_members WHERE org_id = ? AND user_id = ?`, org, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM users WHERE org_id = ? AND id = ?`, org, id)
	return err
}

// lockAdmins holds the rows of the active administrators and returns their ids. Whoever takes away an administrator holds
// them first, so that two who demote each other at the same time cannot both find the other still in office.
func lockAdmins(tx *db.Tx, org int64) ([]int64, error) {
	return db.List(tx, db.Value[int64], `SELECT u.id FROM users u WHERE u.org_id = ? AND u.is_active
		AND (u.is_superuser OR u.role = ?) ORDER BY u.id`+tx.Lock(), org, string(RoleAdmin))
}
