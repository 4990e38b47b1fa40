package catalog

import (
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

const serviceColumns = `s.id, s.org_id, s.name, s.aliases, s.description, s.team_id, s.policy_id, s.runbook_url, s.created_at, s.updated_at`

func scanService(row db.Scanner) (Service, error) {
	var s Service
	err := row.Scan(&s.ID, &s.OrgID, &s.Name, db.ScanJSON(&s.Aliases), &s.Description, &s.TeamID, &s.PolicyID, &s.RunbookURL,
		db.ScanTime(&s.CreatedAt), db.ScanTime(&s.UpdatedAt))
	return s, err
}

func serviceByID(tx *db.Tx, org, id int64, lock string) (Service, bool, error) {
	return db.One(tx, scanService, `SELECT `+serviceColumns+` FROM services s
		WHERE s.org_id = ? AND s.id = ? AND s.deleted_at IS NULL`+lock, org, id)
}

func servicesByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]Service, error) {
	byID := make(map[int64]Service, len(ids))
	var where db.Where
	where.And("s.org_id = ?", org)
	db.AndIn(&where, "s.id", ids)
	where.And("s.deleted_at IS NULL")
	services, err := db.List(tx, scanService, `SELECT `+serviceColumns+` FROM services s`+where.String(), where.Args()...)
	for _, s := range services {
		byID[s.ID] = s
	}
	return byID, err
}

type namedService struct {
	key string
	Service
}

func scanNamedService(row db.Scanner) (namedService, error) {
	var n namedService
	s := &n.Service
	err := row.Scan(&n.key, &s.ID, &s.OrgID, &s.Name, db.ScanJSON(&s.Aliases), &s.Description, &s.TeamID, &s.PolicyID,
		&s.RunbookURL, db.ScanTime(&s.CreatedAt), db.ScanTime(&s.UpdatedAt))
	return n, err
}

// servicesByKey finds services by the compared form of their names and aliases.
func servicesByKey(tx *db.Tx, org int64, keys []string) (map[string]Service, error) {
	byKey := make(map[string]Service, len(keys))
	var where db.Where
	where.And("n.org_id = ?", org)
	db.AndIn(&where, "n.name_key", keys)
	rows, err := db.List(tx, scanNamedService, `SELECT n.name_key, `+serviceColumns+` FROM service_names n
		JOIN services s ON s.org_id = n.org_id AND s.id = n.service_id`+where.String(), where.Args()...)
	for _, row := range rows {
		byKey[row.key] = row.Service
	}
	return byKey, err
}

func listServices(tx *db.Tx, org int64, f Filter) (Page, error) {
	var where db.Where
	where.And("s.org_id = ?", org)
	where.And("s.deleted_at IS NULL")
	if f.TeamID != nil {
		where.And("s.team_id = ?", *f.TeamID)
	}
	if query := NameKey(f.Query); query != "" {
		where.And("s.name_key LIKE ? ESCAPE '!'", "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(query)+"%")
	}
	total, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM services s`+where.String(), where.Args()...)
	if err != nil {
		return Page{}, err
	}
	if f.Cursor != "" {
		where.And("s.name_key > ?", f.Cursor)
	}
	services, err := db.List(tx, scanService, `SELECT `+serviceColumns+` FROM services s`+where.String()+
		` ORDER BY s.name_key LIMIT ? OFFSET ?`, append(where.Args(), f.Limit+1, f.Skip)...)
	if err != nil {
		return Page{}, err
	}
	page := Page{Services: services, Total: total}
	if len(services) > f.Limit {
		page.Services = services[:f.Limit]
		page.Next = NameKey(services[f.Limit-1].Name)
	}
	return page, nil
}

func insertService(tx *db.Tx, s Service) error {
	err := tx.Insert("services",
		[]string{
			"org_id", "id", "name", "name_key", "aliases", "description", "team_id", "policy_id", "runbook_url",
			"created_at", "updated_at",
		},
		[][]any{{
			s.OrgID, s.ID, s.Name, NameKey(s.Name), db.JSON(s.Aliases), s.Description, s.TeamID, s.PolicyID, s.RunbookURL,
			s.CreatedAt, s.UpdatedAt,
		}}, "")
	if err != nil {
		return err
	}
	return insertNames(tx, s)
}

func updateService(tx *db.Tx, s Service) error {
	_, err := tx.Exec(`UPDATE services SET name = ?, name_key = ?, aliases = ?, description = ?, team_id = ?, policy_id = ?,
		runbook_url = ?, updated_at = ? WHERE org_id = ? AND id = ?`,
		s.Name, NameKey(s.Name), db.JSON(s.Aliases), s.Description, s.TeamID, s.PolicyID, s.RunbookURL, s.UpdatedAt, s.OrgID, s.ID)
	if err != nil {
		return err
	}
	if err := deleteNames(tx, s); err != nil {
		return err
	}
	return insertNames(tx, s)
}

func insertNames(tx *db.Tx, s Service) error {
	var rows [][]any
	for _, key := range s.keys() {
		rows = append(rows, []any{s.OrgID, key, s.ID})
	}
	return tx.Insert("service_names", []string{"org_id", "name_key", "service_id"}, rows, "")
}

func deleteNames(tx *db.Tx, s Service) error {
	_, err := tx.Exec(`DELETE FROM service_names WHERE org_id = ? AND service_id = ?`, s.OrgID, s.ID)
	return err
}

// deleteService frees the names and keeps the row for the incidents that point at it.
func deleteService(tx *db.Tx, s Service) error {
	if err := deleteNames(tx, s); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE services SET deleted_at = ?, updated_at = ? WHERE org_id = ? AND id = ?`,
		tx.Now(), tx.Now(), s.OrgID, s.ID)
	return err
}
