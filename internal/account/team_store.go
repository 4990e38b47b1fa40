package account

import (
	"database/sql"
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

const teamColumns = `t.id, t.org_id, t.name, t.description, t.is_active, t.default_policy_id, t.created_at, t.updated_at`

func scanTeam(row db.Scanner) (Team, error) {
	var t Team
	err := row.Scan(&t.ID, &t.OrgID, &t.Name, &t.Description, &t.IsActive, &t.DefaultPolicyID,
		db.ScanTime(&t.CreatedAt), db.ScanTime(&t.UpdatedAt))
	return t, err
}

func teamByID(tx *db.Tx, org, id int64, lock string) (Team, bool, error) {
	return db.One(tx, scanTeam, `SELECT `+teamColumns+` FROM teams t WHERE t.org_id = ? AND t.id = ?`+lock, org, id)
}

func teamsByIDs(tx *db.Tx, org int64, ids []int64) ([]Team, error) {
	in, args := db.InList(ids)
	return db.List(tx, scanTeam, `SELECT `+teamColumns+` FROM teams t WHERE t.org_id = ? AND t.id IN `+in, append([]any{org}, args...)...)
}

// listTeams reads a page of teams without their user counts, and counts all teams to one more than MaxCount.
func listTeams(tx *db.Tx, where db.Where, p page) ([]Team, int, error) {
	total, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 AS one FROM teams t`+where.String()+` LIMIT ?) AS found`,
		append(where.Args(), MaxCount+1)...)
	if err != nil {
		return nil, 0, err
	}
	if p.before > 0 {
		where.And("t.id < ?", p.before)
	}
	teams, err := db.List(tx, scanTeam, `SELECT `+teamColumns+` FROM teams t`+where.String()+` ORDER BY t.id DESC LIMIT ? OFFSET ?`,
		append(where.Args(), p.limit, p.skip)...)
	return teams, total, err
}

func (f TeamFilter) where(org int64) db.Where {
	var w db.Where
	w.And("t.org_id = ?", org)
	if f.IsActive != nil {
		w.And("t.is_active = ?", *f.IsActive)
	}
	if f.Query != "" {
		w.And("lower(t.name) LIKE ? ESCAPE '!'", likePattern(f.Query))
	}
	return w
}

// fillUserCounts counts the active people of the teams in one query.
func fillUserCounts(tx *db.Tx, org int64, teams []Team) error {
	ids := make([]int64, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	in, list := db.InList(ids)
	args := append([]any{org}, list...)
	args = append(append(args, org), list...)
	type count struct {
		team int64
		n    int
	}
	scan := func(row db.Scanner) (count, error) {
		var c count
		err := row.Scan(&c.team, &c.n)
		return c, err
	}
	counts, err := db.List(tx, scan, `SELECT team_id, count(*) FROM (
			SELECT u.team_id AS team_id, u.id AS user_id FROM users u WHERE u.org_id = ? AND u.is_active AND u.team_id IN `+in+`
			UNION SELECT m.team_id, m.user_id FROM team_members m JOIN users u ON u.org_id = m.org_id AND u.id = m.user_id
			WHERE m.org_id = ? AND u.is_active AND m.team_id IN `+in+`) AS people GROUP BY team_id`, args...)
	if err != nil {
		return err
	}
	byTeam := map[int64]int{}
	for _, c := range counts {
		byTeam[c.team] = c.n
	}
	for i := range teams {
		teams[i].UserCount = byTeam[teams[i].ID]
	}
	return nil
}

// insertTeam writes a team. ConstraintError: teams_name when the name is taken.
func insertTeam(tx *db.Tx, t Team) error {
	_, err := tx.Exec(`INSERT INTO teams (org_id, id, name, description, is_active, default_policy_id, created_at, updated_at)
		VALUES `+db.In(8), t.OrgID, t.ID, t.Name, t.Description, t.IsActive, t.DefaultPolicyID, t.CreatedAt, t.UpdatedAt)
	return err
}

// updateTeam writes a team. ConstraintError: teams_name when the name is taken.
func updateTeam(tx *db.Tx, t Team) error {
	_, err := tx.Exec(`UPDATE teams SET name = ?, description = ?, is_active = ?, default_policy_id = ?, updated_at = ?
		WHERE org_id = ? AND id = ?`, t.Name, t.Description, t.IsActive, t.DefaultPolicyID, t.UpdatedAt, t.OrgID, t.ID)
	return err
}

// deleteTeam removes a team and everybody's belonging to it. ConstraintError: a foreign one when something else refers to it.
func deleteTeam(tx *db.Tx, org, id int64) error {
	_, err := tx.Exec(`UPDATE users SET team_id = NULL, updated_at = ? WHERE org_id = ? AND team_id = ?`, tx.Now(), org, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM team_members WHERE org_id = ? AND team_id = ?`, org, id); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM teams WHERE org_id = ? AND id = ?`, org, id)
	return err
}

// members lists the people of a team, by home or by membership.
func members(tx *db.Tx, org, teamID int64) ([]Member, error) {
	scan := func(row db.Scanner) (Member, error) {
		m := Member{TeamID: teamID}
		var role sql.NullString
		err := row.Scan(append(userTargets(&m.User), &role)...)
		m.UserID = m.User.ID
		if role.Valid {
			own := Role(role.String)
			m.Role = &own
		}
		return m, err
	}
	return db.List(tx, scan, `SELECT `+userColumns+`, m.role FROM users u
		LEFT JOIN team_members m ON m.org_id = u.org_id AND m.team_id = ? AND m.user_id = u.id
		WHERE u.org_id = ? AND `+belongs+` ORDER BY u.id`, append([]any{teamID, org}, teamArgs(org, teamID)...)...)
}

// membershipsOf are the teams in which a user is a member, with the role there; "" is the person's own.
func membershipsOf(tx *db.Tx, org, userID int64) (map[int64]Role, error) {
	type membership struct {
		team int64
		role Role
	}
	scan := func(row db.Scanner) (membership, error) {
		var m membership
		var role sql.NullString
		err := row.Scan(&m.team, &role)
		m.role = Role(role.String)
		return m, err
	}
	list, err := db.List(tx, scan, `SELECT team_id, role FROM team_members WHERE org_id = ? AND user_id = ?`, org, userID)
	teams := map[int64]Role{}
	for _, m := range list {
		teams[m.team] = m.role
	}
	return teams, err
}

func putMembership(tx *db.Tx, org, teamID, userID int64, role *Role) error {
	var own sql.NullString
	if role != nil {
		own = sql.NullString{String: string(*role), Valid: true}
	}
	_, err := tx.Exec(`INSERT INTO team_members (org_id, team_id, user_id, role, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, team_id, user_id) DO UPDATE SET role = excluded.role`, org, teamID, userID, own, tx.Now())
	return err
}

// removeMembership takes a person out of a team, also out of the home.
func removeMembership(tx *db.Tx, org, teamID, userID int64) (found bool, err error) {
	n, err := tx.Exec(`DELETE FROM team_members WHERE org_id = ? AND team_id = ? AND user_id = ?`, org, teamID, userID)
	if err != nil {
		return false, err
	}
	home, err := tx.Exec(`UPDATE users SET team_id = NULL, updated_at = ? WHERE org_id = ? AND id = ? AND team_id = ?`,
		tx.Now(), org, userID, teamID)
	return n+home > 0, err
}

// teamByName prefers the exact name to one that differs in case.
func teamByName(tx *db.Tx, org int64, name string) (Team, bool, error) {
	return db.One(tx, scanTeam, `SELECT `+teamColumns+` FROM teams t WHERE t.org_id = ? AND (t.name = ? OR lower(t.name) = ?)
		ORDER BY CASE WHEN t.name = ? THEN 0 ELSE 1 END, t.id LIMIT 1`, org, name, strings.ToLower(name), name)
}
