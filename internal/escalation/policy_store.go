package escalation

import (
	"database/sql"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

var policyColumns = []string{
	"org_id", "id", "name", "description", "is_active", "is_fallback", "priority", "team_id", "conditions", "steps", "repeat",
	"ack_timeout_minutes", "exclusive", "version", "created_at", "updated_at", "deleted_at",
}

var selectPolicy = "SELECT " + strings.Join(policyColumns, ", ") + " FROM escalation_policies"

func scanPolicy(row db.Scanner) (p Policy, err error) {
	read := readable{&p.Unreadable}
	err = row.Scan(&p.OrgID, &p.ID, &p.Name, &p.Description, &p.IsActive, &p.IsFallback, &p.Priority, &p.TeamID,
		read.json(&p.Conditions), read.json(&p.Steps), read.json(&p.Repeat), &p.AckTimeoutMinutes, &p.Exclusive, &p.Version,
		db.ScanTime(&p.CreatedAt), db.ScanTime(&p.UpdatedAt), db.ScanNullTime(&p.DeletedAt))
	if p.Unreadable {
		p.Definition = Definition{}
		p.Warnings = []Warning{{Code: "unreadable", Message: "This server cannot read the policy; it does nothing, and the fallback policy takes its place."}}
	}
	return p, err
}

// readable reads JSON columns; what cannot be read is noted instead of failing everything that is read with it, for one bad
// row must not keep the others from being paged for.
type readable struct{ not *bool }

func (r readable) json(target any) sql.Scanner { return &readableJSON{target, r.not} }

type readableJSON struct {
	target any
	not    *bool
}

// Scan reads the column, or notes that it cannot.
func (r *readableJSON) Scan(src any) error {
	if scanner, ok := db.ScanJSON(r.target).(sql.Scanner); !ok || scanner.Scan(src) != nil {
		*r.not = true
	}
	return nil
}

const upsertPolicy = ` DO UPDATE SET name = excluded.name, description = excluded.description,
	is_active = excluded.is_active, priority = excluded.priority, team_id = excluded.team_id, conditions = excluded.conditions,
	steps = excluded.steps, repeat = excluded.repeat, ack_timeout_minutes = excluded.ack_timeout_minutes,
	exclusive = excluded.exclusive, version = excluded.version, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at`

// savePolicy writes the policy and, for good, its version.
func savePolicy(tx *db.Tx, p Policy, by *int64) error {
	steps := p.Steps
	if steps == nil {
		steps = []Step{}
	}
	err := tx.Insert("escalation_policies", policyColumns, [][]any{{
		p.OrgID, p.ID, p.Name, p.Description, p.IsActive, p.IsFallback, p.Priority, p.TeamID, db.JSON(p.Conditions), db.JSON(steps),
		db.JSON(p.Repeat), p.AckTimeoutMinutes, p.Exclusive, p.Version, p.CreatedAt, p.UpdatedAt, p.DeletedAt,
	}}, tx.OnID()+upsertPolicy)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO escalation_policy_versions (org_id, policy_id, version, name, definition, created_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, p.OrgID, p.ID, p.Version, p.Name, db.JSON(kept{p.Definition, p.Description, &p.IsActive, p.TeamID}), by, p.UpdatedAt)
	return err
}

// forgetPolicy clears what names the policy, so that a service or a team can still be saved once it is gone.
func forgetPolicy(tx *db.Tx, org, id int64) error {
	if _, err := tx.Exec("UPDATE services SET policy_id = NULL WHERE org_id = ? AND policy_id = ?", org, id); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE teams SET default_policy_id = NULL WHERE org_id = ? AND default_policy_id = ?", org, id)
	return err
}

func policyByID(tx *db.Tx, org, id int64, suffix string) (Policy, bool, error) {
	return db.One(tx, scanPolicy, selectPolicy+" WHERE org_id = ? AND id = ? AND deleted_at IS NULL"+suffix, org, id)
}

func allPolicies(tx *db.Tx, org int64) ([]Policy, error) {
	return db.List(tx, scanPolicy, selectPolicy+" WHERE org_id = ? AND deleted_at IS NULL ORDER BY priority, id", org)
}

// policiesByID is allPolicies in the order in which they are locked.
func policiesByID(tx *db.Tx, org int64, lock string) ([]Policy, error) {
	return db.List(tx, scanPolicy, selectPolicy+" WHERE org_id = ? AND deleted_at IS NULL ORDER BY id"+lock, org)
}

// nameTaken reports whether another policy has the name.
func nameTaken(tx *db.Tx, p Policy) (bool, error) {
	_, found, err := db.One(tx, db.Value[int64], "SELECT id FROM escalation_policies WHERE org_id = ? AND name = ? AND id <> ? AND deleted_at IS NULL",
		p.OrgID, p.Name, p.ID)
	return found, err
}

// PolicyVersion is a policy as it was saved once; it never changes.
type PolicyVersion struct {
	PolicyID    int64
	Version     int
	Name        string
	Description string
	IsActive    bool
	TeamID      *int64
	Definition  Definition
	CreatedBy   *int64
	CreatedAt   time.Time
	Unreadable  bool // as Policy.Unreadable; there is no definition
}

// kept is what is written of a version. Those of early programs have the definition alone.
type kept struct {
	Definition
	Description string `json:"description,omitempty"`
	IsActive    *bool  `json:"is_active,omitempty"`
	TeamID      *int64 `json:"team_id,omitempty"`
}

func scanVersion(row db.Scanner) (v PolicyVersion, err error) {
	var k kept
	err = row.Scan(&v.PolicyID, &v.Version, &v.Name, readable{&v.Unreadable}.json(&k), &v.CreatedBy, db.ScanTime(&v.CreatedAt))
	if v.Unreadable {
		k = kept{}
	}
	v.Definition, v.Description, v.TeamID, v.IsActive = k.Definition, k.Description, k.TeamID, k.IsActive == nil || *k.IsActive
	return v, err
}

const selectVersion = "SELECT policy_id, version, name, definition, created_by, created_at FROM escalation_policy_versions"

func versionsOf(tx *db.Tx, org, policyID int64) ([]PolicyVersion, error) {
	return db.List(tx, scanVersion, selectVersion+" WHERE org_id = ? AND policy_id = ? ORDER BY version DESC", org, policyID)
}

func versionByNumber(tx *db.Tx, org, policyID int64, version int) (PolicyVersion, bool, error) {
	return db.One(tx, scanVersion, selectVersion+" WHERE org_id = ? AND policy_id = ? AND version = ?", org, policyID, version)
}

// versionKey names one version of one policy.
type versionKey struct {
	policyID int64
	version  int
}

// versionsFor reads the versions that runs point to, each by its key.
func versionsFor(tx *db.Tx, org int64, runs []*Run) (map[versionKey]PolicyVersion, error) {
	found := map[versionKey]PolicyVersion{}
	var keys []string
	var args []any
	for _, r := range runs {
		if r.PolicyID == nil {
			continue
		}
		key := versionKey{*r.PolicyID, r.Version}
		if _, asked := found[key]; !asked {
			found[key] = PolicyVersion{}
			keys = append(keys, "(policy_id = ? AND version = ?)")
			args = append(args, key.policyID, key.version)
		}
	}
	if len(keys) == 0 {
		return found, nil
	}
	list, err := db.List(tx, scanVersion, selectVersion+" WHERE org_id = ? AND ("+strings.Join(keys, " OR ")+")", append([]any{org}, args...)...)
	for _, v := range list {
		found[versionKey{v.PolicyID, v.Version}] = v
	}
	return found, err
}

func hasFallback(tx *db.Tx, org int64) (bool, error) {
	_, found, err := db.One(tx, db.Value[int64], "SELECT id FROM escalation_policies WHERE org_id = ? AND is_fallback AND deleted_at IS NULL", org)
	return found, err
}
