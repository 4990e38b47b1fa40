package account

import "github.com/tocsinhq/tocsin/internal/db"

const organizationColumns = `o.id, o.name, o.slug, o.settings, o.created_at`

func scanOrganization(row db.Scanner) (Organization, error) {
	var o Organization
	err := row.Scan(&o.ID, &o.Name, &o.Slug, db.ScanJSON(&o.Settings), db.ScanTime(&o.CreatedAt))
	return o, err
}

func organizations(tx *db.Tx) ([]Organization, error) {
	return db.List(tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations o ORDER BY o.id`)
}

func organizationByID(tx *db.Tx, org int64, lock string) (Organization, bool, error) {
	return db.One(tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations o WHERE o.id = ?`+lock, org)
}

func updateSettings(tx *db.Tx, org int64, s Settings) error {
	_, err := tx.Exec(`UPDATE organizations SET settings = ? WHERE id = ?`, db.JSON(s), org)
	return err
}

// setupName is the row of the settings table that holds the hashes of the setup links.
const setupName = "setup"

func scanHashes(row db.Scanner) ([]string, error) {
	var hashes []string
	err := row.Scan(db.ScanJSON(&hashes))
	return hashes, err
}

// setupHashes reads the hashes of the setup links.
func setupHashes(tx *db.Tx, org int64) ([]string, error) {
	hashes, _, err := db.One(tx, scanHashes, `SELECT value FROM settings WHERE org_id = ? AND name = ?`, org, setupName)
	return hashes, err
}

// takeSetup removes the row with the hashes and returns them; of two that take it at the same time one gets nothing.
func takeSetup(tx *db.Tx, org int64) ([]string, error) {
	hashes, _, err := db.One(tx, scanHashes, `DELETE FROM settings WHERE org_id = ? AND name = ? RETURNING value`, org, setupName)
	return hashes, err
}

func putSetup(tx *db.Tx, org int64, hashes []string) error {
	_, err := tx.Exec(`INSERT INTO settings (org_id, name, value, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		org, setupName, db.JSON(hashes), tx.Now())
	return err
}
