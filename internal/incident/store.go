package incident

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

var incidentColumns = []string{
	"org_id", "id", "title", "description", "status", "severity", "person_severity", "service", "service_id", "team_id",
	"created_by", "assigned_to", "source", "integration_id", "alert_id", "group_key", "labels", "metadata", "alert_count",
	"firing_count", "firing", "episode", "version", "unescalated", "still_firing_used", "created_at", "updated_at", "opened_at",
	"acknowledged_at", "acknowledged_by", "ack_expires_at", "ack_hold_seconds", "ack_ask_at", "resolved_at", "resolved_by", "resolved_how", "snoozed_until",
	"snoozed_by", "status_before_snooze", "refired_at", "refired_before_at", "quiet_at", "deleted_at",
}

var selectIncident = "SELECT " + strings.Join(incidentColumns, ", ") + " FROM incidents"

// upsertIncidents writes a row whether it is new or not; a batch has both.
var upsertIncidents = upsert(incidentColumns, "org_id", "id", "created_at", "created_by", "source", "integration_id")

func upsert(columns []string, fixed ...string) string {
	var set []string
	for _, c := range columns {
		if !slices.Contains(fixed, c) {
			set = append(set, c+" = excluded."+c)
		}
	}
	return " DO UPDATE SET " + strings.Join(set, ", ")
}

func incidentRow(i *Incident) []any {
	return []any{
		i.OrgID, i.ID, i.Title, i.Description, string(i.Status), string(i.Severity), text(string(i.PersonSeverity)), i.Service,
		i.ServiceID, i.TeamID, i.CreatedBy, i.AssignedTo, i.Source, i.IntegrationID, i.AlertID, text(i.GroupKey),
		db.JSON(filled(i.Labels)), db.JSON(filled(i.Metadata)), i.AlertCount, i.FiringCount, db.JSON(filled(i.Firing)), i.Episode,
		i.Version, i.Unescalated, i.StillFiringUsed, i.CreatedAt, i.UpdatedAt, i.OpenedAt, i.AcknowledgedAt, i.AcknowledgedBy,
		i.AckExpiresAt, int64(i.AckHold / time.Second), i.AckAskAt, i.ResolvedAt, i.ResolvedBy, i.ResolvedHow, i.SnoozedUntil, i.SnoozedBy,
		text(string(i.StatusBeforeSnooze)), i.RefiredAt, i.RefiredBeforeAt, i.QuietAt, i.DeletedAt,
	}
}

func scanIncident(row db.Scanner) (i Incident, err error) {
	var personSeverity, group, before *string
	var hold int64
	err = row.Scan(&i.OrgID, &i.ID, &i.Title, &i.Description, &i.Status, &i.Severity, &personSeverity, &i.Service,
		&i.ServiceID, &i.TeamID, &i.CreatedBy, &i.AssignedTo, &i.Source, &i.IntegrationID, &i.AlertID, &group,
		db.ScanJSON(&i.Labels), db.ScanJSON(&i.Metadata), &i.AlertCount, &i.FiringCount, db.ScanJSON(&i.Firing), &i.Episode,
		&i.Version, &i.Unescalated, &i.StillFiringUsed, db.ScanTime(&i.CreatedAt), db.ScanTime(&i.UpdatedAt),
		db.ScanTime(&i.OpenedAt), db.ScanNullTime(&i.AcknowledgedAt), &i.AcknowledgedBy, db.ScanNullTime(&i.AckExpiresAt),
		&hold, db.ScanNullTime(&i.AckAskAt), db.ScanNullTime(&i.ResolvedAt), &i.ResolvedBy, &i.ResolvedHow, db.ScanNullTime(&i.SnoozedUntil), &i.SnoozedBy,
		&before, db.ScanNullTime(&i.RefiredAt), db.ScanNullTime(&i.RefiredBeforeAt), db.ScanNullTime(&i.QuietAt), db.ScanNullTime(&i.DeletedAt))
	i.PersonSeverity, i.GroupKey, i.StatusBeforeSnooze = Severity(value(personSeverity)), value(group), Status(value(before))
	i.AckHold = time.Duration(hold) * time.Second
	return i, err
}

// text stores "" as NULL.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// filled stores an empty map as {} rather than null.
func filled[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func readIncidents(tx *db.Tx, org int64, ids []int64, suffix string) (map[int64]Incident, error) {
	if len(ids) == 0 {
		return map[int64]Incident{}, nil
	}
	in, args := db.InList(unique(ids))
	list, err := db.List(tx, scanIncident, selectIncident+" WHERE org_id = ? AND id IN "+in+" AND deleted_at IS NULL ORDER BY id"+suffix,
		append([]any{org}, args...)...)
	found := make(map[int64]Incident, len(list))
	for _, i := range list {
		found[i.ID] = i
	}
	return found, err
}

// LockForUpdate locks incidents in the order of their ids and returns those that exist. It is the root lock: what belongs to
// an incident is changed only under it.
func (s *Service) LockForUpdate(tx *db.Tx, org int64, ids []int64) (map[int64]Incident, error) {
	return readIncidents(tx, org, ids, tx.Lock())
}

// LockFree is LockForUpdate, leaving out incidents that another transaction holds.
func (s *Service) LockFree(tx *db.Tx, org int64, ids []int64) (map[int64]Incident, error) {
	return readIncidents(tx, org, ids, tx.LockSkip())
}

// ByID reads incidents without a lock.
func (s *Service) ByID(tx *db.Tx, org int64, ids []int64) (map[int64]Incident, error) {
	return readIncidents(tx, org, ids, "")
}

// unique sorts ids and drops repeats.
func unique(ids []int64) []int64 {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// saveIncidents writes new and changed incidents. Those with a group key go in the order of it, so that two nodes that open
// the same groups do not deadlock; of two the second gets db.ErrAgain and finds the first's incident. New ones are inserted
// without a look for a row to change, which nearly doubles a database's work, after those whose place they may take.
func saveIncidents(tx *db.Tx, list []*Incident) error {
	sort.Slice(list, func(a, b int) bool {
		if list[a].GroupKey != list[b].GroupKey {
			return list[a].GroupKey < list[b].GroupKey
		}
		return list[a].ID < list[b].ID
	})
	var fresh, changed [][]any
	for _, i := range list {
		if i.Version == 1 {
			fresh = append(fresh, incidentRow(i))
		} else {
			changed = append(changed, incidentRow(i))
		}
	}
	err := tx.Insert("incidents", incidentColumns, changed, tx.OnID()+upsertIncidents)
	if err == nil {
		err = tx.Insert("incidents", incidentColumns, fresh, "")
	}
	if db.IsUnique(err, "incidents_open_group") {
		return db.ErrAgain
	}
	return err
}

// saveTimeline writes events in the order given; ids and times are filled in.
func saveTimeline(tx *db.Tx, org int64, events []TimelineEvent) error {
	ids, err := tx.NextIDs("timeline_events", len(events))
	if err != nil {
		return err
	}
	rows := make([][]any, len(events))
	for n, e := range events {
		rows[n] = []any{org, ids[n], e.IncidentID, e.EventType, e.Description, e.UserID, db.JSON(filled(e.Metadata)), tx.Now()}
	}
	return tx.Insert("timeline_events",
		[]string{"org_id", "id", "incident_id", "event_type", "description", "user_id", "metadata", "created_at"}, rows, "")
}

// AddTimeline writes events to incidents' timelines, in the order given, at the time of the transaction.
func (s *Service) AddTimeline(tx *db.Tx, org int64, events []TimelineEvent) error {
	if err := saveTimeline(tx, org, events); err != nil {
		return err
	}
	ids := map[int64]bool{}
	for _, e := range events {
		ids[e.IncidentID] = true
	}
	s.publish(tx, org, slices.Collect(maps.Keys(ids)))
	return nil
}
