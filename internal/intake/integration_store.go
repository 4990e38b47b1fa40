package intake

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const integrationColumns = `id, org_id, name, kind, team_id, service, severity, config, is_active, key_prefix, old_key_until,
	old_key_used_at, last_event_at, error, created_by, created_at, updated_at`

// fields are where the columns of integrationColumns go; close turns them into the integration.
type integrationRow struct {
	Integration
	config config
}

func (r *integrationRow) targets() []any {
	return []any{
		&r.ID, &r.OrgID, &r.Name, &r.Kind, &r.TeamID, &r.Service, &r.Severity, db.ScanJSON(&r.config), &r.IsActive, &r.KeyPrefix,
		db.ScanNullTime(&r.OldKeyUntil), db.ScanNullTime(&r.OldKeyUsedAt), db.ScanNullTime(&r.LastEventAt), &r.Error,
		&r.CreatedBy, db.ScanTime(&r.CreatedAt), db.ScanTime(&r.UpdatedAt),
	}
}

func (r *integrationRow) integration() Integration {
	r.ReopenWindow = time.Duration(r.config.ReopenMinutes) * time.Minute
	r.Severities = r.config.Severities
	return r.Integration
}

func scanIntegration(row db.Scanner) (Integration, error) {
	var r integrationRow
	err := row.Scan(r.targets()...)
	return r.integration(), err
}

func integrationByID(tx *db.Tx, org, id int64, lock string) (Integration, bool, error) {
	return db.One(tx, scanIntegration, `SELECT `+integrationColumns+` FROM integrations
		WHERE org_id = ? AND id = ? AND deleted_at IS NULL`+lock, org, id)
}

// listIntegrations are an organisation's integrations by name: all, or those of the teams.
func listIntegrations(tx *db.Tx, org int64, all bool, teams []int64) ([]Integration, error) {
	var where db.Where
	where.And("org_id = ?", org)
	where.And("deleted_at IS NULL")
	if !all {
		db.AndIn(&where, "team_id", teams)
	}
	return db.List(tx, scanIntegration, `SELECT `+integrationColumns+` FROM integrations`+where.String()+` ORDER BY name, id`,
		where.Args()...)
}

// heldKeys are the keys that open an organisation's integrations; a rotated one stands beside its successor.
func heldKeys(tx *db.Tx, org int64) ([]held, error) {
	type keyed struct {
		Integration
		hash string
		old  *string
	}
	list, err := db.List(tx, func(row db.Scanner) (keyed, error) {
		var r integrationRow
		var k keyed
		err := row.Scan(append(r.targets(), &k.hash, &k.old)...)
		k.Integration = r.integration()
		return k, err
	}, `SELECT `+integrationColumns+`, key_hash, old_key_hash FROM integrations
		WHERE org_id = ? AND is_active AND deleted_at IS NULL`, org)
	var keys []held
	for i := range list {
		in := &list[i].Integration
		keys = append(keys, held{Integration: in, hash: list[i].hash})
		if list[i].old != nil && in.OldKeyUntil != nil {
			keys = append(keys, held{Integration: in, hash: *list[i].old, old: true})
		}
	}
	return keys, err
}

func insertIntegration(tx *db.Tx, i Integration, keyHash string) error {
	return tx.Insert("integrations",
		[]string{
			"org_id", "id", "name", "kind", "team_id", "service", "severity", "is_active", "key_hash", "key_prefix", "config",
			"error", "created_by", "created_at", "updated_at",
		},
		[][]any{{
			i.OrgID, i.ID, i.Name, i.Kind, i.TeamID, i.Service, string(i.Severity), i.IsActive, keyHash, i.KeyPrefix,
			db.JSON(i.config()), "", i.CreatedBy, i.CreatedAt, i.UpdatedAt,
		}}, "")
}

func updateIntegration(tx *db.Tx, i Integration) error {
	_, err := tx.Exec(`UPDATE integrations SET name = ?, team_id = ?, service = ?, severity = ?, is_active = ?, config = ?,
		updated_at = ? WHERE org_id = ? AND id = ?`,
		i.Name, i.TeamID, i.Service, string(i.Severity), i.IsActive, db.JSON(i.config()), i.UpdatedAt, i.OrgID, i.ID)
	return err
}

// rotateKey puts a new key in the place of the present one, which works until the integration's OldKeyUntil.
func rotateKey(tx *db.Tx, i Integration, keyHash string) error {
	_, err := tx.Exec(`UPDATE integrations SET old_key_hash = key_hash, key_hash = ?, key_prefix = ?, old_key_until = ?,
		old_key_used_at = NULL, updated_at = ? WHERE org_id = ? AND id = ?`,
		keyHash, i.KeyPrefix, i.OldKeyUntil, i.UpdatedAt, i.OrgID, i.ID)
	return err
}

func deleteIntegration(tx *db.Tx, i Integration) error {
	_, err := tx.Exec(`UPDATE integrations SET is_active = ?, deleted_at = ?, updated_at = ? WHERE org_id = ? AND id = ?`,
		false, tx.Now(), tx.Now(), i.OrgID, i.ID)
	return err
}

// saveSeen writes what a batch says about an integration.
func saveSeen(tx *db.Tx, org int64, g *gathered, broken string) error {
	set, args := "error = ?, last_event_at = ?", []any{broken, tx.Now()}
	if g.oldKeyUsed {
		set, args = set+", old_key_used_at = ?", append(args, tx.Now())
	}
	_, err := tx.Exec("UPDATE integrations SET "+set+" WHERE org_id = ? AND id = ?", append(args, org, g.ID)...)
	return err
}
